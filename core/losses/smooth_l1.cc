#include <cmath>
#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("delta", "Residual at which the linear part begins; PyTorch's beta.", 1, Positive(), "target units"),
};

template <typename T>
struct SmoothL1 {
  double delta;

  LossPoint<T> At(T output, T target) const {
    const double residual = static_cast<double>(output) - static_cast<double>(target);
    const double magnitude = std::abs(residual);
    if (magnitude <= delta) return PointOf<T>(0.5 * residual * (residual / delta), residual / delta, 1 / delta);
    return PointOf<T>(magnitude - 0.5 * delta, std::copysign(1.0, residual), 0);
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return MakePointwise<T>(SmoothL1<T>{config.number("delta")});
}

}  // namespace

const constinit LossInfo kSmoothL1Loss = {
    .kind = {.name = "smooth_l1",
             .summary = "Absolute error with a rounded tip: Huber's loss divided by delta, so its slope stays 1.",
             .formula = "r = f - y; r^2/(2 delta) if |r| <= delta, else |r| - delta/2",
             .reference = "Girshick, \"Fast R-CNN\", ICCV 2015, section 2.3 (delta = 1); PyTorch's SmoothL1Loss",
             .fields = kFields},
    .task = Task::kRegression,
    .link = Link::kIdentity,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
