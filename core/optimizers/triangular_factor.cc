#include "core/optimizers/triangular_factor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/optimizers/ordered_sum.h"

namespace descent::core {
namespace {

double Product(size_t size, const double* __restrict a, const double* __restrict b) {
  return OrderedSum(size, [a, b](size_t i) { return a[i] * b[i]; });
}

// to += factor * from.
void Add(size_t size, double factor, const double* __restrict from, double* __restrict to) {
  for (size_t i = 0; i < size; ++i) to[i] += factor * from[i];
}

}  // namespace

void TriangularFactor::Clear() { std::fill(values_.begin(), values_.end(), 0.0); }

// Column after column, the reflection of (R_jj, block_j) onto the first axis, I - beta v v' with v = (first, block_j).
void TriangularFactor::Fold(size_t rows, size_t stride, bool staggered, double* block) {
  for (size_t j = 0; j <= unknowns_; ++j) {
    const size_t active = staggered ? std::min(rows, j + 1) : rows;
    const double* const below = block + j * stride;
    const double squares = Product(active, below, below);
    if (squares <= std::numeric_limits<double>::min()) continue;  // NaN goes on, and shows in R
    double& diagonal = mutable_column(j)[j];
    const double turned = -std::copysign(std::sqrt(diagonal * diagonal + squares), diagonal);
    const double first = diagonal - turned;
    const double beta = 2 / (first * first + squares);
    for (size_t k = j + 1; k <= unknowns_; ++k) {
      double& right = mutable_column(k)[j];
      double* const others = block + k * stride;
      const double share = beta * (first * right + Product(active, below, others));
      right -= share * first;
      Add(active, -share, below, others);
    }
    diagonal = turned;
  }
}

void TriangularFactor::Scale(double factor) {
  for (double& value : values_) value *= factor;
}

// A column of zeros and the one row that asks for 0.
void TriangularFactor::Freeze(size_t unknown, absl::Span<double> scratch) {
  std::fill_n(mutable_column(unknown), unknown + 1, 0.0);
  std::fill(scratch.begin(), scratch.end(), 0.0);
  scratch[unknown] = 1;
  Fold(1, 1, /*staggered=*/false, scratch.data());
}

double TriangularFactor::ColumnLength(size_t j) const { return std::sqrt(Product(j + 1, column(j), column(j))); }

void TriangularFactor::Multiply(absl::Span<const double> d, absl::Span<double> to) const {
  std::fill(to.begin(), to.end(), 0.0);
  for (size_t j = 0; j < unknowns_; ++j) Add(j + 1, d[j], column(j), to.data());
}

void TriangularFactor::HalfGradient(absl::Span<double> to) const {
  for (size_t j = 0; j < unknowns_; ++j) to[j] = Product(j + 1, column(j), column(unknowns_));
}

void TriangularFactor::Solve(absl::Span<double> vector) const {
  for (size_t j = unknowns_; j-- > 0;) {
    vector[j] /= diagonal(j);
    Add(j, -vector[j], column(j), vector.data());
  }
}

void TriangularFactor::SolveTransposed(absl::Span<double> vector) const {
  for (size_t j = 0; j < unknowns_; ++j) {
    vector[j] = (vector[j] - Product(j, column(j), vector.data())) / diagonal(j);
  }
}

}  // namespace descent::core
