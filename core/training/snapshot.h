// Everything that determines the future of a run, as bytes.
//
// Layout, little-endian (core/base/bytes.h): magic, version, fingerprint of the spec, bytes of a parameter value (4 or
// 8), step, the parameter vectors, the optimizer's arrays, what the stopping rules and the reduction of the rate
// remember, the best step, how the run
// ended if it did, CRC-32 (zlib) of all before it. Draws need no place: they are functions of seed and step.
#ifndef DESCENT_CORE_TRAINING_SNAPSHOT_H_
#define DESCENT_CORE_TRAINING_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/aligned.h"
#include "core/optimizers/optimizer_state.h"
#include "core/training/guard.h"
#include "core/training/job_spec.h"
#include "core/training/rate_reduction.h"
#include "core/training/stopping.h"
#include "core/training/trainer.h"

namespace descent::core {

// The state before row `step`; of a run that is over, after its last row.
template <typename T>
struct RunState {
  int64_t step = 0;
  AlignedVector<T> parameters;
  AlignedVector<T> answer;    // where it is another point than the parameters; empty otherwise
  AlignedVector<T> previous;  // the answer of row step - 1, for when row `step` is not finite
  StoppingState stopping;
  RateReductionState rate_reduction;
  GuardState<T> guard;
  int64_t best_step = 0;
  AlignedVector<T> best;  // empty before the first evaluation
  std::optional<Termination> termination;

  const AlignedVector<T>& Answer() const { return answer.empty() ? parameters : answer; }
};

// Hash of all parts of a resolved spec that determine the bits of a run: all but record, execution and labels.
std::string SpecFingerprint(const JobSpec& spec);

// What a snapshot holds.
template <typename T>
struct SnapshotContents {
  std::string fingerprint;
  RunState<T> run;
  OptimizerState<T> optimizer;
};

template <typename T>
std::string WriteSnapshot(absl::string_view fingerprint, const RunState<T>& run, const OptimizerState<T>& optimizer);

// STORED_DATA_DAMAGED for bytes that are not a whole snapshot with values of type T. Those of version 1 (0.1.0) are
// read too, for the parameters of jobs that ended then.
template <typename T>
absl::StatusOr<SnapshotContents<T>> ReadSnapshot(absl::string_view bytes);

// The parameters that are the answer of a run that is over; otherwise the last.
template <typename T>
ParameterVector KeptParameters(const RunState<T>& run);
template <typename T>
ParameterVector BestParameters(const RunState<T>& run);
template <typename T>
ParameterVector LastParameters(const RunState<T>& run);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_SNAPSHOT_H_
