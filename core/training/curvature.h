// The curvature of what a run minimises.
#ifndef DESCENT_CORE_TRAINING_CURVATURE_H_
#define DESCENT_CORE_TRAINING_CURVATURE_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "core/analysis/spectrum.h"
#include "core/training/objective.h"

namespace descent::core {

// The ends of the spectrum of the Hessian over all training rows at a point with a gradient; nothing where the
// objective has no second derivatives. Each product with the Hessian costs about
// two gradients.
template <typename T>
std::optional<Spectrum> SpectrumOf(Objective<T>* objective, absl::Span<const T> parameters,
                                   absl::Span<const T> gradient, int64_t most_products = kMostProducts);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_CURVATURE_H_
