// Gradient descent with momentum in both forms, see the formula in kSgd below.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/dialects.h"
#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 0.01, Positive(), "parameter units per gradient unit"),
    Number("momentum", "Share of the velocity that is kept each step.", 0, ClosedOpen(0, 1)),
    Number("dampening",
           "Damping of the gradient as it enters the velocity; the first step is never damped, and without momentum "
           "there is no velocity to damp.",
           0, Closed(0, 1)),
    Boolean("nesterov", "Look ahead along the velocity; needs momentum > 0 and dampening = 0.", false),
    Choice("velocity_form",
           "Where the learning rate enters the velocity; the two differ as soon as the rate is scheduled.",
           kRateOutside, kVelocityForms),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(), "1/parameter units^2"),
    PresetField(),
};

constexpr PresetValue kOfRateInside[] = {{"velocity_form", kRateInside}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kOfRateInside}, {"optax", {}}, {"paper", kOfRateInside}};

template <typename T>
class Sgd final : public Optimizer<T> {
 public:
  Sgd(const Config& config, const ParameterLayout& layout)
      : momentum_(config.number("momentum")),
        dampening_(config.number("dampening")),
        nesterov_(config.boolean("nesterov")),
        rate_inside_(config.choice("velocity_form") == kRateInside),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        velocity_(momentum_ > 0 ? static_cast<size_t>(layout.size) : 0) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const T rate = static_cast<T>(update.learning_rate);
    if (momentum_ == 0) {
      StepPlainly(rate, update.gradient, parameters);
      return;
    }
    const double momentum = update.momentum.value_or(momentum_);
    // The velocity starts as the first gradient itself: nothing is kept yet and nothing damped.
    const T kept = static_cast<T>(update.step == 0 ? 0 : momentum);
    const T entering = static_cast<T>(update.step == 0 ? 1 : 1 - dampening_);
    if (rate_inside_) {
      StepWithVelocity(static_cast<T>(momentum), kept, entering * rate, rate, T{1}, update.gradient, parameters);
    } else {
      StepWithVelocity(static_cast<T>(momentum), kept, entering, T{1}, rate, update.gradient, parameters);
    }
  }

  std::vector<absl::Span<T>> State() override {
    if (velocity_.empty()) return {};
    return {absl::MakeSpan(velocity_)};
  }

 private:
  void StepPlainly(T rate, absl::Span<const T> gradient, absl::Span<T> parameters) const {
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    const T decay = weight_decay_;
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) x[i] -= rate * (g[i] + decay * x[i]);
  }

  // b = kept * b + entering * g; x -= leaving * b, or with Nesterov x -= leaving * (ahead * g + momentum * b).
  void StepWithVelocity(T momentum, T kept, T entering, T ahead, T leaving, absl::Span<const T> gradient,
                        absl::Span<T> parameters) {
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict b = velocity_.data();
    const T decay = weight_decay_;
    const size_t size = parameters.size();
    if (nesterov_) {
      for (size_t i = 0; i < size; ++i) {
        const T slope = g[i] + decay * x[i];
        b[i] = kept * b[i] + entering * slope;
        x[i] -= leaving * (ahead * slope + momentum * b[i]);
      }
    } else {
      for (size_t i = 0; i < size; ++i) {
        b[i] = kept * b[i] + entering * (g[i] + decay * x[i]);
        x[i] -= leaving * b[i];
      }
    }
  }

  const double momentum_;
  const double dampening_;
  const bool nesterov_;
  const bool rate_inside_;
  const T weight_decay_;
  AlignedVector<T> velocity_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Sgd<T>>(config, layout);
}

void Check(const Config& config, absl::string_view path, Violations* violations) {
  if (!config.boolean("nesterov")) return;
  if (config.number("momentum") == 0) {
    violations->Add(FieldPath(path, "nesterov"), "needs momentum > 0; set momentum, for instance to 0.9");
  }
  if (config.number("dampening") != 0) {
    violations->Add(FieldPath(path, "nesterov"), "needs dampening = 0; leave dampening out");
  }
}

bool Rests(const Config& config, bool /*constant_rate*/, bool /*starts_at_zero*/) {
  return config.number("momentum") == 0 && config.number("weight_decay") == 0;
}

}  // namespace

const constinit OptimizerInfo kSgd = {
    .kind = {.name = "sgd",
             .summary = "Gradient descent, with momentum or Nesterov momentum when asked for.",
             .formula = "g = gradient + weight_decay*x; b = momentum*b + (1-dampening)*g, at first b = g; "
                        "x -= rate*b, with nesterov x -= rate*(g + momentum*b). "
                        "rate_inside: b = momentum*b + rate*(1-dampening)*g; x -= b, "
                        "with nesterov x -= rate*g + momentum*b",
             .reference = "Polyak, \"Some methods of speeding up the convergence of iteration methods\", 1964; "
                          "Sutskever et al., \"On the importance of initialization and momentum in deep learning\", "
                          "ICML 2013 (Nesterov); in the form of torch.optim.SGD",
             .fields = kFields,
             .check = Check,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .momentum_field = "momentum",
    .elementwise = true,
    .rests_at_zero_gradient = Rests};

}  // namespace descent::core
