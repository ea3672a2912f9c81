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
           "Where epsilon is added: to the root of the corrected largest second moment, inside that root, or to the "
           "root before it is corrected.",
           kOutside, kEpsilonPlacements),
    Boolean("bias_correction", "Divide the moments by 1-beta^t, as they start from 0.", true),
    Choice("maximum_of", "Which second moment the maximum is taken of: as it is, or divided by 1-beta2^t.",
           kMaximumOfUncorrected, kMaxima),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"epsilon", 1e-7}, {"epsilon_placement", kUncorrected}};
constexpr PresetValue kOptax[] = {{"maximum_of", kMaximumOfCorrected}};
constexpr PresetValue kPaper[] = {{"bias_correction", false}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kKeras}, {"optax", kOptax}, {"paper", kPaper}};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<AdamRule<T, AdamKind::kAmsgrad>>(config, layout);
}

void Check(const Config& config, absl::string_view path, Violations* violations) {
  if (config.choice("maximum_of") == kMaximumOfCorrected && config.choice("epsilon_placement") == kUncorrected) {
    violations->Add(FieldPath(path, "epsilon_placement"),
                    "cannot be uncorrected where maximum_of is corrected: no uncorrected root is left; use outside or "
                    "inside");
  }
}

}  // namespace

const constinit OptimizerInfo kAmsgrad = {
    .kind = {.name = "amsgrad",
             .summary = "Adam divided by the largest second moment so far, so that steps never grow back.",
             .formula = "g = gradient + weight_decay*x; m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; "
                        "u = max(u, v); x -= rate * m/(1-beta1^t) / (sqrt(u/(1-beta2^t)) + epsilon), t from 1; "
                        "maximum of corrected: u = max(u, v/(1-beta2^t)), denominator sqrt(u) + epsilon; "
                        "epsilon inside: within the root; uncorrected: (sqrt(u) + epsilon)/sqrt(1-beta2^t)",
             .reference = "Reddi, Kale and Kumar, \"On the convergence of Adam and beyond\", ICLR 2018, "
                          "arXiv:1904.09237; in the form of torch.optim.Adam(amsgrad=True)",
             .fields = kFields,
             .check = Check,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .momentum_field = "beta1",
    .elementwise = true};

}  // namespace descent::core
