// What Xavier and Kaiming share: draws of a variance that follows from a weight's shape.
#ifndef DESCENT_CORE_INITIALIZERS_SCALED_H_
#define DESCENT_CORE_INITIALIZERS_SCALED_H_

#include "core/initializers/initializer.h"

namespace descent::core {

// The values of the field `distribution`, in order.
inline constexpr absl::string_view kDistributions[] = {"uniform", "normal"};
enum class Distribution { kUniform, kNormal };

// Connections that enter and leave a unit. The weight of a layer is [out, in], that of a model with one output [in].
struct Fans {
  double in = 1;   // the last axis
  double out = 1;  // the product of the others
};
Fans FansOf(const TensorInfo& tensor);

// Draws of mean 0 and the given standard deviation: normal, or uniform on deviation * sqrt(3) * [-1, 1). Biases are
// zero.
void FillScaled(Distribution distribution, double deviation, const TensorInfo& tensor, DrawKey key,
                absl::Span<double> out);

}  // namespace descent::core

#endif  // DESCENT_CORE_INITIALIZERS_SCALED_H_
