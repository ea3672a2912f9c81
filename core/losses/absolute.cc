#include <cmath>
#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

template <typename T>
struct Absolute {
  LossPoint<T> At(T output, T target) const {
    const T residual = output - target;
    return {std::abs(static_cast<double>(residual)), static_cast<T>((residual > 0) - (residual < 0)), T{0}};
  }
};

double Conjugate(const Config& /*config*/, double target, double slope) {
  return std::abs(slope) <= 1 ? slope * target : kInfinity;
}

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(Absolute<T>{});
}

}  // namespace

const constinit LossInfo kAbsoluteLoss = {
    .kind = {.name = "absolute",
             .summary = "Absolute error, little moved by outliers; its minimiser is the median.",
             .formula = "|f - y|, with derivative sign(f - y) and 0 at 0",
             .reference = "Hastie, Tibshirani and Friedman, \"The Elements of Statistical Learning\", section 10.6",
             .fields = {}},
    .task = Task::kRegression,
    .link = Link::kIdentity,
    .conjugate = Conjugate,
    .has_kinks = true,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
