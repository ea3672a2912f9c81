#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("tau", "Which quantile is predicted: 0.5 is the median, with half the absolute error.", 0.5,
           {0, 1, true, true}),
};

template <typename T>
struct Quantile {
  double tau;

  LossPoint<T> At(T output, T target) const {
    const double residual = static_cast<double>(target) - static_cast<double>(output);
    if (residual > 0) return PointOf<T>(tau * residual, -tau, 0);
    return PointOf<T>((tau - 1) * residual, residual < 0 ? 1 - tau : 0, 0);
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return MakePointwise<T>(Quantile<T>{config.number("tau")});
}

}  // namespace

const constinit LossInfo kQuantileLoss = {
    .kind = {.name = "quantile",
             .summary = "Errors below and above weigh differently; its minimiser is the quantile tau.",
             .formula = "r = y - f; max(tau*r, (tau - 1)*r), with derivative 0 at 0",
             .reference = "Koenker and Bassett, \"Regression quantiles\", Econometrica 46, 1978",
             .fields = kFields},
    .task = Task::kRegression,
    .link = Link::kIdentity,
    .has_kinks = true,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
