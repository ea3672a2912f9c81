#include <cstddef>

#include "core/initializers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("mean", "Mean of the draws.", 0, AnyFinite(), "parameter units"),
    Number("standard_deviation", "Standard deviation of the draws.", 0.01, Positive(), "parameter units"),
};

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  const double mean = config.number("mean");
  const double deviation = config.number("standard_deviation");
  const RandomStream draws = DrawsOf(context);
  for (size_t i = 0; i < out.size(); ++i) out[i] = mean + deviation * draws.Normal(i);
}

}  // namespace

const constinit InitializerInfo kNormalInitializer = {
    .kind = {.name = "normal",
             .summary = "Normal draws; biases too.",
             .formula = "normal(mean, standard_deviation^2)",
             .reference = "Krizhevsky, Sutskever and Hinton, \"ImageNet classification with deep convolutional neural "
                          "networks\", NIPS 2012, section 5",
             .fields = kFields},
    .draws = true,
    .for_functions = true,
    .fill = Fill};

}  // namespace descent::core
