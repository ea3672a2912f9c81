// Values and exact derivatives of a formula over blocks of rows.
//
// The tape runs instruction by instruction, each over all rows of a block, so that its cost is that of the arithmetic.
// Gradients are by reverse mode: with seed w_r for row r, the adjoint of parameter p in row r is w_r df_r/dp, and the
// gradient is its sum over the rows. Products with the Hessian are forward over reverse. Both are exact up to rounding
// (Griewank and Walther, "Evaluating Derivatives", 2008, chapters 3 and 5).
#ifndef DESCENT_CORE_EXPRESSION_EVALUATOR_H_
#define DESCENT_CORE_EXPRESSION_EVALUATOR_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/expression/formula.h"

namespace descent::core {

// What the names of a formula are: exactly one of the two is set for each.
struct Binding {
  std::vector<int32_t> parameter;  // index of the parameter, or -1
  std::vector<int32_t> column;     // index of the column of data, or -1
  int32_t parameter_count = 0;     // those that the formula does not use included
};

// Every name a parameter, in the order of the formula.
Binding AllParameters(const Formula& formula);

// One formula and memory for a block of its rows, all taken at construction. The formula must outlive it.
//
//   Evaluator evaluator(&formula, binding);
//   evaluator.SetParameters(point);
//   const double* values = evaluator.Forward(rows, columns);   // rows <= block_rows()
//   evaluator.Backward(rows, seeds);
//   evaluator.AddGradient(rows, gradient);
//
// Thread-safety: one thread at a time.
class Evaluator {
 public:
  Evaluator(const Formula* formula, Binding binding);

  // Rows that Forward takes at once: a function of the formula only, 256 unless it is very long.
  int64_t block_rows() const { return block_rows_; }

  void SetParameters(absl::Span<const double> parameters);

  // The values of `rows` rows. `columns[k]` has those of column k; it must stay until the derivatives are taken.
  // Columns that the formula does not use may be null. The result is valid until the next call.
  const double* Forward(int64_t rows, absl::Span<const double* const> columns);

  // Derivatives at the rows of the last Forward: adjoints for `seeds`, one a row.
  void Backward(int64_t rows, const double* seeds);
  // A parameter's adjoint in each row; null when the formula does not use it.
  const double* ParameterAdjoints(int32_t parameter) const;
  // gradient += sums of the parameters' adjoints over the rows.
  void AddGradient(int64_t rows, absl::Span<double> gradient) const;

  // A direction in the space of parameters, for what follows.
  void SetDirection(absl::Span<const double> direction);
  // The derivative of each row's value along the direction, at the rows of the last Forward.
  const double* ForwardTangents(int64_t rows);
  // Adjoints for `seeds`, and their derivatives along the direction when the seeds change by `seed_tangents`.
  void BackwardTangents(int64_t rows, const double* seeds, const double* seed_tangents);
  // product += sums of the derivatives of the parameters' adjoints: with all seeds 1 that change by 0, the product of
  // the summed rows' Hessian and the direction.
  void AddHessianProduct(int64_t rows, absl::Span<double> product) const;

  // The first slot in the order of the tape that is not finite in a row of the last Forward, or -1.
  int32_t FirstNonFinite(int64_t row) const;
  // A slot's values of the last Forward.
  const double* ValuesOf(int32_t slot) const { return values_[static_cast<size_t>(slot)]; }
  // Whether a slot depends on a parameter.
  bool active(int32_t slot) const { return active_[static_cast<size_t>(slot)] != 0; }

  const Formula& formula() const { return *formula_; }
  const Binding& binding() const { return binding_; }

 private:
  double* Scratch(AlignedVector<double>& memory, size_t slot) const {
    return memory.data() + slot * static_cast<size_t>(block_rows_);
  }
  Operands OperandsOf(size_t slot) const;
  // Null for slots that do not depend on parameters.
  Tangents TangentsOf(size_t slot) const;
  Adjoints AdjointsOf(size_t slot, AlignedVector<double>& memory);
  void Seed(int64_t rows, const double* seeds, AlignedVector<double>& memory);
  void AddSums(int64_t rows, const AlignedVector<double>& memory, absl::Span<double> sums) const;

  // Constant after construction.
  const Formula* const formula_;
  const Tape& tape_;
  const Binding binding_;
  const int64_t block_rows_;
  std::vector<char> active_;
  std::vector<int32_t> parameter_slots_;  // one a parameter, -1 when unused

  // Slots of one block, [slots][block_rows].
  AlignedVector<double> memory_;
  AlignedVector<double> adjoints_;
  AlignedVector<double> tangents_;          // taken with the first direction
  AlignedVector<double> adjoint_tangents_;  // so too
  std::vector<const double*> values_;       // in memory_, or a column
};

}  // namespace descent::core

#endif  // DESCENT_CORE_EXPRESSION_EVALUATOR_H_
