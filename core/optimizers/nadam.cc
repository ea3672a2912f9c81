// NAdam, see the formula in kNadam below.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 2e-3, Positive(), "parameter units"),
    Number("beta1", "Decay of the first moment, and the limit of the scheduled momentum.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the root of the corrected second moment.", 1e-8, Positive(), "gradient units"),
    Number("momentum_decay", "How fast the momentum grows from beta1/2 to beta1; at 0 it stays at beta1/2.", 4e-3,
           NonNegative(), "per step"),
    Boolean("momentum_schedule", "Let the momentum grow with the step; without, it is beta1.", true),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(),
           "gradient units/parameter units"),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"learning_rate", 1e-3}, {"epsilon", 1e-7}, {"momentum_decay", 1}};
constexpr PresetValue kOptax[] = {{"learning_rate", 1e-3}, {"momentum_schedule", false}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kKeras}, {"optax", kOptax}, {"paper", {}}};

template <typename T>
class Nadam final : public Optimizer<T> {
 public:
  Nadam(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        momentum_decay_(config.number("momentum_decay")),
        momentum_schedule_(config.boolean("momentum_schedule")),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        first_moment_(static_cast<size_t>(layout.size)),
        second_moment_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double t = static_cast<double>(update.step) + 1;
    const double momentum = Momentum(t);
    const double next = Momentum(t + 1);
    product_ *= momentum;
    const T of_gradient = static_cast<T>(update.learning_rate * (1 - momentum) / (1 - product_));
    const T of_moment = static_cast<T>(update.learning_rate * next / (1 - product_ * next));
    const T root_correction = static_cast<T>(std::sqrt(1 - std::pow(beta2_, t)));
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = epsilon_;
    const T decay = weight_decay_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict v = second_moment_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = g[i] + decay * x[i];
      m[i] = kept1 * m[i] + entering1 * slope;
      v[i] = kept2 * v[i] + entering2 * slope * slope;
      x[i] -= (of_gradient * slope + of_moment * m[i]) / (std::sqrt(v[i]) / root_correction + epsilon);
    }
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(first_moment_), absl::MakeSpan(second_moment_)};
  }
  std::vector<absl::Span<double>> Numbers() override { return {absl::MakeSpan(&product_, 1)}; }

 private:
  double Momentum(double t) const {
    return momentum_schedule_ ? beta1_ * (1 - 0.5 * std::pow(0.96, t * momentum_decay_)) : beta1_;
  }

  const double beta1_;
  const double beta2_;
  const T epsilon_;
  const double momentum_decay_;
  const bool momentum_schedule_;
  const T weight_decay_;
  double product_ = 1;  // of the momenta so far
  AlignedVector<T> first_moment_;
  AlignedVector<T> second_moment_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Nadam<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kNadam = {
    .kind = {.name = "nadam",
             .summary = "Adam that looks ahead along its first moment, as Nesterov's momentum does.",
             .formula = "g = gradient + weight_decay*x; m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; "
                        "mu_t = beta1*(1 - 0.96^(t*momentum_decay)/2), without schedule beta1; P = product of mu_1 to "
                        "mu_t; x -= rate * ((1-mu_t)*g/(1-P) + mu_(t+1)*m/(1-P*mu_(t+1))) / (sqrt(v/(1-beta2^t)) + "
                        "epsilon), t from 1",
             .reference = "Dozat, \"Incorporating Nesterov momentum into Adam\", ICLR 2016 workshop; "
                          "in the form of torch.optim.NAdam",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
