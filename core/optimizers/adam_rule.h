// The update that Adam, AdamW and AMSGrad share. They differ in where weight decay enters and in which second moment
// divides.
#ifndef DESCENT_CORE_OPTIMIZERS_ADAM_RULE_H_
#define DESCENT_CORE_OPTIMIZERS_ADAM_RULE_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/optimizers/dialects.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {

// Which second moment the running maximum of AMSGrad is taken of.
inline constexpr absl::string_view kMaxima[] = {"uncorrected", "corrected"};
enum MaximumOf : int { kMaximumOfUncorrected, kMaximumOfCorrected };

enum class AdamKind { kAdam, kAdamW, kAmsgrad };

// With t = step + 1, c1 = 1-beta1^t and c2 = 1-beta2^t, both 1 without bias correction:
//   m = beta1*m + (1-beta1)*g;  v = beta2*v + (1-beta2)*g^2
//   x -= rate * m/c1 / (sqrt(v/c2) + epsilon), epsilon as its placement says
// Coupled decay: g = gradient + weight_decay*x. Decoupled (AdamW): x *= 1 - rate*weight_decay before everything else.
// AMSGrad: the largest v so far, or the largest v/c2, stands for v or v/c2.
//
// Source: Kingma and Ba, arXiv:1412.6980, algorithm 1; Loshchilov and Hutter, arXiv:1711.05101, algorithm 2; Reddi,
// Kale and Kumar, arXiv:1904.09237, algorithm 2.
template <typename T, AdamKind kKind>
class AdamRule final : public Optimizer<T> {
 public:
  AdamRule(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        weight_decay_(config.number("weight_decay")),
        epsilon_placement_(config.choice("epsilon_placement")),
        bias_correction_(config.boolean("bias_correction")),
        maximum_of_corrected_(kMaximum && config.choice("maximum_of") == kMaximumOfCorrected),
        first_moment_(static_cast<size_t>(layout.size)),
        second_moment_(static_cast<size_t>(layout.size)),
        maximum_(kMaximum ? static_cast<size_t>(layout.size) : 0) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    // In double and from the step alone: a running product would have to be saved, and a float one would freeze.
    const double t = static_cast<double>(update.step) + 1;
    const double beta1 = update.momentum.value_or(beta1_);
    const double correction1 = bias_correction_ ? 1 - std::pow(beta1, t) : 1;
    const double correction2 = bias_correction_ ? 1 - std::pow(beta2_, t) : 1;
    const double rate = update.learning_rate / correction1;
    const double shrink = kDecoupled ? 1 - update.learning_rate * weight_decay_ : 1;
    const double entering_maximum = maximum_of_corrected_ ? correction2 : 1;
    const double left = maximum_of_corrected_ ? 1 : correction2;
    switch (epsilon_placement_) {
      case kOutside:
        return Move<false>(beta1, rate, std::sqrt(left), entering_maximum, shrink, update.gradient, parameters);
      case kInside:
        return Move<true>(beta1, rate, left, entering_maximum, shrink, update.gradient, parameters);
      default:
        return Move<false>(beta1, rate * std::sqrt(left), 1, entering_maximum, shrink, update.gradient, parameters);
    }
  }

  std::vector<absl::Span<T>> State() override {
    std::vector<absl::Span<T>> state = {absl::MakeSpan(first_moment_), absl::MakeSpan(second_moment_)};
    if constexpr (kMaximum) state.push_back(absl::MakeSpan(maximum_));
    return state;
  }

 private:
  static constexpr bool kDecoupled = kKind == AdamKind::kAdamW;
  static constexpr bool kMaximum = kKind == AdamKind::kAmsgrad;

  // The denominator is sqrt(v)/correction + epsilon, or sqrt(v/correction + epsilon) with epsilon inside.
  template <bool kEpsilonInside>
  void Move(double beta1, double rate_of_step, double correction_of_step, double maximum_correction,
            double shrink_of_step, absl::Span<const T> gradient, absl::Span<T> parameters) {
    const T rate = static_cast<T>(rate_of_step);
    const T correction = static_cast<T>(correction_of_step);
    const T entering_maximum = static_cast<T>(maximum_correction);
    const T shrink = static_cast<T>(shrink_of_step);
    const T coupled = static_cast<T>(kDecoupled ? 0 : weight_decay_);
    const T kept1 = static_cast<T>(beta1);
    const T entering1 = static_cast<T>(1 - beta1);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = epsilon_;
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict v = second_moment_.data();
    T* __restrict largest = maximum_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = kDecoupled ? g[i] : g[i] + coupled * x[i];
      const T start = kDecoupled ? shrink * x[i] : x[i];
      m[i] = kept1 * m[i] + entering1 * slope;
      v[i] = kept2 * v[i] + entering2 * slope * slope;
      T second = v[i];
      if constexpr (kMaximum) {
        largest[i] = std::max(largest[i], second / entering_maximum);
        second = largest[i];
      }
      const T denominator =
          kEpsilonInside ? std::sqrt(second / correction + epsilon) : std::sqrt(second) / correction + epsilon;
      x[i] = start - rate * (m[i] / denominator);
    }
  }

  const double beta1_;
  const double beta2_;
  const T epsilon_;
  const double weight_decay_;
  const int epsilon_placement_;
  const bool bias_correction_;
  const bool maximum_of_corrected_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> second_moment_;
  AlignedVector<T> maximum_;  // empty unless AMSGrad
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_ADAM_RULE_H_
