// Rows of numbers as models see them, dense or sparse.
#ifndef DESCENT_CORE_DATA_MATRIX_H_
#define DESCENT_CORE_DATA_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/aligned.h"

namespace descent::core {

// Some rows of features, a view. Dense: `values` is [count, columns], row-major without padding, from a 64-byte
// boundary; the number of columns is known where it is used. Sparse (CSR): row r of the matrix has values[k] in column
// indices[k], ascending, for k in [starts[r], starts[r+1]) and 0 in all others; the view's row i is row picked[i] of
// the matrix, or row i where nothing is picked.
template <typename T>
struct FeatureRows {
  int64_t count = 0;
  const T* values = nullptr;
  const int64_t* starts = nullptr;  // null: dense
  const int32_t* indices = nullptr;
  const int64_t* picked = nullptr;

  bool is_sparse() const { return starts != nullptr; }

  // The part of a sparse row that is stored.
  struct Stored {
    int64_t count = 0;
    const T* values = nullptr;
    const int32_t* indices = nullptr;
  };
  Stored StoredOf(int64_t row) const {
    const int64_t at = picked == nullptr ? row : picked[row];
    return {starts[at + 1] - starts[at], values + starts[at], indices + starts[at]};
  }

  // Calls at(column, value) for a row's values from left to right; of a sparse row for those that are stored.
  template <typename At>
  void ForEachIn(int64_t row, int64_t columns, At at) const {
    if (is_sparse()) {
      const Stored stored = StoredOf(row);
      for (int64_t k = 0; k < stored.count; ++k) at(static_cast<int64_t>(stored.indices[k]), stored.values[k]);
    } else {
      const T* const x = values + row * columns;
      for (int64_t column = 0; column < columns; ++column) at(column, x[column]);
    }
  }
};

// Features, and what the rows have besides them. Thread-safety: like a plain struct.
template <typename T>
struct Matrix {
  int64_t rows = 0;
  int64_t columns = 0;
  AlignedVector<T> values;       // dense: [rows, columns]; sparse: what is stored
  std::vector<int64_t> starts;   // sparse: [rows + 1]; empty: dense
  std::vector<int32_t> indices;  // sparse
  // [rows, target_width]: values, 0 or 1, or class indexes; empty when the rows have none.
  int64_t target_width = 1;
  AlignedVector<T> targets;
  std::vector<double> given_weights;  // as the column of weights has them; empty: there is none
  // How much each row counts in the loss, its weight times its class's over their mean: so the weighted mean of n
  // values is (1/n) sum of weight*value. Empty: all 1.
  AlignedVector<T> weights;

  double WeightOf(size_t row) const { return weights.empty() ? 1 : static_cast<double>(weights[row]); }

  bool is_sparse() const { return !starts.empty(); }

  // Rows [first, first + count).
  FeatureRows<T> Rows(int64_t first, int64_t count) const {
    if (is_sparse()) return {count, values.data(), starts.data() + first, indices.data()};
    return {count, values.data() + first * columns};
  }
  FeatureRows<T> AllRows() const { return Rows(0, rows); }
};

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_MATRIX_H_
