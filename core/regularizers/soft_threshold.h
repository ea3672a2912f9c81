// The absolute penalty of single values and its proximal step, for the penalties that contain it.
#ifndef DESCENT_CORE_REGULARIZERS_SOFT_THRESHOLD_H_
#define DESCENT_CORE_REGULARIZERS_SOFT_THRESHOLD_H_

#include <cmath>

#include "absl/types/span.h"

namespace descent::core {

// The derivative of |w|: 0 at 0.
template <typename T>
T SignOf(T value) {
  return static_cast<T>((value > 0) - (value < 0));
}

// Replaces w by sign(w) * max(|w| - threshold, 0). NaN stays NaN and is noticed.
template <typename T>
void SoftThreshold(double threshold, absl::Span<T> values) {
  const T cut = static_cast<T>(threshold);
  for (T& value : values) {
    const T rest = std::abs(value) - cut;
    value = rest <= 0 ? T{0} : std::copysign(rest, value);
  }
}

}  // namespace descent::core

#endif  // DESCENT_CORE_REGULARIZERS_SOFT_THRESHOLD_H_
