#include <algorithm>

#include "core/initializers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("value", "The value of every parameter.", 0, AnyFinite(), "parameter units"),
};

void Fill(const Config& config, const FillContext& /*context*/, absl::Span<double> out) {
  std::fill(out.begin(), out.end(), config.number("value"));
}

}  // namespace

const constinit InitializerInfo kConstantInitializer = {
    .kind = {.name = "constant",
             .summary = "All the same value; biases too.",
             .formula = "value",
             .reference = "torch.nn.init.constant_; the units of a hidden layer stay equal, see Goodfellow, Bengio and "
                          "Courville, \"Deep Learning\", section 8.4",
             .fields = kFields},
    .draws = false,
    .for_functions = true,
    .fill = Fill};

}  // namespace descent::core
