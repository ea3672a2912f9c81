// Reduction of the learning rate while evaluations do not improve. Unlike a schedule it depends on the run, so its
// state is part of a snapshot.
#ifndef DESCENT_CORE_TRAINING_RATE_REDUCTION_H_
#define DESCENT_CORE_TRAINING_RATE_REDUCTION_H_

#include <cstdint>
#include <limits>

#include "core/base/bytes.h"
#include "core/base/fields.h"

namespace descent::core {

const KindInfo& ReduceOnPlateauInfo();  // factor, patience, threshold, cooldown, minimum_factor

struct RateReductionState {
  double factor = 1;  // of the learning rate, besides the schedule's
  double best = std::numeric_limits<double>::infinity();
  int64_t bad_evaluations = 0;
  int64_t cooldown = 0;  // evaluations that do not count any more

  void Write(ByteWriter* writer) const;
  static RateReductionState Read(ByteReader* reader);
};

// Thread-safety: immutable.
class RateReduction {
 public:
  // A config without a kind reduces nothing.
  explicit RateReduction(const Config& config);

  // Takes an evaluation's value into account: the held-out loss, or the objective when nothing is held out.
  void Observe(double value, RateReductionState* state) const;

 private:
  bool reduces_ = false;
  double factor_ = 1;
  int64_t patience_ = 0;
  double threshold_ = 0;
  int64_t cooldown_ = 0;
  double minimum_factor_ = 0;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_RATE_REDUCTION_H_
