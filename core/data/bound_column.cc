#include "core/data/bound_column.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/suggest.h"

namespace descent::core {
namespace {

bool IsMissing(const Bound& bound, size_t row) {
  if (bound.schema->type == ColumnType::kSparseVector) return false;
  return bound.schema->type == ColumnType::kCategorical ? bound.column->codes[row] < 0
                                                        : std::isnan(bound.column->numbers[row]);
}

}  // namespace

absl::Status BadRows(int64_t count, int64_t line, absl::string_view message) {
  return MakeError(ErrorReason::kInvalidData, message,
                   {{"line", absl::StrCat(line)}, {"problem_count", absl::StrCat(count)}});
}

absl::StatusOr<Bound> FindColumn(const Table& table, const std::string& name) {
  const int64_t index = table.schema.Find(name);
  if (index >= 0) {
    return Bound{&table.columns[static_cast<size_t>(index)], &table.schema.columns[static_cast<size_t>(index)], {}};
  }
  std::vector<std::string> names;
  for (const ColumnSchema& column : table.schema.columns) names.push_back(column.name);
  return MakeError(ErrorReason::kInvalidData,
                   absl::StrCat("column \"", name, "\", which the model needs, is not there", Suggestion(name, names)),
                   {{"problem_count", "1"}});
}

std::vector<int32_t> MapCodes(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  absl::flat_hash_map<absl::string_view, int32_t> index;
  for (size_t i = 0; i < to.size(); ++i) index.emplace(to[i], static_cast<int32_t>(i));
  std::vector<int32_t> codes;
  codes.reserve(from.size());
  for (const std::string& text : from) {
    const auto found = index.find(text);
    codes.push_back(found == index.end() ? -1 : found->second);
  }
  return codes;
}

absl::Status CheckMissing(const Bound& bound, const RowSet& rows) {
  int64_t count = 0;
  int64_t first = 0;
  for (int64_t i = 0; i < rows.size(); ++i) {
    if (!IsMissing(bound, rows[i])) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return absl::OkStatus();
  return BadRows(count, rows.LineOf(first),
                 absl::StrCat("column \"", bound.schema->name, "\" has ", count,
                              count == 1 ? " missing value, in line " : " missing values, the first in line ",
                              rows.LineOf(first), "; remove or fill such rows"));
}

absl::Status CheckCategories(const Bound& bound, const RowSet& rows, const std::vector<std::string>& known) {
  if (std::find(bound.codes.begin(), bound.codes.end(), -1) == bound.codes.end()) return absl::OkStatus();
  int64_t count = 0;
  int64_t first = 0;
  for (int64_t i = 0; i < rows.size(); ++i) {
    if (bound.codes[static_cast<size_t>(bound.column->codes[rows[i]])] >= 0) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return absl::OkStatus();
  const std::string& text = bound.schema->categories[static_cast<size_t>(bound.column->codes[rows[first]])];
  return BadRows(count, rows.LineOf(first),
                 absl::StrCat("column \"", bound.schema->name, "\" has ", count,
                              count == 1 ? " value that the model was not trained on: \""
                                         : " values that the model was not trained on, the first: \"",
                              text, "\" in line ", rows.LineOf(first), Suggestion(text, known)));
}

}  // namespace descent::core
