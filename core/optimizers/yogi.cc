// Yogi, see the formula in kYogi below.
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
    Number("learning_rate", "Step size.", 0.01, Positive(), "parameter units"),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the root of the second moment.", 1e-3, Positive(), "gradient units"),
    Number("initial_accumulator", "Start of the second moment.", 1e-6, NonNegative(), "gradient units^2"),
    Number("initial_first_moment", "Start of the first moment.", 0, NonNegative(), "gradient units"),
    Boolean("bias_correction", "Correct the moments as if they had started at 0.", true),
    Number("weight_decay", "Decoupled weight decay, scaled by the scheduled rate.", 0, NonNegative(),
           "1/parameter units"),
    PresetField(),
};

constexpr PresetValue kOptax[] = {{"initial_first_moment", 1e-6}};
constexpr PresetValue kPaper[] = {{"bias_correction", 0}};
constexpr Preset kPresets[] = {{"optax", kOptax}, {"paper", kPaper}};

template <typename T>
class Yogi final : public Optimizer<T> {
 public:
  Yogi(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        bias_correction_(config.boolean("bias_correction")),
        weight_decay_(config.number("weight_decay")),
        first_moment_(static_cast<size_t>(layout.size), static_cast<T>(config.number("initial_first_moment"))),
        second_moment_(static_cast<size_t>(layout.size), static_cast<T>(config.number("initial_accumulator"))) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double t = static_cast<double>(update.step) + 1;
    const T rate = static_cast<T>(update.learning_rate / (bias_correction_ ? 1 - std::pow(beta1_, t) : 1));
    const T correction2 = static_cast<T>(bias_correction_ ? 1 - std::pow(beta2_, t) : 1);
    const T shrink = static_cast<T>(1 - update.learning_rate * weight_decay_);
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = epsilon_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict v = second_moment_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T square = g[i] * g[i];
      const T sign = (v[i] > square ? T{1} : T{0}) - (v[i] < square ? T{1} : T{0});
      m[i] = kept1 * m[i] + entering1 * g[i];
      v[i] -= entering2 * sign * square;
      x[i] = shrink * x[i] - rate * (m[i] / (std::sqrt(v[i] / correction2) + epsilon));
    }
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(first_moment_), absl::MakeSpan(second_moment_)};
  }

 private:
  const double beta1_;
  const double beta2_;
  const T epsilon_;
  const bool bias_correction_;
  const double weight_decay_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> second_moment_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Yogi<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kYogi = {
    .kind = {.name = "yogi",
             .summary = "Adam whose second moment moves by at most a share of the squared gradient, so rates grow "
                        "slowly.",
             .formula = "x *= 1 - rate*weight_decay; m = beta1*m + (1-beta1)*g; v -= (1-beta2)*sign(v-g^2)*g^2; "
                        "x -= rate * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon), t from 1",
             .reference = "Zaheer et al., \"Adaptive methods for nonconvex optimization\", NeurIPS 2018, algorithm 2",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
