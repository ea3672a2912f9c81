#include <cmath>
#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

template <typename T>
struct Gamma {
  LossPoint<T> At(T output, T target) const {
    const double z = static_cast<double>(output);
    const double ratio = static_cast<double>(target) * std::exp(-z);
    return PointOf<T>(z + ratio, 1 - ratio, ratio);
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(Gamma<T>{});
}

}  // namespace

const constinit LossInfo kGammaLoss = {
    .kind = {.name = "gamma",
             .summary = "For positive amounts whose spread grows with their mean; exp(z) is predicted.",
             .formula = "z + y*exp(-z), y > 0; half the gamma deviance but for 1 + log(y)",
             .reference = "McCullagh and Nelder, \"Generalized Linear Models\", chapter 8, with the log link",
             .fields = {}},
    .task = Task::kRegression,
    .link = Link::kLog,
    .targets = Positive(),
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
