// Makes absl::Mutex known to ThreadSanitizer. Linked into programs of the tsan preset only.
//
// Debian's Abseil is not instrumented, so the sanitizer would not see that a mutex orders anything and would report
// every access under one as a race. Programs define the locking functions themselves, which call those of the library
// and tell the sanitizer what they order. Conditions are evaluated inside the library, under the lock but possibly by
// another thread; their reads are not looked at.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/mutex.h"

extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace descent::core {
namespace {

// The library's function of that mangled name.
template <typename Function>
Function* Original(const char* name) {
  void* const address = ::dlsym(RTLD_NEXT, name);
  if (address == nullptr) {
    std::fprintf(stderr, "absl_tsan: the Abseil library has no %s\n", name);
    std::abort();
  }
  return reinterpret_cast<Function*>(address);
}

class IgnoreReads {
 public:
  IgnoreReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

}  // namespace
}  // namespace descent::core

namespace absl {
ABSL_NAMESPACE_BEGIN

using descent::core::IgnoreReads;
using descent::core::Original;

// The mangled names below are those of this inline namespace.
#define DESCENT_ABSL_MUTEX "_ZN4absl7debian35Mutex"

void Mutex::Lock() {
  static auto* const original = Original<void(Mutex*)>(DESCENT_ABSL_MUTEX "4LockEv");
  original(this);
  __tsan_acquire(this);
}

bool Mutex::TryLock() {
  static auto* const original = Original<bool(Mutex*)>(DESCENT_ABSL_MUTEX "7TryLockEv");
  const bool locked = original(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::Unlock() {
  static auto* const original = Original<void(Mutex*)>(DESCENT_ABSL_MUTEX "6UnlockEv");
  __tsan_release(this);
  const IgnoreReads ignore;
  original(this);
}

void Mutex::ReaderLock() {
  static auto* const original = Original<void(Mutex*)>(DESCENT_ABSL_MUTEX "10ReaderLockEv");
  original(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  static auto* const original = Original<void(Mutex*)>(DESCENT_ABSL_MUTEX "12ReaderUnlockEv");
  __tsan_release(this);
  const IgnoreReads ignore;
  original(this);
}

void Mutex::Await(const Condition& condition) {
  static auto* const original = Original<void(Mutex*, const Condition&)>(DESCENT_ABSL_MUTEX "5AwaitERKNS0_9ConditionE");
  __tsan_release(this);
  {
    const IgnoreReads ignore;
    original(this, condition);
  }
  __tsan_acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const original = Original<bool(Mutex*, const Condition&, Duration)>(
      DESCENT_ABSL_MUTEX "16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  __tsan_release(this);
  bool result = false;
  {
    const IgnoreReads ignore;
    result = original(this, condition, timeout);
  }
  __tsan_acquire(this);
  return result;
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const original = Original<bool(Mutex*, const Condition&, Time)>(
      DESCENT_ABSL_MUTEX "17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  __tsan_release(this);
  bool result = false;
  {
    const IgnoreReads ignore;
    result = original(this, condition, deadline);
  }
  __tsan_acquire(this);
  return result;
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const original =
      Original<void(Mutex*, const Condition&)>(DESCENT_ABSL_MUTEX "8LockWhenERKNS0_9ConditionE");
  {
    const IgnoreReads ignore;
    original(this, condition);
  }
  __tsan_acquire(this);
}

#undef DESCENT_ABSL_MUTEX

ABSL_NAMESPACE_END
}  // namespace absl
