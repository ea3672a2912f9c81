#include "core/base/mutex.h"

#include <algorithm>
#include <chrono>

namespace descent::core {
namespace {

// What counts as for ever: far away, and safe to add to any clock.
constexpr absl::Duration kForever = absl::Hours(24 * 365 * 100);

}  // namespace

void Mutex::WakeOne() {
  for (Waiter* waiter = waiters_; waiter != nullptr; waiter = waiter->next) {
    if (!waiter->condition()) continue;
    // With the mutex held: afterwards the waiter, and this mutex with it, may be gone.
    waiter->wake.notify_one();
    return;
  }
}

template <typename Wait>
bool Mutex::AwaitBy(Condition condition, const Wait& wait) {
  if (condition()) return true;
  // Waiting unlocks, and whoever waits already may be waiting for what this thread changed.
  if (waiters_ != nullptr) WakeOne();
  Waiter waiter{condition, {}, newest_, nullptr};
  (newest_ == nullptr ? waiters_ : newest_->next) = &waiter;
  newest_ = &waiter;
  std::unique_lock<std::mutex> held(mutex_, std::adopt_lock);
  bool in_time = true;
  bool holds = false;
  while (!holds && in_time) {
    in_time = wait(held, waiter);
    holds = condition();
  }
  held.release();
  (waiter.previous == nullptr ? waiters_ : waiter.previous->next) = waiter.next;
  (waiter.next == nullptr ? newest_ : waiter.next->previous) = waiter.previous;
  return holds;
}

void Mutex::Await(Condition condition) {
  AwaitBy(condition, [](std::unique_lock<std::mutex>& held, Waiter& waiter) {
    waiter.wake.wait(held);
    return true;
  });
}

bool Mutex::AwaitWithTimeout(Condition condition, absl::Duration timeout) {
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::clamp(timeout, absl::ZeroDuration(), kForever));
  return AwaitBy(condition, [deadline](std::unique_lock<std::mutex>& held, Waiter& waiter) {
    return waiter.wake.wait_until(held, deadline) == std::cv_status::no_timeout;
  });
}

}  // namespace descent::core
