// Residuals of a model over all rows and their Jacobian, folded into one triangular factor, on several threads with the
// same bits for any number of them.
#ifndef DESCENT_CORE_TRAINING_LINEARIZE_H_
#define DESCENT_CORE_TRAINING_LINEARIZE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/parallel.h"
#include "core/data/features.h"
#include "core/models/model.h"
#include "core/optimizers/triangular_factor.h"

namespace descent::core {

// The objective (curvature/2) * mean, by the rows' weights, of (output - target)^2 + sum of strength_j/2 * w_j^2 as
// half a sum of squares. All in float64, whatever the type of rows and parameters.
//
// Blocks of consecutive rows form lanes, whose number depends on that of rows and parameters only. A lane folds one
// block after another into a factor of its own; the lanes' factors are folded in order. All memory is taken at
// construction. Thread-safety: one call at a time.
class ResidualPass {
 public:
  struct Problem {
    std::unique_ptr<const Model<double>> model;  // with one output
    double curvature = 1;                        // of a row's loss
    std::vector<double> strengths;               // of the penalties, one a parameter
    int64_t rows = 0;
    int64_t columns = 0;  // features
  };
  // `team` must outlive the object.
  ResidualPass(Problem problem, Team* team);

  // See BatchObjective::Linearize. `matrix` has the rows and columns that the problem says.
  template <typename T>
  double Linearize(absl::Span<const T> parameters, const Matrix<T>& matrix, TriangularFactor* factor);

 private:
  // What one lane needs for itself.
  struct Lane {
    explicit Lane(size_t unknowns) : factor(unknowns) {}

    Workspace<double> workspace;
    AlignedVector<double> features;  // [block_rows, columns]
    AlignedVector<double> outputs;
    AlignedVector<double> block;  // [J r], one column after another
    AlignedVector<double> row;    // of features, for models that give the Jacobian row by row
    AlignedVector<double> gradient;
    TriangularFactor factor;
    double squares = 0;  // of residuals
  };

  // lane->features = rows [first, first + count), dense.
  template <typename T>
  void CopyRows(const Matrix<T>& matrix, int64_t first, int64_t count, Lane* lane) const;
  // Multiplies residuals, and the rows of J, by the roots of the rows' weights.
  template <typename T>
  void Weigh(const Matrix<T>& matrix, int64_t first, int64_t count, bool with_jacobian, Lane* lane) const;
  // outputs = those of `count` rows in lane->features.
  void Forward(int64_t count, Lane* lane) const;
  // So too, and the columns of J in lane->block: row by row for networks, whose steps are few and whose Jacobian costs
  // far more than the calls.
  void ForwardWithJacobian(int64_t count, Lane* lane) const;
  void FoldPenalties(TriangularFactor* factor);

  // Constant after construction.
  const Problem problem_;
  Team* const team_;
  const int64_t unknowns_;
  const int64_t block_rows_;
  const double row_factor_;  // objective = |row_factor*residuals|^2/2 + penalties

  std::vector<Lane> lanes_;
  AlignedVector<double> parameters_;
  AlignedVector<double> penalty_row_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_LINEARIZE_H_
