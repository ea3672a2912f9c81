#include <algorithm>
#include <cmath>
#include <memory>

#include "core/losses/focal_factor.h"
#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("gamma", "How much less rows count that are right already; 0 gives the logistic loss.", 2, NonNegative()),
};

template <typename T>
struct Focal {
  double gamma;

  LossPoint<T> At(T output, T target) const {
    const double sign = 2 * static_cast<double>(target) - 1;
    const double margin = sign * static_cast<double>(output);
    // Of the two exponentials only the one that cannot overflow.
    const double small = std::exp(-std::abs(margin));
    const double s = std::min(margin, 0.0) - std::log1p(small);
    const double q = (margin >= 0 ? small : 1) / (1 + small);
    const double p = (margin >= 0 ? 1 : small) / (1 + small);
    const FocalPoint at = FocalAt(s, p, q, gamma);
    return PointOf<T>(at.value, at.first * q * sign, at.second * q * q - at.first * p * q);
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return MakePointwise<T>(Focal<T>{config.number("gamma")});
}

}  // namespace

const constinit LossInfo kFocalLoss = {
    .kind = {.name = "focal",
             .summary = "Log loss of two classes that turns to the rows that are still wrong; not convex.",
             .formula = "-(1-p)^gamma * log(p), p the probability of the true class, 1/(1 + exp(-z)) or 1/(1 + exp(z))",
             .reference = "Lin, Goyal, Girshick, He and Dollar, \"Focal loss for dense object detection\", ICCV 2017",
             .fields = kFields},
    .task = Task::kBinary,
    .link = Link::kLogit,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
