// Losses of one output and one target a row: all but the formula. A formula gives value and both derivatives at once;
// what is not asked for is not computed.
#ifndef DESCENT_CORE_LOSSES_POINTWISE_H_
#define DESCENT_CORE_LOSSES_POINTWISE_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "core/losses/loss.h"

namespace descent::core {

// A loss at one output, with its derivatives by the output.
template <typename T>
struct LossPoint {
  double value = 0;
  T slope = 0;
  T curvature = 0;
};

// From a formula that computes in double.
template <typename T>
LossPoint<T> PointOf(double value, double slope, double curvature) {
  return {value, static_cast<T>(slope), static_cast<T>(curvature)};
}

// `Formula` has `LossPoint<T> At(T output, T target) const`. Thread-safety: immutable.
template <typename T, typename Formula>
class PointwiseLoss final : public Loss<T> {
 public:
  explicit PointwiseLoss(Formula formula) : formula_(std::move(formula)) {}

  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const LossPoint<T> at = formula_.At(outputs[row * width], targets[row]);
      sum += at.value;
      if (derivatives != nullptr) derivatives[row * width] = at.slope;
    }
    return sum;
  }

  void MultiplyByHessian(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* directions,
                         T* products) const override {
    for (int64_t row = 0; row < rows; ++row) {
      products[row * width] = formula_.At(outputs[row * width], targets[row]).curvature * directions[row * width];
    }
  }

 private:
  const Formula formula_;
};

template <typename T, typename Formula>
std::unique_ptr<Loss<T>> MakePointwise(Formula formula) {
  return std::make_unique<PointwiseLoss<T, Formula>>(std::move(formula));
}

}  // namespace descent::core

#endif  // DESCENT_CORE_LOSSES_POINTWISE_H_
