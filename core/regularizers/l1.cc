#include <cmath>
#include <cstddef>

#include "core/regularizers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    RequiredNumber("strength", "Weight of the term.", NonNegative(), "loss units per parameter unit"),
    Boolean("include_bias", "Whether biases are penalised too.", false),
};

template <typename T>
double Evaluate(double strength, absl::Span<const T> values, absl::Span<T> gradient) {
  double sum = 0;
  for (const T value : values) sum += std::abs(static_cast<double>(value));
  const T slope = static_cast<T>(strength);
  for (size_t i = 0; i < gradient.size(); ++i) {
    gradient[i] += slope * static_cast<T>((values[i] > 0) - (values[i] < 0));
  }
  return strength * sum;
}

}  // namespace

const constinit RegularizerInfo kL1Penalty = {
    .kind = {.name = "l1",
             .summary = "Absolute penalty: pulls every weight towards 0 with the same force.",
             .formula = "strength * sum |w|, with derivative strength*sign(w) and 0 at 0",
             .reference = "Tibshirani, \"Regression shrinkage and selection via the lasso\", Journal of the Royal "
                          "Statistical Society B 58, 1996",
             .fields = kFields},
    .evaluate_double = Evaluate<double>,
    .evaluate_float = Evaluate<float>};

}  // namespace descent::core
