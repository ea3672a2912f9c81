// RMSProp, plain or centered, with momentum; see the formula in kRmsprop below.
#include <algorithm>
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
    Number("decay", "Share of the squared average that is kept each step.", 0.99, ClosedOpen(0, 1)),
    Number("epsilon", "Keeps the denominator from 0, where its placement says.", 1e-8, Positive(),
           "gradient units, inside the root their square"),
    Number("momentum", "Momentum on the scaled gradient.", 0, ClosedOpen(0, 1)),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(), "1/parameter units^2"),
    Boolean("centered", "Divide by the deviation instead: sqrt(v - mean(g)^2), clamped at 0.", false),
    Choice("epsilon_placement", "Where epsilon is added: to the root of the squared average, or inside the root.",
           kOutside, kRootEpsilonPlacements),
    Choice("velocity_form",
           "Where the learning rate enters the velocity; the two differ as soon as the rate is scheduled.",
           kRateOutside, kVelocityForms),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"learning_rate", 1e-3},
                                  {"decay", 0.9},
                                  {"epsilon", 1e-7},
                                  {"epsilon_placement", kInside},
                                  {"velocity_form", kRateInside}};
constexpr PresetValue kOptax[] = {{"decay", 0.9}, {"epsilon_placement", kInside}};
constexpr PresetValue kPaper[] = {{"decay", 0.9}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kKeras}, {"optax", kOptax}, {"paper", kPaper}};

template <typename T>
class Rmsprop final : public Optimizer<T> {
 public:
  Rmsprop(const Config& config, const ParameterLayout& layout)
      : decay_(config.number("decay")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        momentum_(static_cast<T>(config.number("momentum"))),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        epsilon_inside_(config.choice("epsilon_placement") == kInside),
        rate_inside_(config.choice("velocity_form") == kRateInside),
        square_(static_cast<size_t>(layout.size)),
        mean_(config.boolean("centered") ? static_cast<size_t>(layout.size) : 0),
        velocity_(config.number("momentum") > 0 ? static_cast<size_t>(layout.size) : 0) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    epsilon_inside_ ? StepWith<true>(update, parameters) : StepWith<false>(update, parameters);
  }

  std::vector<absl::Span<T>> State() override {
    std::vector<absl::Span<T>> state = {absl::MakeSpan(square_)};
    if (!mean_.empty()) state.push_back(absl::MakeSpan(mean_));
    if (!velocity_.empty()) state.push_back(absl::MakeSpan(velocity_));
    return state;
  }

 private:
  template <bool kEpsilonInside>
  void StepWith(const Update<T>& update, absl::Span<T> parameters) {
    const T rate = static_cast<T>(update.learning_rate);
    const T ahead = rate_inside_ ? rate : T{1};
    const T leaving = rate_inside_ ? T{1} : rate;
    if (mean_.empty()) {
      velocity_.empty() ? Move<false, false, kEpsilonInside>(T{1}, rate, update.gradient, parameters)
                        : Move<false, true, kEpsilonInside>(ahead, leaving, update.gradient, parameters);
    } else {
      velocity_.empty() ? Move<true, false, kEpsilonInside>(T{1}, rate, update.gradient, parameters)
                        : Move<true, true, kEpsilonInside>(ahead, leaving, update.gradient, parameters);
    }
  }

  // With momentum b = momentum*b + ahead*g/a; x -= leaving*b, without x -= leaving*g/a.
  template <bool kCentered, bool kMomentum, bool kEpsilonInside>
  void Move(T ahead, T leaving, absl::Span<const T> gradient, absl::Span<T> parameters) {
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict v = square_.data();
    T* __restrict mean = mean_.data();
    T* __restrict b = velocity_.data();
    const T kept = static_cast<T>(decay_);
    const T entering = static_cast<T>(1 - decay_);
    const T epsilon = epsilon_;
    const T momentum = momentum_;
    const T weight_decay = weight_decay_;
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = g[i] + weight_decay * x[i];
      v[i] = kept * v[i] + entering * slope * slope;
      T variance = v[i];
      if constexpr (kCentered) {
        mean[i] = kept * mean[i] + entering * slope;
        // Rounding can make the difference negative when the gradient is constant; its root would be NaN.
        variance = std::max(variance - mean[i] * mean[i], T{0});
      }
      const T scaled = slope / (kEpsilonInside ? std::sqrt(variance + epsilon) : std::sqrt(variance) + epsilon);
      if constexpr (kMomentum) {
        b[i] = momentum * b[i] + ahead * scaled;
        x[i] -= leaving * b[i];
      } else {
        x[i] -= leaving * scaled;
      }
    }
  }

  const double decay_;
  const T epsilon_;
  const T momentum_;
  const T weight_decay_;
  const bool epsilon_inside_;
  const bool rate_inside_;
  AlignedVector<T> square_;
  AlignedVector<T> mean_;      // empty unless centered
  AlignedVector<T> velocity_;  // empty without momentum
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Rmsprop<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kRmsprop = {
    .kind = {.name = "rmsprop",
             .summary = "Divides each parameter's step by the root of a moving average of its squared gradients.",
             .formula =
                 "g = gradient + weight_decay*x; v = decay*v + (1-decay)*g^2; "
                 "a = sqrt(v) + epsilon, centered: m = decay*m + (1-decay)*g, a = sqrt(max(v - m^2, 0)) + epsilon; "
                 "epsilon inside: within the root; "
                 "b = momentum*b + g/a; x -= rate*b, rate_inside: b = momentum*b + rate*g/a; x -= b",
             .reference = "Tieleman and Hinton, \"Lecture 6.5: RMSProp\", Neural Networks for Machine Learning, 2012; "
                          "centered: Graves, arXiv:1308.0850; in the form of torch.optim.RMSprop",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
