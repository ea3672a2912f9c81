#include "client/cli/curve.h"

#include <algorithm>
#include <cmath>

namespace descent::cli {
namespace {

void Include(const Curve::Bucket& other, Curve::Bucket* bucket) {
  bucket->low = std::min(bucket->low, other.low);
  bucket->high = std::max(bucket->high, other.high);
}

}  // namespace

Curve::Curve(int64_t max_buckets) : max_buckets_(max_buckets) {}

void Curve::MakeRoomFor(int64_t step) {
  while ((step - first_step_) / bucket_steps_ >= max_buckets_) {
    for (size_t i = 0; 2 * i < buckets_.size(); ++i) {
      Bucket merged = buckets_[2 * i];
      if (2 * i + 1 < buckets_.size()) Include(buckets_[2 * i + 1], &merged);
      buckets_[i] = merged;
    }
    buckets_.resize((buckets_.size() + 1) / 2);
    bucket_steps_ *= 2;
  }
  const size_t needed = static_cast<size_t>((step - first_step_) / bucket_steps_) + 1;
  if (buckets_.size() < needed) buckets_.resize(needed);
}

void Curve::Add(int64_t first_step, int64_t stride, absl::Span<const double> values) {
  if (values.empty()) return;
  if (buckets_.empty()) first_step_ = last_step_ = first_step;
  const int64_t count = static_cast<int64_t>(values.size());
  int64_t row = first_step >= first_step_ ? 0 : (first_step_ - first_step + stride - 1) / stride;
  if (row >= count) return;
  last_step_ = std::max(last_step_, first_step + (count - 1) * stride);
  MakeRoomFor(last_step_);
  while (row < count) {
    // All rows that fall into the same bucket at once.
    const int64_t index = (first_step + row * stride - first_step_) / bucket_steps_;
    const int64_t bucket_end = first_step_ + (index + 1) * bucket_steps_;
    const int64_t row_end = std::min(count, (bucket_end - first_step + stride - 1) / stride);
    Bucket found;
    for (; row < row_end; ++row) {
      const double value = values[static_cast<size_t>(row)];
      if (std::isfinite(value)) Include({value, value}, &found);
    }
    Include(found, &buckets_[static_cast<size_t>(index)]);
    Include(found, &range_);
  }
}

}  // namespace descent::cli
