// AdaMax, see the formula in kAdamax below.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

constexpr absl::string_view kPlacements[] = {"inside_maximum", "denominator"};
enum Placement : int { kInsideMaximum, kDenominator };

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 2e-3, Positive(), "parameter units"),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the largest gradient.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Keeps the denominator from 0, where its placement says; 0/0 counts as 0.", 1e-8, NonNegative(),
           "gradient units"),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(),
           "gradient units/parameter units"),
    Choice("epsilon_placement",
           "Where epsilon is added: to the size of each gradient as it enters the maximum, or to the maximum.",
           kInsideMaximum, kPlacements),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"learning_rate", 1e-3}, {"epsilon", 1e-7}, {"epsilon_placement", kDenominator}};
constexpr PresetValue kPaper[] = {{"epsilon", 0}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kKeras}, {"optax", {}}, {"paper", kPaper}};

template <typename T>
class Adamax final : public Optimizer<T> {
 public:
  Adamax(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(static_cast<T>(config.number("beta2"))),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        first_moment_(static_cast<size_t>(layout.size)),
        largest_(static_cast<size_t>(layout.size)) {
    const T epsilon = static_cast<T>(config.number("epsilon"));
    (config.choice("epsilon_placement") == kInsideMaximum ? epsilon_inside_ : epsilon_outside_) = epsilon;
  }

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double t = static_cast<double>(update.step) + 1;
    const T rate = static_cast<T>(update.learning_rate / (1 - std::pow(beta1_, t)));
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = beta2_;
    const T inside = epsilon_inside_;
    const T outside = epsilon_outside_;
    const T decay = weight_decay_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict u = largest_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = g[i] + decay * x[i];
      m[i] = kept1 * m[i] + entering1 * slope;
      u[i] = std::max(kept2 * u[i], std::abs(slope) + inside);
      const T denominator = u[i] + outside;
      x[i] -= denominator == 0 ? T{0} : rate * (m[i] / denominator);
    }
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(first_moment_), absl::MakeSpan(largest_)}; }

 private:
  const double beta1_;
  const T beta2_;
  T epsilon_inside_ = 0;  // one of the two is 0
  T epsilon_outside_ = 0;
  const T weight_decay_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> largest_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Adamax<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kAdamax = {
    .kind = {.name = "adamax",
             .summary = "Adam with the largest gradient of late, which decays, in place of the root of the squares.",
             .formula = "g = gradient + weight_decay*x; m = beta1*m + (1-beta1)*g; "
                        "u = max(beta2*u, abs(g) + epsilon); x -= rate/(1-beta1^t) * m/u, t from 1; "
                        "epsilon in the denominator: u = max(beta2*u, abs(g)); x -= rate/(1-beta1^t) * m/(u + epsilon)",
             .reference = "Kingma and Ba, \"Adam: a method for stochastic optimization\", ICLR 2015, "
                          "arXiv:1412.6980, section 7.1; in the form of torch.optim.Adamax",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
