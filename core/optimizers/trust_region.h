// Steps of least squares that are no longer than a radius.
#ifndef DESCENT_CORE_OPTIMIZERS_TRUST_REGION_H_
#define DESCENT_CORE_OPTIMIZERS_TRUST_REGION_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/optimizers/triangular_factor.h"

namespace descent::core {

// The minimum d of |J d + r|^2 over |D d| <= radius, D diagonal: that of |J d + r|^2 + damping*|D d|^2, where the
// damping is 0 if the free minimum is short enough, and else such that |D d| is the radius within a tenth. It is found
// by Newton's method on 1/radius - 1/|D d(damping)| between bounds, at most ten systems (Moré, "The Levenberg-Marquardt
// algorithm: implementation and theory", Numerical Analysis, Lecture Notes in Mathematics 630, 1978, section 5). Where
// columns of J depend on each other the damping is never 0.
//
// All memory is taken at construction. Thread-safety: one thread at a time.
class TrustRegion {
 public:
  explicit TrustRegion(size_t unknowns);

  // Sets `step`. `damping` is the first guess (0: none) and becomes the damping. Returns |D step|.
  double Solve(const TriangularFactor& factor, absl::Span<const double> scale, double radius, double* damping,
               absl::Span<double> step);

 private:
  // Whether J is of full rank to the precision of double.
  static bool IsRegular(const TriangularFactor& factor);
  double Length(absl::Span<const double> scale, absl::Span<const double> step) const;
  // By how much Newton's method changes the damping for a step that is too long by `excess`. `factor` is that of the
  // damped system.
  double Correction(const TriangularFactor& factor, absl::Span<const double> scale, absl::Span<const double> step,
                    double length, double excess, double radius);
  // The step with a given damping; leaves its factor in damped_.
  void SolveDamped(const TriangularFactor& factor, absl::Span<const double> scale, double damping,
                   absl::Span<double> step);

  TriangularFactor damped_;
  AlignedVector<double> rows_;  // sqrt(damping) D, as a staggered block
  std::vector<double> vector_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_TRUST_REGION_H_
