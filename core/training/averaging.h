// Averages of the parameters along a run: the answer of a run that has one, in place of its last point.
#ifndef DESCENT_CORE_TRAINING_AVERAGING_H_
#define DESCENT_CORE_TRAINING_AVERAGING_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/fields.h"

namespace descent::core {

// ema, swa, polyak. Every kind has an integer field `start`: the first step whose parameters are averaged, >= 1.
absl::Span<const KindInfo* const> Averages();

// The average a <- a + w_n*(x - a) after the n-th averaged point x, where the kind says what w_n is. It has no memory
// but the average: n is a function of the step. Thread-safety: immutable.
class Averager {
 public:
  // Of a resolved config; one without a kind averages nothing.
  explicit Averager(const Config& config);

  // Takes the parameters of `step`, the state after `step` >= 1 updates, into `average`, which is empty until the
  // first.
  template <typename T>
  void Observe(int64_t step, const AlignedVector<T>& parameters, AlignedVector<T>* average) const;

 private:
  double Weight(int64_t count) const;

  bool averages_ = false;
  int64_t start_ = 1;
  int64_t every_ = 1;
  double decay_ = 0;  // 0: all points weigh the same
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_AVERAGING_H_
