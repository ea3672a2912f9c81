// Schedule-free AdamW, see schedule_free.h for the averaging.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/schedule_free.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size; larger than one would take with a schedule.", 0.0025, Positive(),
           "parameter units"),
    Number("beta1", "How near to the average gradients are taken: 0 at the steps' own point, 1 at the average.", 0.9,
           ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the root of the second moment.", 1e-8, Positive(), "gradient units"),
    Number("weight_decay", "Decoupled weight decay, at the point where the gradient is taken.", 0, NonNegative(),
           "1/parameter units"),
};

template <typename T>
class ScheduleFreeAdamW final : public Optimizer<T> {
 public:
  ScheduleFreeAdamW(const Config& config, const ParameterLayout& layout)
      : beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        second_moment_(static_cast<size_t>(layout.size)),
        average_(config.number("beta1"), static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    if (update.step == 0) average_.Start(parameters);
    const double t = static_cast<double>(update.step) + 1;
    const T root_correction = static_cast<T>(std::sqrt(1 - std::pow(beta2_, t)));
    const T kept = static_cast<T>(beta2_);
    const T entering = static_cast<T>(1 - beta2_);
    const T rate = static_cast<T>(update.learning_rate);
    const T epsilon = epsilon_;
    const T decay = weight_decay_;
    const T* __restrict g = update.gradient.data();
    const T* __restrict y = parameters.data();
    T* __restrict z = average_.z();
    T* __restrict v = second_moment_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      v[i] = kept * v[i] + entering * g[i] * g[i];
      z[i] -= rate * (g[i] / (std::sqrt(v[i]) / root_correction + epsilon) + decay * y[i]);
    }
    average_.Take(update.learning_rate, parameters);
  }

  absl::Span<const T> Answer() const override { return average_.Answer(); }
  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(second_moment_), average_.z_span(), average_.x_span()};
  }
  std::vector<absl::Span<double>> Numbers() override { return {average_.Numbers()}; }

 private:
  const double beta2_;
  const T epsilon_;
  const T weight_decay_;
  AlignedVector<T> second_moment_;
  ScheduleFreeAverage<T> average_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<ScheduleFreeAdamW<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kScheduleFreeAdamW = {
    .kind = {.name = "schedule_free_adamw",
             .summary = "AdamW whose answer is an average of its steps, which makes a schedule needless.",
             .formula = "y the parameters, z = x = y at first; g = gradient(y); v = beta2*v + (1-beta2)*g^2; "
                        "z -= rate*(g/(sqrt(v/(1-beta2^t)) + epsilon) + weight_decay*y), t from 1; "
                        "c = G^2/sum of G^2 so far, G the largest rate so far; x = (1-c)*x + c*z; "
                        "y = (1-beta1)*z + beta1*x. The answer is x",
             .reference = "Defazio et al., \"The road less scheduled\", NeurIPS 2024, arXiv:2405.15682, algorithm 1",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .has_answer = true};

}  // namespace descent::core
