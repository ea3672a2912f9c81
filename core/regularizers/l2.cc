#include <cstddef>

#include "core/regularizers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    RequiredNumber("strength", "Weight of the term.", NonNegative(), "loss units per parameter unit^2"),
    Boolean("include_bias", "Whether biases are penalised too.", false),
};

template <typename T>
double Evaluate(const Config& penalty, absl::Span<const T> values, absl::Span<T> gradient) {
  const double strength = penalty.number("strength");
  double sum = 0;
  for (const T value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  const T slope = static_cast<T>(strength);
  for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += slope * values[i];
  return 0.5 * strength * sum;
}

double Curvature(const Config& penalty) { return penalty.number("strength"); }

}  // namespace

const constinit RegularizerInfo kL2Penalty = {
    .kind = {.name = "l2",
             .summary = "Squared penalty: pulls every weight towards 0 in proportion to its size.",
             .formula = "strength/2 * sum w^2, with derivative strength*w",
             .reference = "Hoerl and Kennard, \"Ridge regression: biased estimation for nonorthogonal problems\", "
                          "Technometrics 12, 1970; Tikhonov, 1963",
             .fields = kFields},
    .evaluate_double = Evaluate<double>,
    .evaluate_float = Evaluate<float>,
    .curvature = Curvature};

}  // namespace descent::core
