#include <cmath>
#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

template <typename T>
struct Poisson {
  LossPoint<T> At(T output, T target) const {
    const double z = static_cast<double>(output);
    const double y = static_cast<double>(target);
    const double mean = std::exp(z);
    return PointOf<T>(mean - y * z, mean - y, mean);
  }
};

double Conjugate(const Config& /*config*/, double target, double slope) {
  const double mean = slope + target;
  if (mean < 0) return kInfinity;
  return mean == 0 ? 0 : mean * std::log(mean) - mean;
}

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(Poisson<T>{});
}

}  // namespace

const constinit LossInfo kPoissonLoss = {
    .kind = {.name = "poisson",
             .summary = "For counts; the output z is the logarithm of the mean, and exp(z) is predicted.",
             .formula = "exp(z) - y*z, y >= 0; it equals -log P(y) but for log(y!)",
             .reference = "McCullagh and Nelder, \"Generalized Linear Models\", chapter 6",
             .fields = {}},
    .task = Task::kRegression,
    .link = Link::kLog,
    .targets = NonNegative(),
    .conjugate = Conjugate,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
