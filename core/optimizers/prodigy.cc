// Prodigy, see the formula in kProdigy below.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/ordered_sum.h"

namespace descent::core {
namespace {

constexpr absl::string_view kEpsilonFactors[] = {"new_d", "old_d"};
enum EpsilonFactor : int { kNewD, kOldD };

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Factor of the step size that is found; leave it at its default.", 1, Positive()),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment; its root is that of the sums for d.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the root of the second moment, times epsilon_factor.", 1e-8, Positive(),
           "gradient units"),
    Number("initial_d", "First estimate d of the distance to the answer; smaller than the true one.", 1e-6, Positive(),
           "parameter units"),
    Number("d_coefficient", "Factor of the estimate of d.", 1, Positive()),
    OptionalNumber("growth_rate",
                   "By how much d may grow in a step, once it has left initial_d; when not given, without limit.",
                   AtLeast(1)),
    Boolean("bias_correction", "Correct the moments for their start at 0.", false),
    Number("weight_decay", "Decoupled weight decay, scaled by d and the scheduled rate.", 0, NonNegative(),
           "1/parameter units"),
    Choice("epsilon_factor", "What multiplies epsilon: the d after the estimate, or the one before it.", kNewD,
           kEpsilonFactors),
    PresetField(),
};

constexpr PresetValue kOptax[] = {{"bias_correction", 1}};
constexpr PresetValue kPaper[] = {{"epsilon_factor", kOldD}};
constexpr Preset kPresets[] = {{"optax", kOptax}, {"paper", kPaper}};

template <typename T>
class Prodigy final : public Optimizer<T> {
 public:
  Prodigy(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(config.number("epsilon")),
        initial_d_(config.number("initial_d")),
        d_coefficient_(config.number("d_coefficient")),
        growth_rate_(config.has("growth_rate") ? config.number("growth_rate") : kInfinity),
        bias_correction_(config.boolean("bias_correction")),
        weight_decay_(config.number("weight_decay")),
        epsilon_factor_(config.choice("epsilon_factor")),
        numbers_{config.number("initial_d"), 0, config.number("initial_d")},
        start_(static_cast<size_t>(layout.size)),
        first_moment_(start_.size()),
        second_moment_(start_.size()),
        gradient_sum_(start_.size()) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    if (update.step == 0) std::copy(parameters.begin(), parameters.end(), start_.begin());
    const double t = static_cast<double>(update.step) + 1;
    const double correction = bias_correction_ ? std::sqrt(1 - std::pow(beta2_, t)) / (1 - std::pow(beta1_, t)) : 1;
    const double old_d = d();
    const double rate = old_d * update.learning_rate * correction;
    Estimate(rate, update.gradient, parameters);
    Move(rate, old_d, epsilon_ * (epsilon_factor_ == kNewD ? d() : old_d), update.gradient, parameters);
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(start_), absl::MakeSpan(first_moment_), absl::MakeSpan(second_moment_),
            absl::MakeSpan(gradient_sum_)};
  }
  std::vector<absl::Span<double>> Numbers() override { return {absl::MakeSpan(numbers_)}; }

 private:
  double& d() { return numbers_[0]; }
  double& r() { return numbers_[1]; }
  double& largest_d() { return numbers_[2]; }

  // The next d: how far the gradients' sum points back to the start, in units of its own length.
  void Estimate(double rate, absl::Span<const T> gradient, absl::Span<const T> parameters) {
    const double beta3 = std::sqrt(beta2_);
    const double weight = d() / initial_d_ * rate;
    const T* __restrict g = gradient.data();
    const T* __restrict x = parameters.data();
    const T* __restrict start = start_.data();
    T* __restrict s = gradient_sum_.data();
    const size_t size = parameters.size();
    const T kept = static_cast<T>(beta3);
    const T entering = static_cast<T>(weight);
    for (size_t i = 0; i < size; ++i) s[i] = kept * s[i] + entering * g[i];
    const double way = OrderedSum(size, [g, x, start](size_t i) {
      return static_cast<double>(g[i]) * (static_cast<double>(start[i]) - static_cast<double>(x[i]));
    });
    const double length = OrderedSum(size, [s](size_t i) { return std::abs(s[i]); });
    r() = beta3 * r() + weight * way;
    if (length == 0) return;
    const double estimate = d_coefficient_ * r() / length;
    largest_d() = std::max(largest_d(), estimate);
    // The first estimate that is larger says what the scale is; from there on growth is bounded.
    d() = d() == initial_d_ ? largest_d() : std::min(largest_d(), d() * growth_rate_);
  }

  // Adam on the gradients times the old d.
  void Move(double rate, double old_d, double added, absl::Span<const T> gradient, absl::Span<T> parameters) {
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(old_d * (1 - beta1_));
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(old_d * old_d * (1 - beta2_));
    const T epsilon = static_cast<T>(added);
    const T shrink = static_cast<T>(1 - weight_decay_ * rate);
    const T step = static_cast<T>(rate);
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict v = second_moment_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      m[i] = kept1 * m[i] + entering1 * g[i];
      v[i] = kept2 * v[i] + entering2 * g[i] * g[i];
      x[i] = shrink * x[i] - step * (m[i] / (std::sqrt(v[i]) + epsilon));
    }
  }

  const double beta1_;
  const double beta2_;
  const double epsilon_;
  const double initial_d_;
  const double d_coefficient_;
  const double growth_rate_;
  const bool bias_correction_;
  const double weight_decay_;
  const int epsilon_factor_;
  double numbers_[3];  // d, r and the largest estimate of d
  AlignedVector<T> start_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> second_moment_;
  AlignedVector<T> gradient_sum_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Prodigy<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kProdigy = {
    .kind = {.name = "prodigy",
             .summary = "Adam that finds its own step size from how far it has come from the start.",
             .formula = "e = d*rate, with bias_correction times sqrt(1-beta2^t)/(1-beta1^t), t from 1; "
                        "r = sqrt(beta2)*r + d/initial_d*e*<g, start - x>; s = sqrt(beta2)*s + d/initial_d*e*g; "
                        "m = beta1*m + d*(1-beta1)*g; v = beta2*v + d^2*(1-beta2)*g^2; c = max(c, "
                        "d_coefficient*r/sum of |s|), at first initial_d; D = min(c, growth_rate*d), but c while d is "
                        "initial_d; x *= 1 - weight_decay*e; x -= e*m/(sqrt(v) + D*epsilon), with old_d d*epsilon; "
                        "then d = D. The authors' code and Optax multiply epsilon by D, the paper by d",
             .reference = "Mishchenko and Defazio, \"Prodigy: an expeditiously adaptive parameter-free learner\", "
                          "ICML 2024, arXiv:2306.06101, algorithm 4, in the form of the authors' code",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true};

}  // namespace descent::core
