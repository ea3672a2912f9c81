#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

template <typename T>
struct HalfSquared {
  LossPoint<T> At(T output, T target) const {
    const T residual = output - target;
    return {0.5 * static_cast<double>(residual) * static_cast<double>(residual), residual, T{1}};
  }
};

double Conjugate(const Config& /*config*/, double target, double slope) { return slope * slope / 2 + slope * target; }

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(HalfSquared<T>{});
}

}  // namespace

const constinit LossInfo kHalfSquaredLoss = {
    .kind = {.name = "half_squared",
             .summary = "Half the squared error, as most textbooks on optimization write it.",
             .formula = "(f - y)^2/2",
             .reference = "Bishop, \"Pattern Recognition and Machine Learning\", equation 1.2",
             .fields = {}},
    .task = Task::kRegression,
    .link = Link::kIdentity,
    .conjugate = Conjugate,
    .most_curvature = 1,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
