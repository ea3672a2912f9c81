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
    Number("learning_rate", "Length of every step.", 0.01, Positive(), "parameter units"),
    Number("weight_decay", "Weight decay added to the gradient (coupled), before its norm is taken.", 0, NonNegative(),
           "gradient units/parameter units"),
};

template <typename T>
class NormalizedSgd final : public Optimizer<T> {
 public:
  NormalizedSgd(const Config& config, const ParameterLayout& layout)
      : weight_decay_(static_cast<T>(config.number("weight_decay"))), slope_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict slope = slope_.data();
    const T decay = weight_decay_;
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) slope[i] = g[i] + decay * x[i];
    const double norm = GradientNorm<T>(slope_);
    if (norm == 0) return;
    // Divided in double: the norm of a float vector may be beyond the range of float.
    const T rate = static_cast<T>(update.learning_rate);
    for (size_t i = 0; i < size; ++i) x[i] -= rate * static_cast<T>(static_cast<double>(slope[i]) / norm);
  }

  std::vector<absl::Span<T>> State() override { return {}; }

 private:
  const T weight_decay_;
  AlignedVector<T> slope_;  // scratch
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<NormalizedSgd<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kNormalizedSgd = {
    .kind = {.name = "normalized_sgd",
             .summary = "Steps of a fixed length along the negative gradient, however steep it is.",
             .formula = "g = gradient + weight_decay*x; x -= rate * g/norm(g), nothing where norm(g) = 0; "
                        "the norm is Euclidean and over all parameters",
             .reference = "Nesterov, \"Minimization methods for nonsmooth convex and quasiconvex functions\", Matekon "
                          "29, 1984; Hazan, Levy and Shalev-Shwartz, \"Beyond convexity: stochastic quasi-convex "
                          "optimization\", NIPS 2015, arXiv:1507.02030",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true};

}  // namespace descent::core
