#include "core/base/parallel.h"

#include <atomic>
#include <cstdint>

namespace descent::core {

Team::Team(int threads) {
  for (int i = 1; i < threads; ++i) helpers_.emplace_back([this] { HelperLoop(); });
}

Team::~Team() {
  stopping_.store(true);
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Team::Run(int64_t pieces, absl::FunctionRef<void(int64_t)> work) {
  if (helpers_.empty() || pieces <= 1) {
    for (int64_t piece = 0; piece < pieces; ++piece) work(piece);
    return;
  }
  work_ = &work;
  pieces_ = pieces;
  next_piece_.store(0, std::memory_order_relaxed);
  inside_.store(kOpen, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  TakePieces();
  // All pieces are taken. A helper that has not come yet, because it sleeps or its core is busy, is not waited for.
  uint32_t inside = inside_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  while (inside != 0) {
    inside_.wait(inside, std::memory_order_acquire);
    inside = inside_.load(std::memory_order_acquire);
  }
}

void Team::TakePieces() {
  for (int64_t piece = next_piece_.fetch_add(1); piece < pieces_; piece = next_piece_.fetch_add(1)) (*work_)(piece);
}

bool Team::Enter() {
  uint32_t inside = inside_.load(std::memory_order_relaxed);
  while ((inside & kOpen) != 0) {
    if (inside_.compare_exchange_weak(inside, inside + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void Team::Leave() {
  // The last one of a Run that takes no more helpers.
  if (inside_.fetch_sub(1, std::memory_order_acq_rel) == 1) inside_.notify_one();
}

void Team::HelperLoop() {
  uint32_t seen = 0;
  while (true) {
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (stopping_.load()) return;
    if (!Enter()) continue;
    TakePieces();
    Leave();
  }
}

}  // namespace descent::core
