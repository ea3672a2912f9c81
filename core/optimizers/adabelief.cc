// AdaBelief, see the formula in kAdabelief below.
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
    Number("learning_rate", "Step size.", 1e-3, Positive(), "parameter units"),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the spread about the first moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the spread each step and to its root.", 1e-16, Positive()),
    Number("weight_decay", "Decoupled weight decay, scaled by the scheduled rate.", 0, NonNegative(),
           "1/parameter units"),
};

template <typename T>
class Adabelief final : public Optimizer<T> {
 public:
  Adabelief(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        weight_decay_(config.number("weight_decay")),
        first_moment_(static_cast<size_t>(layout.size)),
        spread_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double t = static_cast<double>(update.step) + 1;
    const T rate = static_cast<T>(update.learning_rate / (1 - std::pow(beta1_, t)));
    const T correction2 = static_cast<T>(1 - std::pow(beta2_, t));
    const T shrink = static_cast<T>(1 - update.learning_rate * weight_decay_);
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = epsilon_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = first_moment_.data();
    T* __restrict s = spread_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      m[i] = kept1 * m[i] + entering1 * g[i];
      const T surprise = g[i] - m[i];
      s[i] = kept2 * s[i] + entering2 * surprise * surprise + epsilon;
      x[i] = shrink * x[i] - rate * (m[i] / (std::sqrt(s[i] / correction2) + epsilon));
    }
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(first_moment_), absl::MakeSpan(spread_)}; }

 private:
  const double beta1_;
  const double beta2_;
  const T epsilon_;
  const double weight_decay_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> spread_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Adabelief<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kAdabelief = {
    .kind = {.name = "adabelief",
             .summary = "Adam that divides by how far gradients stray from their average: long steps where they agree.",
             .formula = "x *= 1 - rate*weight_decay; m = beta1*m + (1-beta1)*g; "
                        "s = beta2*s + (1-beta2)*(g-m)^2 + epsilon; "
                        "x -= rate * m/(1-beta1^t) / (sqrt(s/(1-beta2^t)) + epsilon), t from 1",
             .reference = "Zhuang et al., \"AdaBelief optimizer: adapting stepsizes by the belief in observed "
                          "gradients\", NeurIPS 2020, arXiv:2010.07468, algorithm 2",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
