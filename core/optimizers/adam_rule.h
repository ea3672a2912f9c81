// The update that Adam and AdamW share. They differ in where weight decay enters.
#ifndef DESCENT_CORE_OPTIMIZERS_ADAM_RULE_H_
#define DESCENT_CORE_OPTIMIZERS_ADAM_RULE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/optimizers/optimizer.h"

namespace descent::core {

// With t = step + 1:
//   m = beta1*m + (1-beta1)*g;  v = beta2*v + (1-beta2)*g^2
//   x -= rate/(1-beta1^t) * m / (sqrt(v)/sqrt(1-beta2^t) + epsilon)
// Coupled decay: g = gradient + weight_decay*x. Decoupled: x *= 1 - rate*weight_decay before everything else.
//
// Source: Kingma and Ba, arXiv:1412.6980, algorithm 1; Loshchilov and Hutter, arXiv:1711.05101, algorithm 2.
template <typename T, bool kDecoupled>
class AdamRule final : public Optimizer<T> {
 public:
  AdamRule(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        weight_decay_(config.number("weight_decay")),
        first_moment_(static_cast<size_t>(layout.size)),
        second_moment_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    // In double and from the step alone: a running product would have to be saved, and a float one would freeze.
    const double t = static_cast<double>(update.step) + 1;
    const T rate = static_cast<T>(update.learning_rate / (1 - std::pow(beta1_, t)));
    const T root_correction = static_cast<T>(std::sqrt(1 - std::pow(beta2_, t)));
    const T shrink = static_cast<T>(kDecoupled ? 1 - update.learning_rate * weight_decay_ : 1);
    const T coupled = static_cast<T>(kDecoupled ? 0 : weight_decay_);
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = epsilon_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict v = second_moment_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = kDecoupled ? g[i] : g[i] + coupled * x[i];
      const T start = kDecoupled ? shrink * x[i] : x[i];
      m[i] = kept1 * m[i] + entering1 * slope;
      v[i] = kept2 * v[i] + entering2 * slope * slope;
      x[i] = start - rate * (m[i] / (std::sqrt(v[i]) / root_correction + epsilon));
    }
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(first_moment_), absl::MakeSpan(second_moment_)};
  }

 private:
  const double beta1_;
  const double beta2_;
  const T epsilon_;
  const double weight_decay_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> second_moment_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_ADAM_RULE_H_
