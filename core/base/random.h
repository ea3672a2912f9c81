// Counter-based random numbers: each draw is a pure function of (seed, purpose, index), so order, layout and threads
// cannot change it and nothing needs to be saved to go on.
//
// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox4x32-10, from Random123).
#ifndef DESCENT_CORE_BASE_RANDOM_H_
#define DESCENT_CORE_BASE_RANDOM_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace descent::core {

// A stream of draws for one purpose. Thread-safety: immutable, share it freely.
class RandomStream {
 public:
  // `purpose` names what is drawn, `shuffle` or `initialize/layers.0.weight`; `instance` tells repetitions apart, such
  // as the epoch of a shuffle.
  RandomStream(uint64_t seed, absl::string_view purpose, uint64_t instance = 0);

  // 64 random bits.
  uint64_t Bits(uint64_t index) const { return Draw(index)[0]; }
  // Uniform in [0, 1): 53 bits.
  double Uniform(uint64_t index) const;
  // Standard normal, by Box and Muller.
  double Normal(uint64_t index) const;
  // Standard normal in [-bound, bound]; bound > 0. By rejection on further counters.
  double NormalWithin(uint64_t index, double bound) const;
  // Uniform in [0, bound); bound >= 1. Without bias (Lemire 2019, with rejection on further counters).
  uint64_t Below(uint64_t index, uint64_t bound) const;

 private:
  std::array<uint64_t, 2> Draw(uint64_t index, uint32_t attempt = 0) const;

  uint64_t key_;
  uint32_t instance_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_RANDOM_H_
