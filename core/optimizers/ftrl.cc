// FTRL-Proximal, see the formula in kFtrl below.
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
    Number("learning_rate", "Step size.", 0.05, Positive(), "parameter units"),
    Number("l1", "Strength of the absolute penalty, which makes parameters exactly 0.", 0, NonNegative(),
           "gradient units"),
    Number("l2", "Strength of the squared penalty.", 0, NonNegative(), "gradient units per parameter unit"),
    Number("beta", "Added to the power of the accumulator where parameters are solved for.", 0, NonNegative()),
    Number("initial_accumulator", "Start of the sum of squared gradients.", 0.1, NonNegative(), "gradient units^2"),
    Number("learning_rate_power", "Power of the accumulator that divides the rate; 0 keeps the rate.", 0.5,
           Closed(0, 1)),
    Number("l2_factor", "Factor of l2: 1 for l2*x^2/2, 2 for l2*x^2.", 1, NonNegative()),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"learning_rate", 1e-3}, {"l2_factor", 2}};
constexpr Preset kPresets[] = {{"keras", kKeras}, {"paper"}};

template <typename T>
class Ftrl final : public Optimizer<T> {
 public:
  Ftrl(const Config& config, const ParameterLayout& layout)
      : l1_(static_cast<T>(config.number("l1"))),
        l2_(static_cast<T>(config.number("l2_factor") * config.number("l2"))),
        beta_(static_cast<T>(config.number("beta"))),
        power_(static_cast<T>(config.number("learning_rate_power"))),
        gradients_(static_cast<size_t>(layout.size)),
        accumulator_(static_cast<size_t>(layout.size), static_cast<T>(config.number("initial_accumulator"))) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    if (power_ == static_cast<T>(0.5)) {
      StepWith([](T value) { return std::sqrt(value); }, update, parameters);
    } else {
      StepWith([power = power_](T value) { return std::pow(value, power); }, update, parameters);
    }
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(gradients_), absl::MakeSpan(accumulator_)}; }

 private:
  template <typename Power>
  void StepWith(Power power, const Update<T>& update, absl::Span<T> parameters) {
    const T rate = static_cast<T>(update.learning_rate);
    if (rate == 0) return;  // where the rate has decayed to 0 the formula is 0/0; a step of no length does nothing
    const T l1 = l1_;
    const T l2 = l2_;
    const T beta = beta_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict z = gradients_.data();
    T* __restrict n = accumulator_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T before = power(n[i]);
      n[i] += g[i] * g[i];
      const T after = power(n[i]);
      z[i] += g[i] - (after - before) / rate * x[i];
      const T beyond = z[i] > 0 ? l1 - z[i] : -l1 - z[i];
      const T solved = beyond / ((beta + after) / rate + l2);
      x[i] = std::abs(z[i]) <= l1 ? T{0} : solved;
    }
  }

  const T l1_;
  const T l2_;
  const T beta_;
  const T power_;
  AlignedVector<T> gradients_;  // their sum, less what the growing curvature holds back
  AlignedVector<T> accumulator_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Ftrl<T>>(config, layout);
}

// The parameters follow from the accumulators and the rate, the start does not count: the first step goes to 0.
bool Rests(const Config& /*config*/, bool constant_rate, bool starts_at_zero) {
  return constant_rate && starts_at_zero;
}

}  // namespace

const constinit OptimizerInfo kFtrl = {
    .kind = {.name = "ftrl",
             .summary =
                 "Follow the regularised leader: AdaGrad-like steps with an L1 penalty that gives exact zeros. For a "
                 "constant rate: weights are solved for with the present rate and fall to 0 with it.",
             .formula = "n' = n + g^2; s = (n'^p - n^p)/rate, p = learning_rate_power; z += g - s*x; n = n'; "
                        "x = 0 where |z| <= l1, else x = (sign(z)*l1 - z)/((beta + n^p)/rate + l2_factor*l2)",
             .reference = "McMahan et al., \"Ad click prediction: a view from the trenches\", KDD 2013, algorithm 1",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true,
    .rests_at_zero_gradient = Rests};

}  // namespace descent::core
