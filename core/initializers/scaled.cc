#include "core/initializers/scaled.h"

#include <algorithm>
#include <cstddef>
#include <numbers>

#include "core/initializers/kinds.h"

namespace descent::core {

Fans FansOf(const TensorInfo& tensor) {
  Fans fans;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    (i + 1 == tensor.shape.size() ? fans.in : fans.out) *= static_cast<double>(tensor.shape[i]);
  }
  return fans;
}

void FillScaled(Distribution distribution, double deviation, const TensorInfo& tensor, DrawKey key,
                absl::Span<double> out) {
  if (tensor.role == TensorRole::kBias) {
    std::fill(out.begin(), out.end(), 0.0);
    return;
  }
  const RandomStream draws = DrawsOf(tensor, key);
  if (distribution == Distribution::kNormal) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = deviation * draws.Normal(i);
  } else {
    const double bound = deviation * std::numbers::sqrt3;
    for (size_t i = 0; i < out.size(); ++i) out[i] = bound * (2 * draws.Uniform(i) - 1);
  }
}

}  // namespace descent::core
