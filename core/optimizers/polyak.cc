// Polyak's step size, see the formula in kPolyak below.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/training/gradient_norm.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "The largest step size.", 1, Positive(), "parameter units per gradient unit"),
    Number("optimal_value", "The least value of the objective, or a value below it.", 0, AnyFinite(),
           "objective units"),
    Number("scaling", "Factor of Polyak's step size.", 1, Positive()),
    Number("epsilon", "Added to the squared norm of the gradient.", 0, NonNegative(), "gradient units^2"),
};

template <typename T>
class Polyak final : public Optimizer<T> {
 public:
  explicit Polyak(const Config& config)
      : optimal_value_(config.number("optimal_value")),
        scaling_(config.number("scaling")),
        epsilon_(config.number("epsilon")) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double norm = GradientNorm<T>(update.gradient);
    const double gap = update.objective - optimal_value_;
    if (!(gap > 0) || norm == 0) return;
    const T rate = static_cast<T>(std::min(scaling_ * gap / (norm * norm + epsilon_), update.learning_rate));
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) x[i] -= rate * g[i];
  }

  std::vector<absl::Span<T>> State() override { return {}; }

 private:
  const double optimal_value_;
  const double scaling_;
  const double epsilon_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& /*layout*/) {
  return std::make_unique<Polyak<T>>(config);
}

}  // namespace

const constinit OptimizerInfo kPolyak = {
    .kind = {.name = "polyak",
             .summary = "Gradient descent whose rate follows from how far the objective is above its known minimum.",
             .formula = "x -= min(scaling*(f - optimal_value)/(norm(g)^2 + epsilon), rate)*g, f the objective of the "
                        "batch; nothing where f <= optimal_value or g = 0",
             .reference = "Polyak, \"Introduction to Optimization\", 1987; with batches: Loizou et al., \"Stochastic "
                          "Polyak step-size for SGD\", AISTATS 2021, arXiv:2002.10542",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true};

}  // namespace descent::core
