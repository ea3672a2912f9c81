// RAdam, see the formula in kRadam below.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

constexpr absl::string_view kPlacements[] = {"uncorrected", "outside"};
enum Placement : int { kRootUncorrected, kRootCorrected };

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 1e-3, Positive(), "parameter units"),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Keeps the denominator from 0, where its placement says.", 1e-8, Positive(), "gradient units"),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(),
           "gradient units/parameter units"),
    Choice("epsilon_placement",
           "Where epsilon is added: to the root of the second moment before it is corrected, or after.",
           kRootUncorrected, kPlacements),
    Number("threshold",
           "Length of the averaged past, in steps, beyond which the second moment divides; until then steps go along "
           "the first moment alone.",
           5, AtLeast(4), "steps"),
    PresetField(),
};

constexpr PresetValue kOptax[] = {{"epsilon_placement", kRootCorrected}};
constexpr PresetValue kPaper[] = {{"epsilon_placement", kRootCorrected}, {"threshold", 4}};
constexpr Preset kPresets[] = {{"torch", {}}, {"optax", kOptax}, {"paper", kPaper}};

template <typename T>
class Radam final : public Optimizer<T> {
 public:
  Radam(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        corrects_root_(config.choice("epsilon_placement") == kRootCorrected),
        threshold_(config.number("threshold")),
        first_moment_(static_cast<size_t>(layout.size)),
        second_moment_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double t = static_cast<double>(update.step) + 1;
    const double power2 = std::pow(beta2_, t);
    const double longest = 2 / (1 - beta2_) - 1;
    const double length = longest - 2 * t * power2 / (1 - power2);
    const double rate = update.learning_rate / (1 - std::pow(beta1_, t));
    if (!(length > threshold_)) return Move<false>(rate, 1, update.gradient, parameters);
    const double rectification =
        std::sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
    const double root_correction = std::sqrt(1 - power2);
    corrects_root_ ? Move<true>(rate * rectification, root_correction, update.gradient, parameters)
                   : Move<true>(rate * rectification * root_correction, 1, update.gradient, parameters);
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(first_moment_), absl::MakeSpan(second_moment_)};
  }

 private:
  template <bool kDivides>
  void Move(double rate_of_step, double correction_of_step, absl::Span<const T> gradient, absl::Span<T> parameters) {
    const T rate = static_cast<T>(rate_of_step);
    const T root_correction = static_cast<T>(correction_of_step);
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = epsilon_;
    const T decay = weight_decay_;
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict v = second_moment_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = g[i] + decay * x[i];
      m[i] = kept1 * m[i] + entering1 * slope;
      v[i] = kept2 * v[i] + entering2 * slope * slope;
      x[i] -= rate * (kDivides ? m[i] / (std::sqrt(v[i]) / root_correction + epsilon) : m[i]);
    }
  }

  const double beta1_;
  const double beta2_;
  const T epsilon_;
  const T weight_decay_;
  const bool corrects_root_;
  const double threshold_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> second_moment_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Radam<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kRadam = {
    .kind = {.name = "radam",
             .summary = "Adam that goes along its first moment until its second moment can be trusted.",
             .formula = "g = gradient + weight_decay*x; m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; "
                        "L = 2/(1-beta2) - 1; l = L - 2*t*beta2^t/(1-beta2^t), t from 1; "
                        "l > threshold: r = sqrt((l-4)*(l-2)*L/((L-4)*(L-2)*l)), "
                        "x -= rate * r * m/(1-beta1^t) * sqrt(1-beta2^t)/(sqrt(v) + epsilon), "
                        "epsilon outside: x -= rate * r * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon); "
                        "otherwise x -= rate * m/(1-beta1^t)",
             .reference = "Liu et al., \"On the variance of the adaptive learning rate and beyond\", ICLR 2020, "
                          "arXiv:1908.03265; in the form of torch.optim.RAdam",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
