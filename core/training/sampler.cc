#include "core/training/sampler.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "core/base/random.h"

namespace descent::core {

Sampler::Sampler(const BatchShape& shape, int64_t rows, uint64_t seed)
    : shape_(shape), rows_(rows), seed_(seed), steps_per_epoch_((rows + shape.size - 1) / shape.size) {
  if (shape_.full) return;
  order_.resize(static_cast<size_t>(shape_.shuffling == Shuffling::kWithReplacement ? shape_.size : rows_));
  std::iota(order_.begin(), order_.end(), 0);
}

absl::Span<const int64_t> Sampler::Batch(int64_t step) {
  if (shape_.full) return {};
  if (shape_.shuffling == Shuffling::kWithReplacement) {
    const RandomStream stream(seed_, "sample");
    const uint64_t first = static_cast<uint64_t>(step) * static_cast<uint64_t>(shape_.size);
    for (size_t i = 0; i < order_.size(); ++i) {
      order_[i] = static_cast<int64_t>(stream.Below(first + i, static_cast<uint64_t>(rows_)));
    }
    return order_;
  }
  if (shape_.shuffling == Shuffling::kEachEpoch) Shuffle(step / steps_per_epoch_);
  const int64_t begin = (step % steps_per_epoch_) * shape_.size;
  return absl::MakeConstSpan(order_).subspan(static_cast<size_t>(begin), static_cast<size_t>(shape_.size));
}

void Sampler::Shuffle(int64_t epoch) {
  if (epoch == shuffled_epoch_) return;
  std::iota(order_.begin(), order_.end(), 0);
  const RandomStream stream(seed_, "shuffle", static_cast<uint64_t>(epoch));
  for (size_t i = order_.size() - 1; i > 0; --i) std::swap(order_[i], order_[stream.Below(i, i + 1)]);
  shuffled_epoch_ = epoch;
}

double Sampler::Epoch(int64_t step) const {
  const double begun = static_cast<double>((step % steps_per_epoch_) * shape_.size) / static_cast<double>(rows_);
  return static_cast<double>(step / steps_per_epoch_) + begun;
}

}  // namespace descent::core
