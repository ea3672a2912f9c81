#include <cmath>
#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("delta", "Residual at which the linear part begins.", 1, Positive(), "target units"),
};

template <typename T>
struct Huber {
  double delta;

  LossPoint<T> At(T output, T target) const {
    const double residual = static_cast<double>(output) - static_cast<double>(target);
    const double magnitude = std::abs(residual);
    if (magnitude <= delta) return PointOf<T>(0.5 * residual * residual, residual, 1);
    return PointOf<T>(delta * (magnitude - 0.5 * delta), std::copysign(delta, residual), 0);
  }
};

double Conjugate(const Config& config, double target, double slope) {
  return std::abs(slope) <= config.number("delta") ? slope * slope / 2 + slope * target : kInfinity;
}

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return MakePointwise<T>(Huber<T>{config.number("delta")});
}

}  // namespace

const constinit LossInfo kHuberLoss = {
    .kind = {.name = "huber",
             .summary = "Quadratic near 0, linear beyond delta: smooth, yet little moved by outliers.",
             .formula = "r = f - y; r^2/2 if |r| <= delta, else delta*(|r| - delta/2)",
             .reference = "Huber, \"Robust estimation of a location parameter\", Annals of Mathematical Statistics 35, "
                          "1964",
             .fields = kFields},
    .task = Task::kRegression,
    .link = Link::kIdentity,
    .conjugate = Conjugate,
    .most_curvature = 1,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
