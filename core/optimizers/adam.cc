#include <cstdint>
#include <memory>

#include "core/optimizers/adam_rule.h"
#include "core/optimizers/dialects.h"
#include "core/optimizers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 1e-3, Positive(), "parameter units"),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Keeps the denominator from 0, where its placement says.", 1e-8, Positive(),
           "gradient units, inside the root their square"),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(), "1/parameter units^2"),
    Choice("epsilon_placement",
           "Where epsilon is added: to the root of the corrected second moment, inside that root, or to the root "
           "before it is corrected.",
           kOutside, kEpsilonPlacements),
    Boolean("bias_correction", "Divide the moments by 1-beta^t, as they start from 0.", true),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"epsilon", 1e-7}, {"epsilon_placement", kUncorrected}};
constexpr PresetValue kPaper[] = {{"epsilon_placement", kUncorrected}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kKeras}, {"optax", {}}, {"paper", kPaper}};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<AdamRule<T, AdamKind::kAdam>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kAdam = {
    .kind = {.name = "adam",
             .summary = "Bias-corrected moving averages of the gradient and of its square.",
             .formula = "g = gradient + weight_decay*x; m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; "
                        "x -= rate * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon), t from 1; "
                        "epsilon inside: sqrt(v/(1-beta2^t) + epsilon); "
                        "uncorrected: (sqrt(v) + epsilon)/sqrt(1-beta2^t)",
             .reference = "Kingma and Ba, \"Adam: a method for stochastic optimization\", ICLR 2015, arXiv:1412.6980",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .momentum_field = "beta1",
    .elementwise = true};

}  // namespace descent::core
