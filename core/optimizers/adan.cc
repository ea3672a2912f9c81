// Adan, see the formula in kAdan below.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

constexpr absl::string_view kDecays[] = {"proximal", "decoupled"};
constexpr int kDecoupled = 1;

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 1e-3, Positive(), "parameter units"),
    Number("beta1", "Share of the gradients' average that is kept each step.", 0.98, ClosedOpen(0, 1)),
    Number("beta2", "Share of the average of the gradients' differences that is kept each step.", 0.92,
           ClosedOpen(0, 1)),
    Number("beta3", "Share of the squared average that is kept each step.", 0.99, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the root of the squared average.", 1e-8, Positive(), "gradient units"),
    Number("weight_decay", "Weight decay, scaled by the scheduled rate.", 0, NonNegative(), "1/parameter units"),
    Choice("decay",
           "How weights decay: divided by 1 + rate*weight_decay after the step (proximal), or multiplied by 1 - "
           "rate*weight_decay before it (decoupled).",
           0, kDecays),
};

template <typename T>
class Adan final : public Optimizer<T> {
 public:
  Adan(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        beta3_(config.number("beta3")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        weight_decay_(config.number("weight_decay")),
        is_decoupled_(config.choice("decay") == kDecoupled),
        mean_(static_cast<size_t>(layout.size)),
        mean_difference_(static_cast<size_t>(layout.size)),
        mean_square_(static_cast<size_t>(layout.size)),
        last_gradient_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double t = static_cast<double>(update.step) + 1;
    const T known = update.step == 0 ? T{0} : T{1};  // there is no difference to a gradient before the first
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T kept3 = static_cast<T>(beta3_);
    const T entering3 = static_cast<T>(1 - beta3_);
    const T correction1 = static_cast<T>(1 - std::pow(beta1_, t));
    const T ahead = static_cast<T>(beta2_ / (1 - std::pow(beta2_, t)));
    const T root_correction3 = static_cast<T>(std::sqrt(1 - std::pow(beta3_, t)));
    const T before = static_cast<T>(is_decoupled_ ? 1 - update.learning_rate * weight_decay_ : 1);
    const T after = static_cast<T>(is_decoupled_ ? 1 : 1 + update.learning_rate * weight_decay_);
    const T rate = static_cast<T>(update.learning_rate);
    const T epsilon = epsilon_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = mean_.data();
    T* __restrict w = mean_difference_.data();
    T* __restrict n = mean_square_.data();
    T* __restrict last = last_gradient_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T difference = known * (g[i] - last[i]);
      const T looking_ahead = g[i] + kept2 * difference;
      last[i] = g[i];
      m[i] = kept1 * m[i] + entering1 * g[i];
      w[i] = kept2 * w[i] + entering2 * difference;
      n[i] = kept3 * n[i] + entering3 * looking_ahead * looking_ahead;
      const T step = (m[i] / correction1 + ahead * w[i]) / (std::sqrt(n[i]) / root_correction3 + epsilon);
      x[i] = (before * x[i] - rate * step) / after;
    }
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(mean_), absl::MakeSpan(mean_difference_), absl::MakeSpan(mean_square_),
            absl::MakeSpan(last_gradient_)};
  }

 private:
  const double beta1_;
  const double beta2_;
  const double beta3_;
  const T epsilon_;
  const double weight_decay_;
  const bool is_decoupled_;
  AlignedVector<T> mean_;
  AlignedVector<T> mean_difference_;
  AlignedVector<T> mean_square_;
  AlignedVector<T> last_gradient_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Adan<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kAdan = {
    .kind = {.name = "adan",
             .summary = "Adam with Nesterov's look ahead, taken from the differences of successive gradients.",
             .formula = "d = g - last g, at first 0; m = beta1*m + (1-beta1)*g; w = beta2*w + (1-beta2)*d; "
                        "n = beta3*n + (1-beta3)*(g + beta2*d)^2; u = (m/(1-beta1^t) + beta2*w/(1-beta2^t)) / "
                        "(sqrt(n/(1-beta3^t)) + epsilon), t from 1; proximal: x = (x - rate*u)/(1 + "
                        "rate*weight_decay), decoupled: x = x*(1 - rate*weight_decay) - rate*u",
             .reference = "Xie et al., \"Adan: adaptive Nesterov momentum algorithm for faster optimizing deep "
                          "models\", 2022, arXiv:2208.06677, algorithm 1; the betas are shares kept, as in the "
                          "authors' code",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
