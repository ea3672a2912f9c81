#include <cmath>
#include <cstddef>

#include "core/regularizers/kinds.h"
#include "core/regularizers/soft_threshold.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    RequiredNumber("strength", "Weight of the term.", NonNegative(), "loss units per parameter unit"),
    Number("l1_ratio", "Share of the absolute part: 1 is l1, 0 is l2.", 0.5, Closed(0, 1)),
    Boolean("include_bias", "Whether biases are penalised too.", false),
    Boolean("proximal",
            "Whether the absolute part shrinks weights by learning rate * strength * l1_ratio after each update, to "
            "exact zeros, instead of by the gradient, whose norm then leaves that part out.",
            false),
};

double Curvature(const Config& penalty) { return penalty.number("strength") * (1 - penalty.number("l1_ratio")); }

double Kink(const Config& penalty) { return penalty.number("strength") * penalty.number("l1_ratio"); }

template <typename T>
double Evaluate(const Config& penalty, absl::Span<const T> values, absl::Span<T> gradient) {
  const double absolute = penalty.number("strength") * penalty.number("l1_ratio");
  const double quadratic = Curvature(penalty);
  double sum = 0;
  double squares = 0;
  for (const T value : values) {
    sum += std::abs(static_cast<double>(value));
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  const T constant = penalty.boolean("proximal") ? T{0} : static_cast<T>(absolute);
  const T slope = static_cast<T>(quadratic);
  for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += constant * SignOf(values[i]) + slope * values[i];
  return absolute * sum + 0.5 * quadratic * squares;
}

template <typename T>
void Proximal(const Config& penalty, double learning_rate, absl::Span<T> values) {
  SoftThreshold(learning_rate * penalty.number("strength") * penalty.number("l1_ratio"), values);
}

}  // namespace

const constinit RegularizerInfo kElasticNetPenalty = {
    .kind = {.name = "elastic_net",
             .summary = "Absolute and squared penalty together: few weights, and alike for features that are alike.",
             .formula = "strength * (r * sum |w| + (1-r)/2 * sum w^2), r = l1_ratio; if proximal, after each update "
                        "w = sign(w)*max(|w| - learning_rate*strength*r, 0) instead of the derivative of |w|",
             .reference = "Zou and Hastie, \"Regularization and variable selection via the elastic net\", Journal of "
                          "the Royal Statistical Society B 67, 2005; with the names of scikit-learn's ElasticNet",
             .fields = kFields},
    .evaluate_double = Evaluate<double>,
    .evaluate_float = Evaluate<float>,
    .curvature = Curvature,
    .kink = Kink,
    .proximal_double = Proximal<double>,
    .proximal_float = Proximal<float>};

}  // namespace descent::core
