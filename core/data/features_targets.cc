// FeatureEncoder::EncodeTargets and EncodeWeights.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/errors.h"
#include "core/base/fields.h"
#include "core/base/format.h"
#include "core/base/status.h"
#include "core/base/suggest.h"
#include "core/data/bound_column.h"
#include "core/data/features.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

// Targets of classes, as class indexes.
template <typename T>
absl::Status FillClasses(const Bound& bound, const RowSet& rows, const std::vector<std::string>& classes,
                         AlignedVector<T>* targets) {
  if (bound.schema->type == ColumnType::kCategorical) {
    DESCENT_RETURN_IF_ERROR(CheckCategories(bound, rows, classes));
    for (int64_t i = 0; i < rows.size(); ++i) {
      (*targets)[static_cast<size_t>(i)] =
          static_cast<T>(bound.codes[static_cast<size_t>(bound.column->codes[rows[i]])]);
    }
    return absl::OkStatus();
  }
  absl::flat_hash_map<double, int32_t> index;
  for (size_t i = 0; i < classes.size(); ++i) {
    double value = 0;
    if (ParseNumber(classes[i], &value) == NumberKind::kNumber) index.emplace(value, static_cast<int32_t>(i));
  }
  for (int64_t i = 0; i < rows.size(); ++i) {
    const double value = bound.column->numbers[rows[i]];
    const auto found = index.find(value);
    if (found == index.end()) {
      return BadRows(
          1, rows.LineOf(i),
          absl::StrCat("target column \"", bound.schema->name, "\" is ", NumberText(value), " in line ", rows.LineOf(i),
                       ", which is none of the model's classes", Suggestion(NumberText(value), classes)));
    }
    (*targets)[static_cast<size_t>(i)] = static_cast<T>(found->second);
  }
  return absl::OkStatus();
}

// Refuses regression targets that the loss cannot take.
absl::Status CheckTargetRange(const Bound& bound, const RowSet& rows, const Range& range) {
  int64_t count = 0;
  int64_t first = 0;
  for (int64_t i = 0; i < rows.size(); ++i) {
    if (range.Contains(bound.column->numbers[rows[i]])) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return absl::OkStatus();
  return BadRows(
      count, rows.LineOf(first),
      absl::StrCat("target column \"", bound.schema->name, "\" must be ", RangeText(range), " under this loss, but is ",
                   NumberText(bound.column->numbers[rows[first]]), " in line ", rows.LineOf(first),
                   count == 1 ? "" : absl::StrCat(", and out of range in ", count, " rows"),
                   "; remove such rows or choose another loss"));
}

}  // namespace

template <typename T>
absl::Status FeatureEncoder::EncodeTargets(const Table& table, absl::Span<const int64_t> rows,
                                           Matrix<T>* matrix) const {
  matrix->target_width = static_cast<int64_t>(target_names_.size());
  matrix->targets.resize(static_cast<size_t>(matrix->rows * matrix->target_width));
  for (size_t target = 0; target < target_names_.size(); ++target) {
    DESCENT_RETURN_IF_ERROR(EncodeTarget(table, rows, target, matrix));
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status FeatureEncoder::EncodeTarget(const Table& table, absl::Span<const int64_t> rows, size_t target,
                                          Matrix<T>* matrix) const {
  const RowSet row_set(table, rows);
  DESCENT_ASSIGN_OR_RETURN(Bound bound, FindColumn(table, target_names_[target]));
  DESCENT_RETURN_IF_ERROR(CheckMissing(bound, row_set));
  if (task_ != Task::kRegression) {
    bound.codes = MapCodes(bound.schema->categories, classes_);
    return FillClasses(bound, row_set, classes_, &matrix->targets);
  }
  if (bound.schema->type != ColumnType::kNumeric) {
    return MakeError(ErrorReason::kInvalidData,
                     absl::StrCat("target column \"", bound.schema->name, "\" is ", TypeName(bound.schema->type),
                                  " and the model predicts numbers; give the column the type numeric"),
                     {{"problem_count", "1"}});
  }
  DESCENT_RETURN_IF_ERROR(CheckTargetRange(bound, row_set, target_range_));
  for (int64_t i = 0; i < row_set.size(); ++i) {
    const double number = bound.column->numbers[row_set[i]];
    const T value = static_cast<T>(number);
    if (!std::isfinite(value)) return OutOfPrecision<T>(bound, row_set, i, number);
    matrix->targets[static_cast<size_t>(i) * target_names_.size() + target] = value;
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status FeatureEncoder::EncodeWeights(const Table& table, absl::Span<const int64_t> rows,
                                           Matrix<T>* matrix) const {
  if (weight_name_.empty()) return absl::OkStatus();
  const RowSet row_set(table, rows);
  DESCENT_ASSIGN_OR_RETURN(const Bound bound, FindColumn(table, weight_name_));
  const std::string column = absl::StrCat("weight column \"", weight_name_, "\" ");
  if (bound.schema->type != ColumnType::kNumeric) {
    return MakeError(ErrorReason::kInvalidData,
                     absl::StrCat(column, "is ", TypeName(bound.schema->type), "; give the column the type numeric"),
                     {{"problem_count", "1"}});
  }
  DESCENT_RETURN_IF_ERROR(CheckMissing(bound, row_set));
  for (int64_t i = 0; i < row_set.size(); ++i) {
    const double weight = bound.column->numbers[row_set[i]];
    if (!(weight >= 0)) {
      return BadRows(1, row_set.LineOf(i),
                     absl::StrCat(column, "is ", ShortestText(weight), " in line ", row_set.LineOf(i),
                                  "; weights must be 0 or more"));
    }
    matrix->given_weights.push_back(weight);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> FeatureEncoder::EncodeClasses(const Table& table,
                                                                  absl::Span<const int64_t> rows) const {
  Matrix<double> matrix;
  matrix.rows = RowSet(table, rows).size();
  DESCENT_RETURN_IF_ERROR(EncodeTargets(table, rows, &matrix));
  return std::vector<double>(matrix.targets.begin(), matrix.targets.end());
}

template absl::Status FeatureEncoder::EncodeTargets(const Table&, absl::Span<const int64_t>, Matrix<float>*) const;
template absl::Status FeatureEncoder::EncodeTargets(const Table&, absl::Span<const int64_t>, Matrix<double>*) const;
template absl::Status FeatureEncoder::EncodeWeights(const Table&, absl::Span<const int64_t>, Matrix<float>*) const;
template absl::Status FeatureEncoder::EncodeWeights(const Table&, absl::Span<const int64_t>, Matrix<double>*) const;

}  // namespace descent::core
