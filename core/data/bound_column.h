// A column of a table as the encoder goes through it, and what it refuses.
#ifndef DESCENT_CORE_DATA_BOUND_COLUMN_H_
#define DESCENT_CORE_DATA_BOUND_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/format.h"
#include "core/data/table.h"

namespace descent::core {

// Which rows of a table: those listed, or all.
class RowSet {
 public:
  RowSet(const Table& table, absl::Span<const int64_t> rows) : table_(table), rows_(rows) {}
  int64_t size() const { return rows_.empty() ? table_.row_count : static_cast<int64_t>(rows_.size()); }
  size_t operator[](int64_t i) const { return static_cast<size_t>(rows_.empty() ? i : rows_[static_cast<size_t>(i)]); }
  int64_t LineOf(int64_t i) const { return table_.LineOf(static_cast<int64_t>((*this)[i])); }

 private:
  const Table& table_;
  absl::Span<const int64_t> rows_;
};

// INVALID_DATA of `count` rows, the first from `line`.
absl::Status BadRows(int64_t count, int64_t line, absl::string_view message);

// A column of the table behind a column of the encoder.
struct Bound {
  const Column* column = nullptr;
  const ColumnSchema* schema = nullptr;
  std::vector<int32_t> codes;  // categorical: code in the table -> index in the encoder's list, -1 if not in it
  int64_t first_feature = 0;
  int64_t features = 1;
};

// The table's column of that name; INVALID_DATA when there is none.
absl::StatusOr<Bound> FindColumn(const Table& table, const std::string& name);

// For each of `from` its index in `to`, or -1.
std::vector<int32_t> MapCodes(const std::vector<std::string>& from, const std::vector<std::string>& to);

// Refuses missing values, with their count and the first line.
absl::Status CheckMissing(const Bound& bound, const RowSet& rows);

// Refuses categories that the encoder does not know, as far as they occur.
absl::Status CheckCategories(const Bound& bound, const RowSet& rows, const std::vector<std::string>& known);

// Refuses a number that T cannot hold.
template <typename T>
absl::Status OutOfPrecision(const Bound& bound, const RowSet& rows, int64_t i, double value) {
  return BadRows(1, rows.LineOf(i),
                 absl::StrCat("column \"", bound.schema->name, "\" is ", ShortestText(value), " in line ",
                              rows.LineOf(i), ", too large for ", sizeof(T) == 4 ? "float32" : "float64",
                              " after scaling; standardize the features, use float64, or change the unit"));
}

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_BOUND_COLUMN_H_
