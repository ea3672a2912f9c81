// The hinge and its square as functions of one output, for two classes and for each of several against all others.
#ifndef DESCENT_CORE_LOSSES_MARGIN_H_
#define DESCENT_CORE_LOSSES_MARGIN_H_

#include <cstdint>

#include "core/losses/pointwise.h"

namespace descent::core {

// max(0, 1 - t z), t = 1 for class 1 and -1 for class 0; at the kink its derivative is 0.
template <typename T>
struct Hinge {
  LossPoint<T> At(T output, T target) const {
    const double sign = 2 * static_cast<double>(target) - 1;
    const double shortfall = 1 - sign * static_cast<double>(output);
    // In this form NaN stays NaN and is noticed.
    return shortfall <= 0 ? LossPoint<T>{} : PointOf<T>(shortfall, -sign, 0);
  }
};

// max(0, 1 - t z)^2.
template <typename T>
struct SquaredHinge {
  LossPoint<T> At(T output, T target) const {
    const double sign = 2 * static_cast<double>(target) - 1;
    const double shortfall = 1 - sign * static_cast<double>(output);
    return shortfall <= 0 ? LossPoint<T>{} : PointOf<T>(shortfall * shortfall, -2 * sign * shortfall, 2);
  }
};

// The sum over the classes of a binary loss whose target is 1 for the row's class and 0 for all others. Thread-safety:
// immutable.
template <typename T, typename Formula>
class OneVersusRestLoss final : public Loss<T> {
 public:
  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* weights,
                  T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const auto target = static_cast<int64_t>(targets[row]);
      double row_sum = 0;
      for (int64_t k = 0; k < width; ++k) {
        const LossPoint<T> at = Formula{}.At(outputs[row * width + k], static_cast<T>(k == target));
        row_sum += at.value;
        if (derivatives != nullptr) derivatives[row * width + k] = at.slope;
      }
      sum += weights == nullptr ? row_sum : static_cast<double>(weights[row]) * row_sum;
    }
    return sum;
  }

  void MultiplyByHessian(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* directions,
                         T* products) const override {
    for (int64_t row = 0; row < rows; ++row) {
      const auto target = static_cast<int64_t>(targets[row]);
      for (int64_t i = row * width; i < (row + 1) * width; ++i) {
        products[i] = Formula{}.At(outputs[i], static_cast<T>(i - row * width == target)).curvature * directions[i];
      }
    }
  }
};

}  // namespace descent::core

#endif  // DESCENT_CORE_LOSSES_MARGIN_H_
