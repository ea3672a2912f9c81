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
    const double decay = update.learning_rate * weight_decay_;
    const Factors factors = {.known = update.step == 0 ? T{0} : T{1},
                             .kept1 = static_cast<T>(beta1_),
                             .entering1 = static_cast<T>(1 - beta1_),
                             .kept2 = static_cast<T>(beta2_),
                             .entering2 = static_cast<T>(1 - beta2_),
                             .kept3 = static_cast<T>(beta3_),
                             .entering3 = static_cast<T>(1 - beta3_),
                             .correction1 = static_cast<T>(1 - std::pow(beta1_, t)),
                             .ahead = static_cast<T>(beta2_ / (1 - std::pow(beta2_, t))),
                             .root_correction3 = static_cast<T>(std::sqrt(1 - std::pow(beta3_, t))),
                             .epsilon = epsilon_,
                             .before = static_cast<T>(is_decoupled_ ? 1 - decay : 1),
                             .rate = static_cast<T>(update.learning_rate),
                             .after = static_cast<T>(is_decoupled_ ? 1 : 1 + decay)};
    Move(factors, parameters.size(), update.gradient.data(), parameters.data(), mean_.data(), mean_difference_.data(),
         mean_square_.data(), last_gradient_.data());
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(mean_), absl::MakeSpan(mean_difference_), absl::MakeSpan(mean_square_),
            absl::MakeSpan(last_gradient_)};
  }

 private:
  // What is the same for all parameters.
  struct Factors {
    T known;  // 0 at first: there is no difference to a gradient before
    T kept1, entering1, kept2, entering2, kept3, entering3;
    T correction1, ahead, root_correction3, epsilon;
    T before, rate, after;
  };

  // A function of its own: so many arrays are vectorised only where they are parameters that cannot overlap.
  static void Move(const Factors f, size_t size, const T* __restrict g, T* __restrict x, T* __restrict m,
                   T* __restrict w, T* __restrict n, T* __restrict last) {
    for (size_t i = 0; i < size; ++i) {
      const T difference = f.known * (g[i] - last[i]);
      const T looking_ahead = g[i] + f.kept2 * difference;
      last[i] = g[i];
      m[i] = f.kept1 * m[i] + f.entering1 * g[i];
      w[i] = f.kept2 * w[i] + f.entering2 * difference;
      n[i] = f.kept3 * n[i] + f.entering3 * looking_ahead * looking_ahead;
      const T step = (m[i] / f.correction1 + f.ahead * w[i]) / (std::sqrt(n[i]) / f.root_correction3 + f.epsilon);
      x[i] = (f.before * x[i] - f.rate * step) / f.after;
    }
  }

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
