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
#include "core/data/bound_column.h"
#include "core/data/features.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

// Most bytes of a matrix: one-hot encoding multiplies rows by categories.
constexpr double kMaxMatrixBytes = 8589934592.0;

template <typename T>
absl::Status FillNumbers(const Bound& bound, const RowSet& rows, double offset, double factor, int64_t begin,
                         int64_t end, Matrix<T>* matrix) {
  for (int64_t i = begin; i < end; ++i) {
    const double number = bound.column->numbers[rows[i]];
    const T value = static_cast<T>((number - offset) * factor);
    if (!std::isfinite(value)) return OutOfPrecision<T>(bound, rows, i, number);
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

// Numbers that a row of a source stores in a sparse matrix, at most.
int64_t StoredIn(const Bound& bound, size_t row) {
  if (bound.schema->type != ColumnType::kSparseVector) return 1;
  return bound.column->sparse.starts[row + 1] - bound.column->sparse.starts[row];
}

// Appends a row of a column of sparse vectors; `factors` are those of the encoder's `width` features.
template <typename T>
absl::Status AppendVector(const Bound& bound, const RowSet& rows, int64_t i, absl::Span<const double> factors,
                          Matrix<T>* matrix) {
  const SparseRows& sparse = bound.column->sparse;
  const auto end = static_cast<size_t>(sparse.starts[rows[i] + 1]);
  for (auto k = static_cast<size_t>(sparse.starts[rows[i]]); k < end; ++k) {
    const auto position = static_cast<size_t>(sparse.indices[k]);
    if (position >= factors.size()) {
      return BadRows(1, rows.LineOf(i),
                     absl::StrCat("column \"", bound.schema->name, "\" has a number at position ", position,
                                  " in line ", rows.LineOf(i), ", from 0, and the model was trained on ",
                                  factors.size(), " positions; leave it out, or train with a larger width"));
    }
    const T value = static_cast<T>(sparse.values[k] * factors[position]);
    if (!std::isfinite(value)) return OutOfPrecision<T>(bound, rows, i, sparse.values[k]);
    matrix->indices.push_back(static_cast<int32_t>(bound.first_feature) + sparse.indices[k]);
    matrix->values.push_back(value);
  }
  return absl::OkStatus();
}

// Appends the row's part of one source.
template <typename T>
absl::Status AppendSparse(const Bound& bound, const RowSet& rows, int64_t i, absl::Span<const double> factors,
                          Matrix<T>* matrix) {
  if (bound.schema->type == ColumnType::kSparseVector) return AppendVector(bound, rows, i, factors, matrix);
  int64_t feature = bound.first_feature;
  T value = 1;
  if (bound.schema->type == ColumnType::kCategorical) {
    feature += bound.codes[static_cast<size_t>(bound.column->codes[rows[i]])];
  } else {
    const double number = bound.column->numbers[rows[i]];
    value = static_cast<T>(number * factors[0]);
    if (!std::isfinite(value)) return OutOfPrecision<T>(bound, rows, i, number);
    if (value == 0) return absl::OkStatus();
  }
  matrix->indices.push_back(static_cast<int32_t>(feature));
  matrix->values.push_back(value);
  return absl::OkStatus();
}

absl::Status TooLarge(int64_t rows, int64_t columns, double bytes) {
  return MakeError(ErrorReason::kLimitExceeded,
                   absl::StrCat(rows, " rows of ", columns, " features take ", RoundedText(bytes, 3),
                                " bytes, more than ", RoundedText(kMaxMatrixBytes, 3),
                                " or than there is memory; use fewer rows or ignore columns with many categories"),
                   {{"limit", absl::StrCat(static_cast<int64_t>(kMaxMatrixBytes))},
                    {"requested", absl::StrCat(static_cast<int64_t>(std::min(bytes, 9e18)))},
                    {"unit", "bytes"}});
}

// Memory for rows that store `stored` numbers; sparse when `is_sparse`.
template <typename T>
absl::StatusOr<Matrix<T>> MakeMatrix(int64_t rows, int64_t columns, bool is_sparse, int64_t stored) {
  const double bytes = is_sparse ? static_cast<double>(stored) * (sizeof(T) + sizeof(int32_t))
                                 : static_cast<double>(rows) * static_cast<double>(columns) * sizeof(T);
  if (bytes > kMaxMatrixBytes) return TooLarge(rows, columns, bytes);
  Matrix<T> matrix;
  matrix.rows = rows;
  matrix.columns = columns;
  try {
    if (is_sparse) {
      matrix.starts.reserve(static_cast<size_t>(rows + 1));
      matrix.indices.reserve(static_cast<size_t>(stored));
      matrix.values.reserve(static_cast<size_t>(stored));
    } else {
      matrix.values.resize(static_cast<size_t>(rows * columns));
    }
  } catch (const std::bad_alloc&) {
    return TooLarge(rows, columns, bytes);
  }
  return matrix;
}

template <typename T>
absl::Status FillDense(absl::Span<const Bound> bounds, const RowSet& rows, absl::Span<const double> offsets,
                       absl::Span<const double> factors, Matrix<T>* matrix) {
  // A few rows at a time, so that the part of the matrix being filled stays in the cache.
  constexpr int64_t kBlock = 128;
  for (int64_t begin = 0; begin < rows.size(); begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, rows.size());
    for (const Bound& bound : bounds) {
      if (bound.schema->type == ColumnType::kCategorical) {
        FillOneHot(bound, rows, begin, end, matrix);
      } else {
        const size_t f = static_cast<size_t>(bound.first_feature);
        DESCENT_RETURN_IF_ERROR(FillNumbers(bound, rows, offsets[f], factors[f], begin, end, matrix));
      }
    }
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status FillSparse(absl::Span<const Bound> bounds, const RowSet& rows, absl::Span<const double> factors,
                        Matrix<T>* matrix) {
  matrix->starts.push_back(0);
  for (int64_t i = 0; i < rows.size(); ++i) {
    for (const Bound& bound : bounds) {
      const auto first = static_cast<size_t>(bound.first_feature);
      DESCENT_RETURN_IF_ERROR(
          AppendSparse(bound, rows, i, factors.subspan(first, static_cast<size_t>(bound.features)), matrix));
    }
    matrix->starts.push_back(static_cast<int64_t>(matrix->values.size()));
  }
  return absl::OkStatus();
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
          absl::StrCat("column \"", source.column, "\" is ", TypeName(bound.schema->type),
                       ", the model was trained on a ", TypeName(source.type), " one; give the column that type"),
          {{"problem_count", "1"}});
    }
    DESCENT_RETURN_IF_ERROR(CheckMissing(bound, row_set));
    bound.first_feature = feature;
    bound.features = source.width;
    feature += source.width;
    if (source.type == ColumnType::kCategorical) {
      bound.codes = MapCodes(bound.schema->categories, source.categories);
      DESCENT_RETURN_IF_ERROR(CheckCategories(bound, row_set, source.categories));
    }
    bounds.push_back(std::move(bound));
  }
  int64_t stored = 0;
  for (int64_t i = 0; is_sparse_ && i < row_set.size(); ++i) {
    for (const Bound& bound : bounds) stored += StoredIn(bound, row_set[i]);
  }
  DESCENT_ASSIGN_OR_RETURN(Matrix<T> matrix, MakeMatrix<T>(row_set.size(), feature, is_sparse_, stored));
  DESCENT_RETURN_IF_ERROR(is_sparse_ ? FillSparse<T>(bounds, row_set, factors_, &matrix)
                                     : FillDense<T>(bounds, row_set, offsets_, factors_, &matrix));
  if (with_targets) {
    DESCENT_RETURN_IF_ERROR(EncodeTargets(table, rows, &matrix));
    DESCENT_RETURN_IF_ERROR(EncodeWeights(table, rows, &matrix));
  }
  return matrix;
}

template absl::StatusOr<Matrix<float>> FeatureEncoder::Encode<float>(const Table&, absl::Span<const int64_t>,
                                                                     bool) const;
template absl::StatusOr<Matrix<double>> FeatureEncoder::Encode<double>(const Table&, absl::Span<const int64_t>,
                                                                       bool) const;

}  // namespace descent::core
