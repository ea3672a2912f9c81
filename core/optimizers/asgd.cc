// Averaged gradient descent, see the formula in kAsgd below.
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

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "First step size.", 0.01, Positive(), "parameter units per gradient unit"),
    Number("lambda", "Decay of the rate, and of the parameters: they are multiplied by 1 - lambda*rate.", 1e-4,
           NonNegative(), "gradient units/parameter units"),
    Number("alpha", "Power of the decay of the rate.", 0.75, NonNegative()),
    Integer("average_start", "Updates before the average begins; until then the answer is the last point.", 1e6,
            AtLeast(1), "steps"),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(),
           "gradient units/parameter units"),
};

template <typename T>
class Asgd final : public Optimizer<T> {
 public:
  Asgd(const Config& config, const ParameterLayout& layout)
      : first_rate_(config.number("learning_rate")),
        lambda_(config.number("lambda")),
        alpha_(config.number("alpha")),
        average_start_(config.integer("average_start")),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        average_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double rate =
        update.learning_rate / std::pow(1 + lambda_ * first_rate_ * static_cast<double>(update.step), alpha_);
    const int64_t averaged = std::max<int64_t>(1, update.step - average_start_);
    if (averaged == 1) {
      Move<false>(rate, 1, update.gradient, parameters);
    } else {
      Move<true>(rate, 1 / static_cast<double>(averaged), update.gradient, parameters);
    }
  }

  absl::Span<const T> Answer() const override { return average_; }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(average_)}; }

 private:
  template <bool kAverages>
  void Move(double rate_of_step, double entering_share, absl::Span<const T> gradient, absl::Span<T> parameters) {
    const T rate = static_cast<T>(rate_of_step);
    const T shrink = static_cast<T>(1 - lambda_ * rate_of_step);
    const T entering = static_cast<T>(entering_share);
    const T decay = weight_decay_;
    const T* __restrict g = gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict average = average_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = g[i] + decay * x[i];
      x[i] = shrink * x[i] - rate * slope;
      average[i] = kAverages ? average[i] + entering * (x[i] - average[i]) : x[i];
    }
  }

  const double first_rate_;
  const double lambda_;
  const double alpha_;
  const int64_t average_start_;
  const T weight_decay_;
  AlignedVector<T> average_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Asgd<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kAsgd = {
    .kind = {.name = "asgd",
             .summary = "Gradient descent with a falling rate whose answer is the average of its points.",
             .formula = "g = gradient + weight_decay*x; r = rate/(1 + lambda*learning_rate*t)^alpha, t from 0; "
                        "x = (1 - lambda*r)*x - r*g; a += (x - a)/max(1, t - average_start); the answer is a",
             .reference =
                 "Polyak and Juditsky, \"Acceleration of stochastic approximation by averaging\", SIAM Journal "
                 "on Control and Optimization 30, 1992; in the form of torch.optim.ASGD",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .has_answer = true};

}  // namespace descent::core
