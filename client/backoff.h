// Waiting longer and longer between attempts.
#ifndef DESCENT_CLIENT_BACKOFF_H_
#define DESCENT_CLIENT_BACKOFF_H_

#include <algorithm>

#include "absl/time/time.h"

namespace descent::client {

// When to try again, and when to give up.
struct RetryPolicy {
  // First wait; each next one is twice as long. Default 0.1 s.
  absl::Duration first_delay = absl::Milliseconds(100);
  // Longest wait. Default 2 s.
  absl::Duration max_delay = absl::Seconds(2);
  // Waiting in all, without any progress between, after which the attempt is given up. Default 10 min.
  absl::Duration give_up_after = absl::Minutes(10);
};

// The waits of one operation. Thread-safety: one thread.
class Backoff {
 public:
  explicit Backoff(const RetryPolicy& policy) : policy_(policy), next_(policy.first_delay) {}

  // Something was achieved: start again with short waits.
  void Reset() {
    next_ = policy_.first_delay;
    waited_ = absl::ZeroDuration();
  }
  // Whether another attempt is allowed; if so, *delay is how long to wait before it.
  bool Next(absl::Duration* delay) {
    if (waited_ >= policy_.give_up_after) return false;
    *delay = next_;
    waited_ += next_;
    next_ = std::min(next_ * 2, policy_.max_delay);
    return true;
  }

 private:
  const RetryPolicy policy_;
  absl::Duration next_;
  absl::Duration waited_;
};

}  // namespace descent::client

#endif  // DESCENT_CLIENT_BACKOFF_H_
