// Length of a gradient, and what is not finite in it.
#ifndef DESCENT_CORE_TRAINING_GRADIENT_NORM_H_
#define DESCENT_CORE_TRAINING_GRADIENT_NORM_H_

#include <cstdint>

#include "absl/types/span.h"

namespace descent::core {

// The Euclidean norm: the square root of a double sum of squares, in an order that depends on the size only. Scaled by
// the largest value where squares would leave the range of double, so it is finite unless a value is not or the norm
// itself is beyond the range.
template <typename T>
double GradientNorm(absl::Span<const T> gradient);

// Index of the first value that is not finite, or -1.
template <typename T>
int64_t FindNonFiniteValue(absl::Span<const T> values);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_GRADIENT_NORM_H_
