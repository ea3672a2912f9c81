// Which rows a step sees: batch t is a pure function of (seed, t).
#ifndef DESCENT_CORE_TRAINING_SAMPLER_H_
#define DESCENT_CORE_TRAINING_SAMPLER_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/training/job_spec.h"

namespace descent::core {

// Every row once an epoch, in an order that Fisher and Yates draw from RandomStream(seed, "shuffle", epoch), or in the
// dataset's; the last batch of an epoch may be short. With replacement, value i of batch t is
// RandomStream(seed, "sample").Below(t * size + i, rows). What it keeps is only a cache: the present epoch's order.
//
// Thread-safety: one thread at a time.
class Sampler {
 public:
  // `shape.size` is in [1, rows].
  Sampler(const BatchShape& shape, int64_t rows, uint64_t seed);

  // Rows of a batch, valid until the next call. For a full batch: none, which stands for all rows in order.
  absl::Span<const int64_t> Batch(int64_t step);

  int64_t batch_size() const { return shape_.size; }
  bool full() const { return shape_.full; }
  // Passes over the rows after `step` updates.
  double Epoch(int64_t step) const;

 private:
  void Shuffle(int64_t epoch);

  const BatchShape shape_;
  const int64_t rows_;
  const uint64_t seed_;
  const int64_t steps_per_epoch_;
  int64_t shuffled_epoch_ = -1;
  std::vector<int64_t> order_;  // of the epoch; with replacement, one batch
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_SAMPLER_H_
