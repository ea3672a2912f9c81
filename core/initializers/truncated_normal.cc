#include <cstddef>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("mean", "Mean of the draws.", 0, AnyFinite(), "parameter units"),
    Number("standard_deviation", "Standard deviation of the draws before they are cut.", 0.01, Positive(),
           "parameter units"),
    Boolean(
        "rescaled",
        "Whether the normal distribution is widened first, by 1/0.8796256610342398, so that the draws have the asked "
        "standard deviation after the cut.",
        false),
};

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  const double mean = config.number("mean");
  const double deviation = config.number("standard_deviation") / (config.boolean("rescaled") ? kTruncatedDeviation : 1);
  const RandomStream draws = DrawsOf(context);
  for (size_t i = 0; i < out.size(); ++i) out[i] = mean + deviation * draws.NormalWithin(i, kTruncation);
}

}  // namespace

const constinit InitializerInfo kTruncatedNormalInitializer = {
    .kind = {.name = "truncated_normal",
             .summary = "Normal draws within two standard deviations of their mean, so that none is far out; biases "
                        "too.",
             .formula = "normal(mean, s^2) given that |draw - mean| <= 2*s; s = standard_deviation, or "
                        "standard_deviation/0.8796256610342398 if rescaled",
             .reference = "tf.keras.initializers.TruncatedNormal (not rescaled); jax.nn.initializers.variance_scaling "
                          "(rescaled)",
             .fields = kFields},
    .draws = true,
    .for_functions = true,
    .fill = Fill};

}  // namespace descent::core
