// A curve of any number of points in bounded memory: the least and greatest value of each stretch of steps, so that no
// spike is ever lost. When the stretches are used up, neighbours are merged and become twice as long.
#ifndef DESCENT_CLIENT_CLI_CURVE_H_
#define DESCENT_CLIENT_CLI_CURVE_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/types/span.h"

namespace descent::cli {

// Thread-safety: like a plain struct.
class Curve {
 public:
  // A stretch of steps; empty while low > high.
  struct Bucket {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    bool empty() const { return low > high; }
  };

  explicit Curve(int64_t max_buckets = 2048);

  // Adds value i at step first_step + i*stride; stride >= 1. Values that are not finite are left out, and so are steps
  // before the very first one. O(values).
  void Add(int64_t first_step, int64_t stride, absl::Span<const double> values);

  bool empty() const { return buckets_.empty(); }
  // Steps of the first and last value added; only when not empty.
  int64_t first_step() const { return first_step_; }
  int64_t last_step() const { return last_step_; }
  // Least and greatest value; empty when none was finite.
  Bucket range() const { return range_; }
  // Bucket i holds the steps from first_step() + i*bucket_steps().
  absl::Span<const Bucket> buckets() const { return buckets_; }
  int64_t bucket_steps() const { return bucket_steps_; }

 private:
  void MakeRoomFor(int64_t step);

  const int64_t max_buckets_;
  int64_t bucket_steps_ = 1;
  int64_t first_step_ = 0;
  int64_t last_step_ = 0;
  Bucket range_;
  std::vector<Bucket> buckets_;
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_CURVE_H_
