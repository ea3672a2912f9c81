// FeatureEncoder::Encode: binds the columns of a table to the encoder's, refuses what the model cannot take, and fills
// the matrix.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/errors.h"
#include "core/base/fields.h"
#include "core/base/format.h"
#include "core/base/status.h"
#include "core/base/suggest.h"
#include "core/data/features.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

// Most bytes of a matrix: one-hot encoding multiplies rows by categories.
constexpr double kMaxMatrixBytes = 8589934592.0;

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

absl::Status BadRows(int64_t count, int64_t line, absl::string_view message) {
  return MakeError(ErrorReason::kInvalidData, message,
                   {{"line", absl::StrCat(line)}, {"problem_count", absl::StrCat(count)}});
}

// A column of the table behind a column of the encoder.
struct Bound {
  const Column* column = nullptr;
  const ColumnSchema* schema = nullptr;
  std::vector<int32_t> codes;  // categorical: code in the table -> index in the encoder's list, -1 if not in it
  int64_t first_feature = 0;
};

absl::string_view TypeText(ColumnType type) { return type == ColumnType::kCategorical ? "categorical" : "numeric"; }

absl::StatusOr<Bound> FindColumn(const Table& table, const std::string& name) {
  const int64_t index = table.schema.Find(name);
  if (index >= 0) {
    return Bound{&table.columns[static_cast<size_t>(index)], &table.schema.columns[static_cast<size_t>(index)], {}, 0};
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

bool IsMissing(const Bound& bound, size_t row) {
  return bound.schema->type == ColumnType::kCategorical ? bound.column->codes[row] < 0
                                                        : std::isnan(bound.column->numbers[row]);
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

// Refuses categories that the encoder does not know, as far as they occur.
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

template <typename T>
absl::Status OutOfPrecision(const Bound& bound, const RowSet& rows, int64_t i) {
  return BadRows(1, rows.LineOf(i),
                 absl::StrCat("column \"", bound.schema->name, "\" is ", ShortestText(bound.column->numbers[rows[i]]),
                              " in line ", rows.LineOf(i), ", too large for ", sizeof(T) == 4 ? "float32" : "float64",
                              " after scaling; standardize the features, use float64, or change the unit"));
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

template <typename T>
absl::Status FillNumbers(const Bound& bound, const RowSet& rows, double offset, double factor, int64_t begin,
                         int64_t end, Matrix<T>* matrix) {
  for (int64_t i = begin; i < end; ++i) {
    const T value = static_cast<T>((bound.column->numbers[rows[i]] - offset) * factor);
    if (!std::isfinite(value)) return OutOfPrecision<T>(bound, rows, i);
    matrix->values[static_cast<size_t>(i * matrix->columns + bound.first_feature)] = value;
  }
  return absl::OkStatus();
}

template <typename T>
void FillOneHot(const Bound& bound, const RowSet& rows, int64_t begin, int64_t end, Matrix<T>* matrix) {
  for (int64_t i = begin; i < end; ++i) {
    const int32_t code = bound.codes[static_cast<size_t>(bound.column->codes[rows[i]])];
    matrix->values[static_cast<size_t>(i * matrix->columns + bound.first_feature + code)] = T{1};
  }
}

template <typename T>
absl::StatusOr<Matrix<T>> MakeMatrix(int64_t rows, int64_t columns, bool with_targets) {
  const double bytes = static_cast<double>(rows) * static_cast<double>(columns) * sizeof(T);
  const absl::Status too_large =
      MakeError(ErrorReason::kLimitExceeded,
                absl::StrCat(rows, " rows of ", columns, " features take ", RoundedText(bytes, 3), " bytes, more than ",
                             RoundedText(kMaxMatrixBytes, 3),
                             " or than there is memory; use fewer rows or ignore columns with many categories"),
                {{"limit", absl::StrCat(static_cast<int64_t>(kMaxMatrixBytes))},
                 {"requested", absl::StrCat(static_cast<int64_t>(std::min(bytes, 9e18)))},
                 {"unit", "bytes"}});
  if (bytes > kMaxMatrixBytes) return too_large;
  Matrix<T> matrix;
  matrix.rows = rows;
  matrix.columns = columns;
  try {
    matrix.values.resize(static_cast<size_t>(rows * columns));
    if (with_targets) matrix.targets.resize(static_cast<size_t>(rows));
  } catch (const std::bad_alloc&) {
    return too_large;
  }
  return matrix;
}

}  // namespace

template <typename T>
absl::StatusOr<Matrix<T>> FeatureEncoder::Encode(const Table& table, absl::Span<const int64_t> rows,
                                                 bool with_targets) const {
  const RowSet row_set(table, rows);
  std::vector<Bound> bounds;
  int64_t feature = 0;
  for (const Source& source : sources_) {
    DESCENT_ASSIGN_OR_RETURN(Bound bound, FindColumn(table, source.column));
    if (bound.schema->type != source.type) {
      return MakeError(
          ErrorReason::kInvalidData,
          absl::StrCat("column \"", source.column, "\" is ", TypeText(bound.schema->type),
                       ", the model was trained on a ", TypeText(source.type), " one; give the column that type"),
          {{"problem_count", "1"}});
    }
    DESCENT_RETURN_IF_ERROR(CheckMissing(bound, row_set));
    bound.first_feature = feature;
    if (source.type == ColumnType::kCategorical) {
      bound.codes = MapCodes(bound.schema->categories, source.categories);
      DESCENT_RETURN_IF_ERROR(CheckCategories(bound, row_set, source.categories));
      feature += static_cast<int64_t>(source.categories.size());
    } else {
      ++feature;
    }
    bounds.push_back(std::move(bound));
  }
  DESCENT_ASSIGN_OR_RETURN(Matrix<T> matrix, MakeMatrix<T>(row_set.size(), feature, with_targets));
  // A few rows at a time, so that the part of the matrix being filled stays in the cache.
  constexpr int64_t kBlock = 128;
  for (int64_t begin = 0; begin < row_set.size(); begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, row_set.size());
    for (const Bound& bound : bounds) {
      if (bound.schema->type == ColumnType::kCategorical) {
        FillOneHot(bound, row_set, begin, end, &matrix);
      } else {
        const size_t f = static_cast<size_t>(bound.first_feature);
        DESCENT_RETURN_IF_ERROR(FillNumbers(bound, row_set, offsets_[f], factors_[f], begin, end, &matrix));
      }
    }
  }
  if (with_targets) DESCENT_RETURN_IF_ERROR(EncodeTargets(table, rows, &matrix.targets));
  return matrix;
}

template <typename T>
absl::Status FeatureEncoder::EncodeTargets(const Table& table, absl::Span<const int64_t> rows,
                                           AlignedVector<T>* targets) const {
  const RowSet row_set(table, rows);
  DESCENT_ASSIGN_OR_RETURN(Bound bound, FindColumn(table, target_name_));
  DESCENT_RETURN_IF_ERROR(CheckMissing(bound, row_set));
  if (task_ != Task::kRegression) {
    bound.codes = MapCodes(bound.schema->categories, classes_);
    return FillClasses(bound, row_set, classes_, targets);
  }
  if (bound.schema->type != ColumnType::kNumeric) {
    return MakeError(ErrorReason::kInvalidData,
                     absl::StrCat("target column \"", target_name_,
                                  "\" is categorical and the model predicts numbers; give the column the type numeric"),
                     {{"problem_count", "1"}});
  }
  DESCENT_RETURN_IF_ERROR(CheckTargetRange(bound, row_set, target_range_));
  for (int64_t i = 0; i < row_set.size(); ++i) {
    const T value = static_cast<T>(bound.column->numbers[row_set[i]]);
    if (!std::isfinite(value)) return OutOfPrecision<T>(bound, row_set, i);
    (*targets)[static_cast<size_t>(i)] = value;
  }
  return absl::OkStatus();
}

template absl::StatusOr<Matrix<float>> FeatureEncoder::Encode<float>(const Table&, absl::Span<const int64_t>,
                                                                     bool) const;
template absl::StatusOr<Matrix<double>> FeatureEncoder::Encode<double>(const Table&, absl::Span<const int64_t>,
                                                                       bool) const;

}  // namespace descent::core
