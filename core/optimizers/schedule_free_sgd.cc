// Schedule-free gradient descent, see schedule_free.h for the averaging.
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
    Number("learning_rate", "Step size; larger than one would take with a schedule.", 1, Positive(),
           "parameter units per gradient unit"),
    Number("beta", "How near to the average gradients are taken: 0 at the steps' own point, 1 at the average.", 0.9,
           ClosedOpen(0, 1)),
    Number("weight_decay", "Weight decay added to the gradient (coupled), at the point where that is taken.", 0,
           NonNegative(), "1/parameter units^2"),
};

template <typename T>
class ScheduleFreeSgd final : public Optimizer<T> {
 public:
  ScheduleFreeSgd(const Config& config, const ParameterLayout& layout)
      : weight_decay_(static_cast<T>(config.number("weight_decay"))),
        average_(config.number("beta"), static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    if (update.step == 0) average_.Start(parameters);
    const T rate = static_cast<T>(update.learning_rate);
    const T decay = weight_decay_;
    const T* __restrict g = update.gradient.data();
    const T* __restrict y = parameters.data();
    T* __restrict z = average_.z();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) z[i] -= rate * (g[i] + decay * y[i]);
    average_.Take(update.learning_rate, parameters);
  }

  absl::Span<const T> Answer() const override { return average_.Answer(); }
  std::vector<absl::Span<T>> State() override { return {average_.z_span(), average_.x_span()}; }
  std::vector<absl::Span<double>> Numbers() override { return {average_.Numbers()}; }

 private:
  const T weight_decay_;
  ScheduleFreeAverage<T> average_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<ScheduleFreeSgd<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kScheduleFreeSgd = {
    .kind = {.name = "schedule_free_sgd",
             .summary = "Gradient descent whose answer is an average of its steps, which makes a schedule needless.",
             .formula = "y the parameters, z = x = y at first; z -= rate*(gradient(y) + weight_decay*y); "
                        "c = G^2/sum of G^2 so far, G the largest rate so far; x = (1-c)*x + c*z; "
                        "y = (1-beta)*z + beta*x. The answer is x",
             .reference = "Defazio et al., \"The road less scheduled\", NeurIPS 2024, arXiv:2405.15682",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .has_answer = true};

}  // namespace descent::core
