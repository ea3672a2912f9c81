#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "core/losses/kinds.h"

namespace descent::core {
namespace {

template <typename T>
class LogisticLoss final : public Loss<T> {
 public:
  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const T z = outputs[row * width];
      const T y = targets[row];
      // Of the two exponentials only the one that cannot overflow.
      const T small = std::exp(-std::abs(z));
      sum += static_cast<double>(std::max(z, T{0}) - z * y + std::log1p(small));
      if (derivatives != nullptr) derivatives[row * width] = (z >= 0 ? 1 / (1 + small) : small / (1 + small)) - y;
    }
    return sum;
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return std::make_unique<LogisticLoss<T>>();
}

}  // namespace

const constinit LossInfo kLogisticLoss = {
    .kind = {.name = "logistic",
             .summary = "Log loss of two classes; the output z is the logit of class 1.",
             .formula = "max(z,0) - z*y + log1p(exp(-|z|)), y in {0, 1}; it equals -log P(y)",
             .reference = "Cox, \"The regression analysis of binary sequences\", Journal of the Royal Statistical "
                          "Society B 20, 1958; Bishop, \"Pattern Recognition and Machine Learning\", section 4.3.2",
             .fields = {}},
    .task = Task::kBinary,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
