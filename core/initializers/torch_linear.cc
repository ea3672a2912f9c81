#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

void Fill(const Config& /*config*/, const FillContext& context, absl::Span<double> out) {
  const TensorInfo* weight = WeightOfLayer(context.layout, context.tensor);
  if (weight == nullptr) {
    std::fill(out.begin(), out.end(), 0.0);
    return;
  }
  const double bound = 1 / std::sqrt(FansOf(*weight).in);
  const RandomStream draws = DrawsOf(context);
  for (size_t i = 0; i < out.size(); ++i) out[i] = bound * (2 * draws.Uniform(i) - 1);
}

}  // namespace

const constinit InitializerInfo kTorchLinearInitializer = {
    .kind = {.name = "torch_linear",
             .summary = "What PyTorch's Linear layers start with; biases are drawn too.",
             .formula = "uniform on [-1, 1)/sqrt(fan_in), weights and biases; a weight [out, in] and its bias have "
                        "fan_in = in",
             .reference = "torch.nn.Linear.reset_parameters: kaiming_uniform_ with a = sqrt(5), a gain of sqrt(1/3)",
             .fields = {}},
    .draws = true,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
