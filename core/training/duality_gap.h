// How far a convex fit can be from its optimum, at most: a certificate that needs no knowledge of the optimum.
#ifndef DESCENT_CORE_TRAINING_DUALITY_GAP_H_
#define DESCENT_CORE_TRAINING_DUALITY_GAP_H_

#include <optional>

#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/data/features.h"
#include "core/losses/loss.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// For one linear output z = w.x + b with the penalties l1|w| + l2/2 w^2 on each parameter, the objective
//   P(w) = (1/n) sum_i loss_i(z_i) + penalties(w)
// is at least D(s) = -(1/n) sum_i loss_i*(s_i) - penalties*(-(1/n) X^T s) for every s, where * is the convex conjugate
// (Fenchel and Rockafellar). Here s_i = loss_i'(z_i) at the given point, with the best bias where it is free, and
// shrunk where a parameter without l2 asks for it; at the optimum P = D. The result is P - D >= 0, or nothing where the
// loss has no conjugate in the table, or a weight is free of penalties.
//
// Source: Boyd and Vandenberghe, "Convex Optimization", sections 3.3 and 5.1; Kim et al., "An interior-point method for
// large-scale l1-regularized least squares", 2007, for the shrinking.
template <typename T>
std::optional<double> DualityGap(const LossInfo& loss, const Config& loss_config, absl::Span<const Config> penalties,
                                 const ParameterLayout& layout, const Matrix<T>& rows, absl::Span<const double> outputs,
                                 double objective);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_DUALITY_GAP_H_
