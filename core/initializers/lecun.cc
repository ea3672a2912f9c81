#include <cmath>

#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Choice("distribution", "Shape of the draws; the variance is the same.", 0, kDistributions),
};

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  const double deviation = 1 / std::sqrt(FansOf(context.tensor).in);
  FillScaled(static_cast<Distribution>(config.choice("distribution")), deviation, context, out);
}

}  // namespace

const constinit InitializerInfo kLecunInitializer = {
    .kind = {.name = "lecun",
             .summary = "LeCun: a unit's input has the variance of the layer's inputs; biases are zero.",
             .formula = "uniform on sqrt(3/fan_in)*[-1, 1), or normal with standard deviation 1/sqrt(fan_in), perhaps "
                        "cut at two; a weight [out, in] has fan_in = in",
             .reference =
                 "LeCun, Bottou, Orr and Mueller, \"Efficient BackProp\", 1998, section 4.6; Klambauer et al., "
                 "\"Self-normalizing neural networks\", NIPS 2017, arXiv:1706.02515",
             .fields = kFields},
    .draws = true,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
