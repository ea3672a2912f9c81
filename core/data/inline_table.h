// Rows that come in a request, column by column, to a table.
#ifndef DESCENT_CORE_DATA_INLINE_TABLE_H_
#define DESCENT_CORE_DATA_INLINE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/errors.h"
#include "core/data/inline_sparse.h"
#include "core/data/schema.h"
#include "core/data/table.h"

namespace descent::core {

// One column: numbers, a missing one NaN; or texts, a missing one empty; or sparse vectors.
struct InlineColumn {
  std::string name;
  std::vector<double> numbers;
  std::vector<std::string> texts;
  std::optional<InlineSparse> sparse = std::nullopt;
};

struct InlineRows {
  int64_t row_count = 0;
  std::vector<InlineColumn> columns;
};

// The rows as a dataset. `given` as in ReadCsv; unless it says otherwise, numbers are numeric, texts categorical and
// sparse vectors as wide as the largest index. Numbers of a column given as categorical become the texts of NumberText,
// texts of one given as numeric are read as numbers. Everything wrong goes to `violations`, with paths under `rows` and
// `schema`; the table is usable if there is nothing.
Table TableFromRows(const InlineRows& rows, const Schema& given, Violations* violations);

// The rows as input of a model trained under `training`: a table of its feature columns, with the target if asked for,
// in its order and with its types and categories. Columns that are not needed are ignored. Numbers of a categorical
// column stand for the category of the same text, or else of the same value. Missing values are kept for the encoder to
// judge. INVALID_FIELD with paths under `rows` for missing columns, unknown categories, texts that are no numbers and
// indices beyond the width of a sparse vector.
absl::StatusOr<Table> TableForPrediction(const InlineRows& rows, const Schema& training, bool with_target);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_INLINE_TABLE_H_
