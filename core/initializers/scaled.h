// What Xavier, Kaiming and LeCun share: draws of a variance that follows from a weight's shape.
#ifndef DESCENT_CORE_INITIALIZERS_SCALED_H_
#define DESCENT_CORE_INITIALIZERS_SCALED_H_

#include "core/initializers/initializer.h"

namespace descent::core {

// The values of the field `distribution`, in order.
inline constexpr absl::string_view kDistributions[] = {"uniform", "normal", "truncated_normal"};
enum class Distribution { kUniform, kNormal, kTruncatedNormal };

// Normal draws beyond so many standard deviations are drawn again; what is left has this standard deviation.
inline constexpr double kTruncation = 2;
inline constexpr double kTruncatedDeviation = 0.8796256610342398;

// Connections that enter and leave a unit. The weight of a layer is [out, in], that of a model with one output [in].
struct Fans {
  double in = 1;   // the last axis
  double out = 1;  // the product of the others
};
Fans FansOf(const TensorInfo& tensor);

// The weight of a tensor's layer: the one with the same name up to the last dot; null if there is none.
const TensorInfo* WeightOfLayer(const ParameterLayout& layout, const TensorInfo& tensor);

// Draws of mean 0 and the given standard deviation: normal, normal cut at two standard deviations and widened to have
// the asked one, or uniform on deviation * sqrt(3) * [-1, 1). Biases are zero.
void FillScaled(Distribution distribution, double deviation, const FillContext& context, absl::Span<double> out);

}  // namespace descent::core

#endif  // DESCENT_CORE_INITIALIZERS_SCALED_H_
