#include <cmath>
#include <cstddef>

#include "core/regularizers/kinds.h"
#include "core/regularizers/soft_threshold.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    RequiredNumber("strength", "Weight of the term.", NonNegative(), "loss units per parameter unit"),
    Boolean("include_bias", "Whether biases are penalised too.", false),
    Boolean("proximal",
            "Whether weights are shrunk by learning rate * strength after each update, to exact zeros, instead of by "
            "the gradient, whose norm then leaves the penalty out. The optimum is reached by steps along the gradient "
            "itself, "
            "as sgd takes them without momentum; optimizers that scale or gather gradients end a little beside it.",
            false),
};

double Kink(const Config& penalty) { return penalty.number("strength"); }

template <typename T>
double Evaluate(const Config& penalty, absl::Span<const T> values, absl::Span<T> gradient) {
  const double strength = penalty.number("strength");
  double sum = 0;
  for (const T value : values) sum += std::abs(static_cast<double>(value));
  if (!penalty.boolean("proximal")) {
    const T slope = static_cast<T>(strength);
    for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += slope * SignOf(values[i]);
  }
  return strength * sum;
}

template <typename T>
void Proximal(const Config& penalty, double learning_rate, absl::Span<T> values) {
  SoftThreshold(learning_rate * penalty.number("strength"), values);
}

}  // namespace

const constinit RegularizerInfo kL1Penalty = {
    .kind = {.name = "l1",
             .summary = "Absolute penalty: pulls every weight towards 0 with the same force.",
             .formula = "strength * sum |w|, with derivative strength*sign(w) and 0 at 0; if proximal, after each "
                        "update w = sign(w)*max(|w| - learning_rate*strength, 0) instead",
             .reference = "Tibshirani, \"Regression shrinkage and selection via the lasso\", Journal of the Royal "
                          "Statistical Society B 58, 1996; the step: Daubechies, Defrise and De Mol, Communications on "
                          "Pure and Applied Mathematics 57, 2004",
             .fields = kFields},
    .evaluate_double = Evaluate<double>,
    .evaluate_float = Evaluate<float>,
    .kink = Kink,
    .proximal_double = Proximal<double>,
    .proximal_float = Proximal<float>};

}  // namespace descent::core
