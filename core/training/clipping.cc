#include "core/training/clipping.h"

#include <algorithm>

#include "core/training/gradient_norm.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    OptionalNumber("max_value", "Largest magnitude of each value of the gradient; unset: any.", Positive()),
    OptionalNumber("max_norm", "Largest norm of the gradient, after max_value; a longer one is scaled; unset: any.",
                   Positive()),
};
constexpr KindInfo kClipping = {
    .name = "clipping",
    .summary = "Limits the gradient before the optimizer sees it; the recorded gradient norm is that before.",
    .formula = "g = clamp(g, -max_value, max_value); g *= max_norm/||g|| if ||g|| > max_norm",
    .reference =
        "Pascanu, Mikolov and Bengio, \"On the difficulty of training recurrent neural networks\", ICML 2013, "
        "arXiv:1211.5063",
    .fields = kFields};

}  // namespace

const KindInfo& ClippingInfo() { return kClipping; }

Clipping::Clipping(const Config& config) {
  if (config.info() == nullptr) return;
  if (config.has("max_value")) max_value_ = config.number("max_value");
  if (config.has("max_norm")) max_norm_ = config.number("max_norm");
}

template <typename T>
void Clipping::Clip(double norm, absl::Span<T> gradient) const {
  if (max_value_.has_value()) {
    const T limit = static_cast<T>(*max_value_);
    for (T& value : gradient) value = std::clamp(value, -limit, limit);
    norm = GradientNorm<T>(gradient);
  }
  if (!max_norm_.has_value() || !(norm > *max_norm_)) return;
  const T scale = static_cast<T>(*max_norm_ / norm);
  for (T& value : gradient) value *= scale;
}

template void Clipping::Clip(double, absl::Span<float>) const;
template void Clipping::Clip(double, absl::Span<double>) const;

}  // namespace descent::core
