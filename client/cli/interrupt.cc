#include "client/cli/interrupt.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace descent::cli {
namespace {

constexpr uint64_t kSignalled = 1;
constexpr uint64_t kStopWaiting = 1ULL << 32;

// What the signal handler can reach; -1 when no scope lives.
std::atomic<int> wake_descriptor = -1;

void Wake(uint64_t value) {
  const int saved_errno = errno;
  const int descriptor = wake_descriptor;
  if (descriptor >= 0 && write(descriptor, &value, sizeof value) < 0) {
    // Nothing can be done in a signal handler; the next signal ends the process.
  }
  errno = saved_errno;
}

void OnSignal(int) { Wake(kSignalled); }

void SetHandler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  // SA_RESETHAND: the second Ctrl-C is the ordinary one.
  action.sa_flags = SA_RESTART | (handler == SIG_DFL ? 0 : SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

InterruptScope::InterruptScope(std::function<void()> on_interrupt) : on_interrupt_(std::move(on_interrupt)) {
  wake_descriptor = eventfd(0, EFD_CLOEXEC);
  waiter_ = std::thread([this] { WaitForSignal(); });
  SetHandler(OnSignal);
}

InterruptScope::~InterruptScope() {
  SetHandler(SIG_DFL);
  Wake(kStopWaiting);
  waiter_.join();
  close(wake_descriptor.exchange(-1));
}

void InterruptScope::WaitForSignal() {
  for (;;) {
    uint64_t value = 0;
    if (read(wake_descriptor, &value, sizeof value) < 0 && errno != EINTR) return;
    if (value % kStopWaiting != 0 && !interrupted_.exchange(true)) on_interrupt_();
    if (value >= kStopWaiting) return;
  }
}

}  // namespace descent::cli
