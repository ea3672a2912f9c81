#include <cmath>
#include <numbers>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr absl::string_view kFans[] = {"in", "out"};

constexpr FieldInfo kFields[] = {
    Choice("distribution", "Shape of the draws; the variance is the same.", 0, kDistributions),
    OptionalNumber("gain",
                   "Factor of the standard deviation; when not given, that of the model's activation: relu sqrt(2), "
                   "tanh 5/3, else 1.",
                   Positive()),
    OptionalNumber("negative_slope",
                   "Slope of a leaky relu below 0, instead of a gain: the gain is then sqrt(2/(1 + negative_slope^2)).",
                   NonNegative()),
    Choice("fan",
           "Which connections of a unit count: those that enter it, which keeps the variance of signals, or those that "
           "leave it, which keeps that of gradients.",
           0, kFans),
};

double GainOf(const Config& config, double default_gain) {
  if (config.has("negative_slope")) return std::numbers::sqrt2 / std::hypot(1.0, config.number("negative_slope"));
  return config.has("gain") ? config.number("gain") : default_gain;
}

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  const Fans fans = FansOf(context.tensor);
  const double deviation =
      GainOf(config, context.default_gain) / std::sqrt(config.choice("fan") == 0 ? fans.in : fans.out);
  FillScaled(static_cast<Distribution>(config.choice("distribution")), deviation, context, out);
}

void Check(const Config& config, absl::string_view path, Violations* violations) {
  if (!config.has("gain") || !config.has("negative_slope")) return;
  violations->Add(FieldPath(path, "negative_slope"), "cannot be combined with gain; give one of the two");
}

}  // namespace

const constinit InitializerInfo kKaimingInitializer = {
    .kind = {.name = "kaiming",
             .summary = "Kaiming (He): signals keep their variance through an activation; biases are zero.",
             .formula = "uniform on gain*sqrt(3/fan)*[-1, 1), or normal with standard deviation gain/sqrt(fan), "
                        "perhaps cut at two; a weight [out, in] has the fans in and out",
             .reference = "He, Zhang, Ren and Sun, \"Delving deep into rectifiers\", ICCV 2015, arXiv:1502.01852",
             .fields = kFields,
             .check = Check},
    .draws = true,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
