#include <cstdint>
#include <memory>

#include "core/optimizers/adam_rule.h"
#include "core/optimizers/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 1e-3, Positive(), "parameter units"),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the root of the second moment.", 1e-8, Positive(), "gradient units"),
    Number("weight_decay", "Decoupled weight decay, scaled by the scheduled rate.", 0.01, NonNegative(),
           "1/parameter units"),
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<AdamRule<T, /*kDecoupled=*/true>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kAdamW = {
    .kind = {.name = "adamw",
             .summary = "Adam with weight decay that is not mixed into the moments.",
             .formula = "x *= 1 - rate*weight_decay; m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; "
                        "x -= rate * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon), t from 1",
             .reference = "Loshchilov and Hutter, \"Decoupled weight decay regularization\", ICLR 2019, "
                          "arXiv:1711.05101; in the form of torch.optim.AdamW",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
