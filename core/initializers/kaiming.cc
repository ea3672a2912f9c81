#include <cmath>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Choice("distribution", "Shape of the draws; the variance is the same.", 0, kDistributions),
    OptionalNumber("gain",
                   "Factor of the standard deviation; when not given, that of the model's activation: relu sqrt(2), "
                   "tanh 5/3, else 1.",
                   Positive()),
};

void Fill(const Config& config, const TensorInfo& tensor, DrawKey key, double default_gain, absl::Span<double> out) {
  const double gain = config.has("gain") ? config.number("gain") : default_gain;
  const double deviation = gain / std::sqrt(FansOf(tensor).in);
  FillScaled(static_cast<Distribution>(config.choice("distribution")), deviation, tensor, key, out);
}

}  // namespace

const constinit InitializerInfo kKaimingInitializer = {
    .kind = {.name = "kaiming",
             .summary = "Kaiming (He): signals keep their variance through an activation; biases are zero.",
             .formula = "uniform on gain*sqrt(3/fan_in)*[-1, 1), or normal with standard deviation "
                        "gain/sqrt(fan_in); a weight [out, in] has fan_in = in",
             .reference = "He, Zhang, Ren and Sun, \"Delving deep into rectifiers\", ICCV 2015, arXiv:1502.01852",
             .fields = kFields},
    .draws = true,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
