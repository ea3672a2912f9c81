// Losses of an output and its target: all but the formula. The loss of a row with several outputs is their mean. A
// formula gives value and both derivatives at once; what is not asked for is not computed.
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

  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* weights,
                  T* derivatives) const override {
    return width == 1 ? Sum<1>(rows, width, outputs, targets, weights, derivatives)
                      : Sum<0>(rows, width, outputs, targets, weights, derivatives);
  }

  void MultiplyByHessian(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* directions,
                         T* products) const override {
    const T share = 1 / static_cast<T>(width);
    for (int64_t i = 0; i < rows * width; ++i) {
      products[i] = formula_.At(outputs[i], targets[i]).curvature * share * directions[i];
    }
  }

 private:
  // kWidth: 1, or 0 for any.
  template <int64_t kWidth>
  double Sum(int64_t rows, int64_t any_width, const T* outputs, const T* targets, const T* weights,
             T* derivatives) const {
    const int64_t width = kWidth > 0 ? kWidth : any_width;
    const T share = 1 / static_cast<T>(width);
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      double row_sum = 0;
      for (int64_t i = row * width; i < (row + 1) * width; ++i) {
        const LossPoint<T> at = formula_.At(outputs[i], targets[i]);
        row_sum += at.value;
        if (derivatives != nullptr) derivatives[i] = at.slope * share;
      }
      if (kWidth != 1) row_sum /= static_cast<double>(width);
      sum += weights == nullptr ? row_sum : static_cast<double>(weights[row]) * row_sum;
    }
    return sum;
  }

  const Formula formula_;
};

template <typename T, typename Formula>
std::unique_ptr<Loss<T>> MakePointwise(Formula formula) {
  return std::make_unique<PointwiseLoss<T, Formula>>(std::move(formula));
}

}  // namespace descent::core

#endif  // DESCENT_CORE_LOSSES_POINTWISE_H_
