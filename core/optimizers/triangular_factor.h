// Least squares kept as a triangle: the factor R of a QR factorization that rows are folded into as they come.
#ifndef DESCENT_CORE_OPTIMIZERS_TRIANGULAR_FACTOR_H_
#define DESCENT_CORE_OPTIMIZERS_TRIANGULAR_FACTOR_H_

#include <cstddef>

#include "absl/types/span.h"
#include "core/base/aligned.h"

namespace descent::core {

// Of a Jacobian J [rows, unknowns] and residuals r [rows] it keeps R and c with |J d + r|^2 = |R d + c|^2 + rest^2 for
// every d, where R is upper triangular: all that a step of least squares asks for, in memory that does not depend on
// the number of rows. J'J is never formed, so the condition of the problem is not squared.
//
// Rows are folded in by Householder reflections (Golub and Van Loan, "Matrix Computations", 4th edition, 2013,
// sections 5.2 and 6.5). The bits depend on the rows and on how they were cut in blocks, on nothing else. All memory
// is taken at construction. Thread-safety: like a plain struct.
class TriangularFactor {
 public:
  explicit TriangularFactor(size_t unknowns) : unknowns_(unknowns), values_((unknowns + 1) * (unknowns + 1)) {}

  size_t unknowns() const { return unknowns_; }

  // Back to no rows.
  void Clear();
  // Folds in a block of rows [J r], one column after another, each `stride` from the next; overwrites them. In a
  // `staggered` block row i begins at column i: what is before is not looked at.
  void Fold(size_t rows, size_t stride, bool staggered, double* block);
  // Folds in all rows that another factor of as many unknowns stands for, which is destroyed.
  void Fold(TriangularFactor* other) { Fold(unknowns_ + 1, unknowns_ + 1, /*staggered=*/true, other->values_.data()); }
  // As if all rows had been multiplied by `factor`.
  void Scale(double factor);
  // Makes every solution 0 at one unknown. `scratch` has unknowns + 1 numbers.
  void Freeze(size_t unknown, absl::Span<double> scratch);

  // Column j of R down to its diagonal, j + 1 numbers. Column `unknowns` is c, and the rest below it.
  const double* column(size_t j) const { return values_.data() + j * (unknowns_ + 1); }
  double diagonal(size_t j) const { return column(j)[j]; }
  absl::Span<const double> c() const { return {column(unknowns_), unknowns_}; }
  // The length of a column of J.
  double ColumnLength(size_t j) const;

  // to = R d.
  void Multiply(absl::Span<const double> d, absl::Span<double> to) const;
  // to = R'c, half the gradient of |J d + r|^2 at d = 0.
  void HalfGradient(absl::Span<double> to) const;
  // vector = R^-1 vector and (R')^-1 vector. No diagonal may be 0.
  void Solve(absl::Span<double> vector) const;
  void SolveTransposed(absl::Span<double> vector) const;

 private:
  double* mutable_column(size_t j) { return values_.data() + j * (unknowns_ + 1); }

  size_t unknowns_;
  AlignedVector<double> values_;  // [R c; 0 rest], one column after another
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_TRIANGULAR_FACTOR_H_
