// Threads for work that gRPC's own threads must not do: they never touch a disk and never wait.
#ifndef DESCENT_SERVER_RPC_WORKER_POOL_H_
#define DESCENT_SERVER_RPC_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/base/mutex.h"

namespace descent::rpc {

// Thread-safety: all methods, any thread.
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  // Finishes what was posted.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Post(std::function<void()> work);

 private:
  void Work();

  core::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_WORKER_POOL_H_
