#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"
#include "core/initializers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("low", "Lower end, which can be drawn.", -0.1, AnyFinite(), "parameter units"),
    Number("high", "Upper end, which is never drawn; above low.", 0.1, AnyFinite(), "parameter units"),
};

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  const double low = config.number("low");
  const double high = config.number("high");
  const double largest = std::nextafter(high, low);
  const RandomStream draws = DrawsOf(context);
  for (size_t i = 0; i < out.size(); ++i) {
    // Weighted ends instead of low + (high - low) * u, because the difference may be infinite.
    const double u = draws.Uniform(i);
    out[i] = std::clamp((1 - u) * low + u * high, low, largest);
  }
}

void Check(const Config& config, absl::string_view path, Violations* violations) {
  if (config.number("low") < config.number("high")) return;
  violations->Add(FieldPath(path, "high"), absl::StrCat("must be > low, which is ", ShortestText(config.number("low")),
                                                        ", was ", ShortestText(config.number("high"))));
}

}  // namespace

const constinit InitializerInfo kUniformInitializer = {
    .kind = {.name = "uniform",
             .summary = "Uniform draws; biases too.",
             .formula = "uniform on [low, high)",
             .reference = "LeCun, Bottou, Orr and Mueller, \"Efficient BackProp\", 1998, section 4.6",
             .fields = kFields,
             .check = Check},
    .draws = true,
    .for_functions = true,
    .fill = Fill};

}  // namespace descent::core
