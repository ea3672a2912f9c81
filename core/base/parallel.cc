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
  helpers_busy_.store(static_cast<uint32_t>(helpers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  TakePieces();
  for (uint32_t busy = helpers_busy_.load(std::memory_order_acquire); busy != 0;
       busy = helpers_busy_.load(std::memory_order_acquire)) {
    helpers_busy_.wait(busy, std::memory_order_acquire);
  }
}

void Team::TakePieces() {
  for (int64_t piece = next_piece_.fetch_add(1); piece < pieces_; piece = next_piece_.fetch_add(1)) (*work_)(piece);
}

void Team::HelperLoop() {
  uint32_t seen = 0;
  while (true) {
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (stopping_.load()) return;
    TakePieces();
    if (helpers_busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) helpers_busy_.notify_one();
  }
}

}  // namespace descent::core
