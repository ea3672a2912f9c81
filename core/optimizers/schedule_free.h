// The averaging that the schedule-free optimizers share: three sequences in place of a schedule.
#ifndef DESCENT_CORE_OPTIMIZERS_SCHEDULE_FREE_H_
#define DESCENT_CORE_OPTIMIZERS_SCHEDULE_FREE_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "core/base/aligned.h"

namespace descent::core {

// y are the parameters, where gradients are taken; z takes the steps; x, their average, is the answer. At first all
// three are the start. After a step z -= rate * u, with gmax the largest rate so far:
//   S += gmax^2;  c = gmax^2/S;  x = (1-c)*x + c*z;  y = (1-beta)*z + beta*x
// Steps of rate 0 have no weight.
//
// Source: Defazio et al., "The road less scheduled", NeurIPS 2024, arXiv:2405.15682.
template <typename T>
class ScheduleFreeAverage {
 public:
  ScheduleFreeAverage(double beta, size_t size) : beta_(static_cast<T>(beta)), z_(size), x_(size) {}

  void Start(absl::Span<const T> parameters) {
    std::copy(parameters.begin(), parameters.end(), z_.begin());
    std::copy(parameters.begin(), parameters.end(), x_.begin());
  }

  T* z() { return z_.data(); }

  // Takes z after a step of `rate` into the average, and sets y.
  void Take(double rate, absl::Span<T> parameters) {
    largest_rate() = std::max(largest_rate(), rate);
    const double weight = largest_rate() * largest_rate();
    total_weight() += weight;
    const double share = total_weight() > 0 ? weight / total_weight() : 0;
    const T kept = static_cast<T>(1 - share);
    const T entering = static_cast<T>(share);
    const T beta = beta_;
    const T* __restrict z = z_.data();
    T* __restrict x = x_.data();
    T* __restrict y = parameters.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      x[i] = kept * x[i] + entering * z[i];
      y[i] = z[i] + beta * (x[i] - z[i]);
    }
  }

  // Empty while the parameters themselves are the answer: before the first step.
  absl::Span<const T> Answer() const { return numbers_[1] > 0 ? absl::MakeConstSpan(x_) : absl::Span<const T>(); }

  absl::Span<T> z_span() { return absl::MakeSpan(z_); }
  absl::Span<T> x_span() { return absl::MakeSpan(x_); }
  absl::Span<double> Numbers() { return absl::MakeSpan(numbers_); }

 private:
  double& largest_rate() { return numbers_[0]; }
  double& total_weight() { return numbers_[1]; }

  const T beta_;
  AlignedVector<T> z_;
  AlignedVector<T> x_;
  double numbers_[2] = {0, 0};
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_SCHEDULE_FREE_H_
