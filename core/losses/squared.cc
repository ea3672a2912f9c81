#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

template <typename T>
struct Squared {
  LossPoint<T> At(T output, T target) const {
    const T residual = output - target;
    return {static_cast<double>(residual) * static_cast<double>(residual), 2 * residual, T{2}};
  }
};

double Conjugate(const Config& /*config*/, double target, double slope) { return slope * slope / 4 + slope * target; }

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(Squared<T>{});
}

}  // namespace

const constinit LossInfo kSquaredLoss = {
    .kind = {.name = "squared",
             .summary = "Squared error, without a factor of one half; its minimiser is the mean.",
             .formula = "(f - y)^2",
             .reference = "Legendre, \"Nouvelles methodes pour la determination des orbites des cometes\", 1805; "
                          "Hastie, Tibshirani and Friedman, \"The Elements of Statistical Learning\", section 2.4",
             .fields = {}},
    .task = Task::kRegression,
    .link = Link::kIdentity,
    .conjugate = Conjugate,
    .most_curvature = 2,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
