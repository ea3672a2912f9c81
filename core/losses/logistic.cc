#include <algorithm>
#include <cmath>
#include <memory>

#include "core/losses/kinds.h"
#include "core/losses/pointwise.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("label_smoothing", "Share of each target that is spread evenly over both classes.", 0, ClosedOpen(0, 1)),
};

template <typename T>
struct Logistic {
  T smoothing;

  LossPoint<T> At(T output, T target) const {
    const T z = output;
    const T y = (1 - smoothing) * target + smoothing / 2;
    // Of the two exponentials only the one that cannot overflow.
    const T small = std::exp(-std::abs(z));
    const T total = 1 + small;
    return {static_cast<double>(std::max(z, T{0}) - z * y + std::log1p(small)),
            (z >= 0 ? 1 / total : small / total) - y, small / (total * total)};
  }
};

// The negative entropy of the probability p that the slope p - y means.
double Conjugate(const Config& config, double target, double slope) {
  const double smoothing = config.number("label_smoothing");
  const double p = slope + (1 - smoothing) * target + smoothing / 2;
  if (p < 0 || p > 1) return kInfinity;
  return (p > 0 ? p * std::log(p) : 0) + (p < 1 ? (1 - p) * std::log1p(-p) : 0);
}

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return MakePointwise<T>(Logistic<T>{static_cast<T>(config.number("label_smoothing"))});
}

}  // namespace

const constinit LossInfo kLogisticLoss = {
    .kind = {.name = "logistic",
             .summary = "Log loss of two classes; the output z is the logit of class 1.",
             .formula = "max(z,0) - z*y + log1p(exp(-|z|)), y in {0, 1}; it equals -log P(y). With label smoothing e, "
                        "y is (1-e)*y + e/2",
             .reference = "Cox, \"The regression analysis of binary sequences\", Journal of the Royal Statistical "
                          "Society B 20, 1958; Bishop, \"Pattern Recognition and Machine Learning\", section 4.3.2",
             .fields = kFields},
    .task = Task::kBinary,
    .link = Link::kLogit,
    .conjugate = Conjugate,
    .most_curvature = 0.25,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
