// The places where jobs run: threads that take the oldest waiting job and run it to its next stop.
#ifndef DESCENT_SERVER_JOBS_JOB_QUEUE_H_
#define DESCENT_SERVER_JOBS_JOB_QUEUE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/base/mutex.h"
#include "server/jobs/job.h"

namespace descent::jobs {

// Thread-safety: all methods, any thread.
class JobQueue {
 public:
  // `run` takes a job from QUEUED to wherever it goes. `places` threads call it.
  JobQueue(int places, std::function<void(const std::shared_ptr<Job>&)> run);
  // Stops and waits, see Stop.
  ~JobQueue();

  void Add(std::shared_ptr<Job> job);
  // Takes a job out that has not begun; false when it is not waiting (any more).
  bool Remove(const Job& job);
  // Jobs that will begin before this one; 0 when it is not waiting.
  int64_t JobsAhead(const Job& job) const;
  // Lets no further job begin, calls `interrupt` with each that runs, and waits until their threads are done.
  void Stop(const std::function<void(Job*)>& interrupt);

 private:
  void Work(int place);

  const std::function<void(const std::shared_ptr<Job>&)> run_;

  mutable core::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::shared_ptr<Job>> waiting_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<Job>> running_ ABSL_GUARDED_BY(mu_);  // one a place, null when it is free
  std::vector<std::thread> threads_;
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_JOB_QUEUE_H_
