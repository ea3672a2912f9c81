#include "core/initializers/scaled.h"

#include <algorithm>
#include <cstddef>
#include <numbers>
#include <string>

#include "core/initializers/kinds.h"

namespace descent::core {

Fans FansOf(const TensorInfo& tensor) {
  Fans fans;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    (i + 1 == tensor.shape.size() ? fans.in : fans.out) *= static_cast<double>(tensor.shape[i]);
  }
  return fans;
}

const TensorInfo* WeightOfLayer(const ParameterLayout& layout, const TensorInfo& tensor) {
  const auto layer_of = [](const std::string& name) { return name.substr(0, name.rfind('.') + 1); };
  for (const TensorInfo& other : layout.tensors) {
    if (other.role == TensorRole::kWeight && layer_of(other.name) == layer_of(tensor.name)) return &other;
  }
  return nullptr;
}

void FillScaled(Distribution distribution, double deviation, const FillContext& context, absl::Span<double> out) {
  if (context.tensor.role == TensorRole::kBias) {
    std::fill(out.begin(), out.end(), 0.0);
    return;
  }
  const RandomStream draws = DrawsOf(context);
  const double bound = deviation * std::numbers::sqrt3;
  const double widened = deviation / kTruncatedDeviation;
  switch (distribution) {
    case Distribution::kUniform:
      for (size_t i = 0; i < out.size(); ++i) out[i] = bound * (2 * draws.Uniform(i) - 1);
      break;
    case Distribution::kNormal:
      for (size_t i = 0; i < out.size(); ++i) out[i] = deviation * draws.Normal(i);
      break;
    case Distribution::kTruncatedNormal:
      for (size_t i = 0; i < out.size(); ++i) out[i] = widened * draws.NormalWithin(i, kTruncation);
      break;
  }
}

}  // namespace descent::core
