// The batch along a direction, for optimizers that search for a step.
#ifndef DESCENT_CORE_OPTIMIZERS_RAY_H_
#define DESCENT_CORE_OPTIMIZERS_RAY_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/optimizers/line_search.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/ordered_sum.h"

namespace descent::core {

// Sum of products in double.
template <typename T>
double Dot(absl::Span<const T> left, absl::Span<const T> right) {
  const T* __restrict a = left.data();
  const T* __restrict b = right.data();
  return OrderedSum(left.size(), [a, b](size_t i) { return static_cast<double>(a[i]) * static_cast<double>(b[i]); });
}

// Points x + step * direction: owns the direction, the point that was measured last and its gradient. Scratch only:
// nothing in it outlives a step. Thread-safety: one thread at a time.
template <typename T>
class Ray {
 public:
  explicit Ray(size_t size) : direction_(size), point_(size), gradient_(size) {}

  absl::Span<T> direction() { return absl::MakeSpan(direction_); }
  absl::Span<const T> point() const { return point_; }
  absl::Span<const T> gradient() const { return gradient_; }

  // Sets the direction to -gradient and gives its slope.
  double PointDownhill(absl::Span<const T> gradient) {
    for (size_t i = 0; i < gradient.size(); ++i) direction_[i] = -gradient[i];
    return -Dot<T>(gradient, gradient);
  }

  // Measures the batch of `update` where a step from `parameters` leads.
  RayPoint Measure(const Update<T>& update, absl::Span<const T> parameters, double step) {
    const T length = static_cast<T>(step);
    const T* __restrict x = parameters.data();
    const T* __restrict p = direction_.data();
    T* __restrict to = point_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) to[i] = x[i] + length * p[i];
    const double value = update.batch->Measure(point_, absl::MakeSpan(gradient_));
    last_step_ = step;
    return {step, value, Dot<T>(gradient_, direction_)};
  }

  // Searches from `parameters`, where the objective is that of `update`, by `search`. Afterwards point() and gradient()
  // are those of the result, if its step is not 0.
  LineSearchResult Search(decltype(SearchArmijo)* search, const Update<T>& update, absl::Span<const T> parameters,
                          double slope, double first_step, LineSearchRules rules) {
    // A value may be a small difference of large numbers, as residuals are, so it has fewer digits than its type.
    rules.rounding = std::pow(static_cast<double>(std::numeric_limits<T>::epsilon()), 0.75);
    const LineSearchResult result = search({.step = 0, .value = update.objective, .slope = slope}, first_step, rules,
                                           [&](double step) { return Measure(update, parameters, step); });
    if (result.point.step != 0 && result.point.step != last_step_) Measure(update, parameters, result.point.step);
    return result;
  }

 private:
  AlignedVector<T> direction_;
  AlignedVector<T> point_;
  AlignedVector<T> gradient_;
  double last_step_ = 0;  // the step to point_
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_RAY_H_
