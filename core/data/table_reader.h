// A file in any of the formats that are read, to a table.
#ifndef DESCENT_CORE_DATA_TABLE_READER_H_
#define DESCENT_CORE_DATA_TABLE_READER_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/data/read_result.h"
#include "core/data/schema.h"

namespace descent::core {

struct TableResult : ReadResult {
  TextFormat format;  // complete
};

// Reads `text` as ReadCsv or ReadLibsvm do. Without `format` it is guessed: libsvm when the file is called `.svm`,
// `.libsvm` or `.svmlight`; delimited text when it is called `.csv` or `.tsv`; otherwise by its first lines.
TableResult ReadTable(absl::string_view text, absl::string_view file_name, const std::optional<TextFormat>& format,
                      const Schema& given, int64_t preview_rows, Violations* violations);

// Whether the first line that has more than a label can hardly be anything else: a number and an index:value pair.
bool LooksLikeLibsvm(absl::string_view text);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_TABLE_READER_H_
