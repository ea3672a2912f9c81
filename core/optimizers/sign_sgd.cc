// Sign descent and Signum, see the formula in kSignSgd below.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/sign.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Length of every parameter's step.", 0.01, Positive(), "parameter units"),
    Number("momentum", "Share of the averaged gradient that is kept each step (Signum); at 0 none is kept.", 0,
           ClosedOpen(0, 1)),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(),
           "gradient units/parameter units"),
};

template <typename T>
class SignSgd final : public Optimizer<T> {
 public:
  SignSgd(const Config& config, const ParameterLayout& layout)
      : momentum_(config.number("momentum")),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        average_(momentum_ > 0 ? static_cast<size_t>(layout.size) : 0) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const T rate = static_cast<T>(update.learning_rate);
    const T kept = static_cast<T>(momentum_);
    const T entering = static_cast<T>(1 - momentum_);
    const T decay = weight_decay_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    const size_t size = parameters.size();
    if (average_.empty()) {
      for (size_t i = 0; i < size; ++i) x[i] -= rate * Sign(g[i] + decay * x[i]);
      return;
    }
    T* __restrict b = average_.data();
    for (size_t i = 0; i < size; ++i) {
      b[i] = kept * b[i] + entering * (g[i] + decay * x[i]);
      x[i] -= rate * Sign(b[i]);
    }
  }

  std::vector<absl::Span<T>> State() override {
    if (average_.empty()) return {};
    return {absl::MakeSpan(average_)};
  }

 private:
  const double momentum_;
  const T weight_decay_;
  AlignedVector<T> average_;  // empty without momentum
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<SignSgd<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kSignSgd = {
    .kind = {.name = "sign_sgd",
             .summary = "Every parameter takes a step of the same length against the sign of its gradient.",
             .formula = "g = gradient + weight_decay*x; b = momentum*b + (1-momentum)*g from b = 0; "
                        "x -= rate*sign(b), sign(0) = 0",
             .reference = "Bernstein, Wang, Azizzadenesheli and Anandkumar, \"signSGD: compressed optimisation for "
                          "non-convex problems\", ICML 2018, arXiv:1802.04434",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
