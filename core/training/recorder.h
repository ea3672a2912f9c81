// Which rows and parameters of a run go into a block.
#ifndef DESCENT_CORE_TRAINING_RECORDER_H_
#define DESCENT_CORE_TRAINING_RECORDER_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/training/job_spec.h"
#include "core/training/step_block.h"
#include "core/training/stopping.h"

namespace descent::core {

// Rows at multiples of record.every_steps and the last one; parameters at multiples of record.parameters_every_steps
// and with the last row, unless that is 0. Both must be arithmetic progressions in a block, so a last row off the
// stride has a block of its own. Thread-safety: immutable.
class Recorder {
 public:
  // Of a resolved record policy, for vectors of `parameter_count` values.
  Recorder(const Config& record, int64_t parameter_count);

  // Clears a block and takes memory for the rows of up to `updates` updates.
  void Begin(int64_t updates, StepBlock* block) const;
  // Whether row `step` has a place in the block, or is not recorded at all.
  bool Takes(int64_t step, bool last, const StepBlock& block) const;
  // Adds a row, if it is recorded; the block must take it.
  template <typename T>
  void Record(const Row& row, absl::Span<const T> parameters, bool last, StepBlock* block) const;

 private:
  bool RecordsRow(int64_t step, bool last) const { return last || step % every_steps_ == 0; }
  bool RecordsParameters(int64_t step, bool last) const {
    return parameters_every_steps_ > 0 && (last || step % parameters_every_steps_ == 0);
  }

  int64_t every_steps_;
  int64_t parameters_every_steps_;
  int64_t parameter_count_;
  int64_t inline_vector_bytes_;  // what a vector counts in a block's size
  int64_t most_vectors_;         // of a block
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_RECORDER_H_
