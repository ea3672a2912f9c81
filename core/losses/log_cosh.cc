#include <cmath>
#include <memory>
#include <numbers>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

template <typename T>
struct LogCosh {
  LossPoint<T> At(T output, T target) const {
    const double residual = static_cast<double>(output) - static_cast<double>(target);
    const double magnitude = std::abs(residual);
    const double small = std::exp(-2 * magnitude);
    // Near 0 the difference with ln 2 would lose all digits: cosh r = 1 + 2 sinh^2(r/2) keeps them.
    const double half_sinh = std::sinh(0.5 * residual);
    const double value =
        magnitude < 1 ? std::log1p(2 * half_sinh * half_sinh) : magnitude + (std::log1p(small) - std::numbers::ln2);
    return PointOf<T>(value, std::tanh(residual), 4 * small / ((1 + small) * (1 + small)));
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return MakePointwise<T>(LogCosh<T>{});
}

}  // namespace

const constinit LossInfo kLogCoshLoss = {
    .kind = {.name = "log_cosh",
             .summary = "Half the squared error near 0, absolute error far away, smooth everywhere.",
             .formula = "r = f - y; log(cosh(r)) = |r| + log1p(exp(-2|r|)) - ln 2",
             .reference = "Green, \"Bayesian reconstructions from emission tomography data using a modified EM "
                          "algorithm\", IEEE Transactions on Medical Imaging 9, 1990",
             .fields = {}},
    .task = Task::kRegression,
    .link = Link::kIdentity,
    .most_curvature = 1,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
