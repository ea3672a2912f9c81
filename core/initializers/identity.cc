#include <algorithm>
#include <cstddef>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("gain", "The value on the diagonal.", 1, AnyFinite(), "parameter units"),
};

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  std::fill(out.begin(), out.end(), 0.0);
  if (context.tensor.role == TensorRole::kBias) return;
  const Fans fans = FansOf(context.tensor);
  const auto columns = static_cast<size_t>(fans.in);
  const auto diagonal = static_cast<size_t>(std::min(fans.in, fans.out));
  for (size_t i = 0; i < diagonal; ++i) out[i * columns + i] = config.number("gain");
}

}  // namespace

const constinit InitializerInfo kIdentityInitializer = {
    .kind = {.name = "identity",
             .summary = "Each layer passes its inputs on, as many as it has units; the other weights and biases are "
                        "zero.",
             .formula = "gain if i = j, else 0, of a weight [i, j]",
             .reference = "Le, Jaitly and Hinton, \"A simple way to initialize recurrent networks of rectified linear "
                          "units\", 2015, arXiv:1504.00941; torch.nn.init.eye_",
             .fields = kFields},
    .draws = false,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
