// Ctrl-C as a function call.
#ifndef DESCENT_CLIENT_CLI_INTERRUPT_H_
#define DESCENT_CLIENT_CLI_INTERRUPT_H_

#include <atomic>
#include <functional>
#include <thread>

namespace descent::cli {

// While it lives, the first SIGINT or SIGTERM calls `on_interrupt` in a thread of its own, where everything is allowed;
// the second ends the process as usual. At most one at a time.
class InterruptScope {
 public:
  explicit InterruptScope(std::function<void()> on_interrupt);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  bool interrupted() const { return interrupted_; }

 private:
  void WaitForSignal();

  const std::function<void()> on_interrupt_;
  std::atomic<bool> interrupted_ = false;
  std::thread waiter_;
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_INTERRUPT_H_
