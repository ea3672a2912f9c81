#include <cmath>
#include <cstdint>
#include <memory>

#include "core/losses/kinds.h"

namespace descent::core {
namespace {

template <typename T>
class AbsoluteLoss final : public Loss<T> {
 public:
  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const T residual = outputs[row * width] - targets[row];
      sum += std::abs(static_cast<double>(residual));
      if (derivatives != nullptr) derivatives[row * width] = static_cast<T>((residual > 0) - (residual < 0));
    }
    return sum;
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return std::make_unique<AbsoluteLoss<T>>();
}

}  // namespace

const constinit LossInfo kAbsoluteLoss = {
    .kind = {.name = "absolute",
             .summary = "Absolute error, little moved by outliers; its minimiser is the median.",
             .formula = "|f - y|, with derivative sign(f - y) and 0 at 0",
             .reference = "Hastie, Tibshirani and Friedman, \"The Elements of Statistical Learning\", section 10.6",
             .fields = {}},
    .task = Task::kRegression,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
