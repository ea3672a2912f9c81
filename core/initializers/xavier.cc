#include <cmath>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Choice("distribution", "Shape of the draws; the variance is the same.", 0, kDistributions),
    Number("gain", "Factor of the standard deviation.", 1, Positive()),
};

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  const Fans fans = FansOf(context.tensor);
  const double deviation = config.number("gain") * std::sqrt(2 / (fans.in + fans.out));
  FillScaled(static_cast<Distribution>(config.choice("distribution")), deviation, context, out);
}

}  // namespace

const constinit InitializerInfo kXavierInitializer = {
    .kind = {.name = "xavier",
             .summary = "Xavier (Glorot): signals keep their variance forwards and backwards; biases are zero.",
             .formula =
                 "uniform on gain*sqrt(6/(fan_in+fan_out))*[-1, 1), or normal with standard deviation "
                 "gain*sqrt(2/(fan_in+fan_out)), perhaps cut at two; a weight [out, in] has fan_in = in, fan_out = out",
             .reference = "Glorot and Bengio, \"Understanding the difficulty of training deep feedforward neural "
                          "networks\", AISTATS 2010",
             .fields = kFields},
    .draws = true,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
