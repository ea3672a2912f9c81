// AdaGrad, see the formula in kAdagrad below.
#include <cmath>
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
    Number("learning_rate", "Step size.", 0.01, Positive(), "parameter units"),
    Number("epsilon", "Keeps the denominator from 0, where its placement says.", 1e-10, Positive(),
           "gradient units, inside the root their square"),
    Number("initial_accumulator", "Start of the accumulator.", 0, NonNegative(), "gradient units^2"),
    Number("learning_rate_decay", "Decay of the rate: the rate is divided by 1 + decay*t at update t, from 0.", 0,
           NonNegative(), "per step"),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(), "1/parameter units^2"),
    Choice("epsilon_placement", "Where epsilon is added: to the root of the accumulator, or inside the root.", kOutside,
           kRootEpsilonPlacements),
    PresetField(),
};

constexpr PresetValue kKeras[] = {
    {"learning_rate", 1e-3}, {"epsilon", 1e-7}, {"initial_accumulator", 0.1}, {"epsilon_placement", kInside}};
constexpr PresetValue kOptax[] = {{"epsilon", 1e-7}, {"initial_accumulator", 0.1}, {"epsilon_placement", kInside}};
constexpr PresetValue kPaper[] = {{"epsilon", 1e-8}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kKeras}, {"optax", kOptax}, {"paper", kPaper}};

template <typename T>
class Adagrad final : public Optimizer<T> {
 public:
  Adagrad(const Config& config, const ParameterLayout& layout)
      : epsilon_(static_cast<T>(config.number("epsilon"))),
        rate_decay_(config.number("learning_rate_decay")),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        epsilon_inside_(config.choice("epsilon_placement") == kInside),
        accumulator_(static_cast<size_t>(layout.size), static_cast<T>(config.number("initial_accumulator"))) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const T rate = static_cast<T>(update.learning_rate / (1 + static_cast<double>(update.step) * rate_decay_));
    epsilon_inside_ ? Move<true>(rate, update.gradient, parameters) : Move<false>(rate, update.gradient, parameters);
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(accumulator_)}; }

 private:
  template <bool kEpsilonInside>
  void Move(T rate, absl::Span<const T> gradient, absl::Span<T> parameters) {
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict s = accumulator_.data();
    const T epsilon = epsilon_;
    const T decay = weight_decay_;
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = g[i] + decay * x[i];
      s[i] += slope * slope;
      x[i] -= rate * (slope / (kEpsilonInside ? std::sqrt(s[i] + epsilon) : std::sqrt(s[i]) + epsilon));
    }
  }

  const T epsilon_;
  const double rate_decay_;
  const T weight_decay_;
  const bool epsilon_inside_;
  AlignedVector<T> accumulator_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Adagrad<T>>(config, layout);
}

bool Rests(const Config& config, bool /*constant_rate*/, bool /*starts_at_zero*/) {
  return config.number("weight_decay") == 0;
}

}  // namespace

const constinit OptimizerInfo kAdagrad = {
    .kind = {.name = "adagrad",
             .summary = "Divides each parameter's step by the root of the sum of its squared gradients so far.",
             .formula = "g = gradient + weight_decay*x; s += g^2; "
                        "x -= rate/(1 + learning_rate_decay*t) * g/(sqrt(s) + epsilon), t from 0; "
                        "epsilon inside: sqrt(s + epsilon)",
             .reference = "Duchi, Hazan and Singer, \"Adaptive subgradient methods for online learning and stochastic "
                          "optimization\", JMLR 12, 2011; in the form of torch.optim.Adagrad",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true,
    .rests_at_zero_gradient = Rests};

}  // namespace descent::core
