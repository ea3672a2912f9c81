// The house's mutex. It is made of the standard library's, and so of calls that ThreadSanitizer sees; absl's lives in a
// library that is not instrumented (docs/adr/0005). The annotations are absl's: ABSL_GUARDED_BY(mu_) works.
//
//   core::MutexLock lock(&mu_);
//   mu_.Await([this] { return stopping_ || !queue_.empty(); });
#ifndef DESCENT_CORE_BASE_MUTEX_H_
#define DESCENT_CORE_BASE_MUTEX_H_

#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace descent::core {

// A mutex on whose state threads can wait without naming an event: unlocking looks at the conditions of those who wait
// and wakes one whose condition holds. It in turn wakes the next one when it unlocks, so nobody is woken in vain and
// nobody is forgotten. While nobody waits, unlocking costs one comparison more than std::mutex.
//
// Thread-safety: all methods, any thread. May be destroyed by whoever locked it last, right after unlocking.
class ABSL_LOCKABLE Mutex {
 public:
  // Runs with the mutex held, on the waiting thread or on one that unlocks. It reads what the mutex guards, changes
  // nothing and uses no other mutex.
  using Condition = absl::FunctionRef<bool()>;

  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    if (waiters_ != nullptr) WakeOne();
    mutex_.unlock();
  }

  // Unlocks, waits until `condition` holds and locks again.
  void Await(Condition condition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  // The same for at most `timeout` (InfiniteDuration: for ever). Returns whether `condition` holds.
  bool AwaitWithTimeout(Condition condition, absl::Duration timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);

 private:
  // A thread inside Await; lives on its stack.
  struct Waiter {
    Condition condition;
    std::condition_variable wake;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
  };

  void WakeOne();
  // `wait(held, waiter)` sleeps until woken and returns false when its time is over.
  template <typename Wait>
  bool AwaitBy(Condition condition, const Wait& wait);

  std::mutex mutex_;
  Waiter* waiters_ = nullptr;  // guarded by mutex_; whoever waits longest comes first
  Waiter* newest_ = nullptr;
};

// Holds a Mutex for the length of a scope.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

// A mutex for many readers or one writer; nobody waits for conditions on it. A reader may overtake a waiting writer.
//
// Thread-safety: all methods, any thread.
class ABSL_LOCKABLE SharedMutex {
 public:
  SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void ReaderLock() ABSL_SHARED_LOCK_FUNCTION() { mutex_.lock_shared(); }
  void ReaderUnlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock_shared(); }
  void WriterLock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void WriterUnlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::shared_mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE ReaderMutexLock {
 public:
  explicit ReaderMutexLock(SharedMutex* mutex) ABSL_SHARED_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_->ReaderLock();
  }
  ~ReaderMutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->ReaderUnlock(); }
  ReaderMutexLock(const ReaderMutexLock&) = delete;
  ReaderMutexLock& operator=(const ReaderMutexLock&) = delete;

 private:
  SharedMutex* const mutex_;
};

class ABSL_SCOPED_LOCKABLE WriterMutexLock {
 public:
  explicit WriterMutexLock(SharedMutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_->WriterLock();
  }
  ~WriterMutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->WriterUnlock(); }
  WriterMutexLock(const WriterMutexLock&) = delete;
  WriterMutexLock& operator=(const WriterMutexLock&) = delete;

 private:
  SharedMutex* const mutex_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_MUTEX_H_
