#include <cmath>
#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("power", "The variance grows as this power of the mean: near 1 as of counts, near 2 as of a gamma.", 1.5,
           {1, 2, true, true}),
};

template <typename T>
struct Tweedie {
  double power;

  LossPoint<T> At(T output, T target) const {
    const double z = static_cast<double>(output);
    const double up = std::exp((2 - power) * z);
    // 0 for a target of 0 even where the exponential overflows.
    const double down = target == 0 ? 0 : static_cast<double>(target) * std::exp((1 - power) * z);
    return PointOf<T>(up / (2 - power) + down / (power - 1), up - down, (2 - power) * up + (power - 1) * down);
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return MakePointwise<T>(Tweedie<T>{config.number("power")});
}

}  // namespace

const constinit LossInfo kTweedieLoss = {
    .kind = {.name = "tweedie",
             .summary = "For amounts that are often 0, such as claims, between poisson and gamma; exp(z) is predicted.",
             .formula = "exp((2-p)*z)/(2-p) + y*exp((1-p)*z)/(p-1), y >= 0, p the power; half the Tweedie deviance but "
                        "for a function of y",
             .reference =
                 "Jorgensen, \"Exponential dispersion models\", Journal of the Royal Statistical Society B 49, "
                 "1987, with the log link",
             .fields = kFields},
    .task = Task::kRegression,
    .link = Link::kLog,
    .targets = NonNegative(),
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
