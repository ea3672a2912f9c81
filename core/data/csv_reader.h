// Delimited text (UTF-8, RFC 4180 quoting) to a table, with every problem named by line and column.
#ifndef DESCENT_CORE_DATA_CSV_READER_H_
#define DESCENT_CORE_DATA_CSV_READER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/data/read_result.h"
#include "core/data/schema.h"

namespace descent::core {

struct CsvResult : ReadResult {
  CsvFormat format;  // complete
};

// Reads all of `text`. `given` lists columns by name whose type, role, categories or positive class are fixed; the rest
// is guessed: numeric when every cell that is not missing is a number, otherwise categorical; the last column is the
// target unless `given` names one. Columns that `given` names and the file does not have, and settings that contradict
// each other, go to `violations` with paths under `schema` and `format`.
CsvResult ReadCsv(absl::string_view text, const CsvFormat& format, const Schema& given, int64_t preview_rows,
                  Violations* violations);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_CSV_READER_H_
