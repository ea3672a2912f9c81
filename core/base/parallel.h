// Threads for one computation, whose results do not depend on how many there are.
#ifndef DESCENT_CORE_BASE_PARALLEL_H_
#define DESCENT_CORE_BASE_PARALLEL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace descent::core {

// A caller and `threads - 1` helpers that take numbered pieces of work. Callers cut the work into pieces whose shape
// does not depend on the number of threads, let each piece write its own result, and combine the results in a fixed
// order.
//
// Thread-safety: one Run at a time.
class Team {
 public:
  // `threads` >= 1; 1 starts no thread.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  // Calls work(piece) once for every piece in [0, pieces), on any thread, and returns when all are done. `work` must
  // not throw. Allocates nothing.
  void Run(int64_t pieces, absl::FunctionRef<void(int64_t)> work);

 private:
  // Set in `inside_` while helpers may join the present Run.
  static constexpr uint32_t kOpen = uint32_t{1} << 31;

  void TakePieces();
  void HelperLoop();
  bool Enter();
  void Leave();

  std::vector<std::thread> helpers_;
  // Written by Run before it opens `inside_`, read by helpers that entered.
  const absl::FunctionRef<void(int64_t)>* work_ = nullptr;
  int64_t pieces_ = 0;
  std::atomic<int64_t> next_piece_{0};
  std::atomic<uint32_t> inside_{0};  // helpers that entered and did not leave
  std::atomic<uint32_t> round_{0};   // wakes helpers
  std::atomic<bool> stopping_{false};
};

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_PARALLEL_H_
