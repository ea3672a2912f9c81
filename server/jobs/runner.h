// Runs one job: turns its trainer, records every row and event, makes checkpoints, obeys commands, and ends it.
//
// After a restart the trainer goes on from the newest checkpoint; rows and evaluations up to the durable end of the log
// are re-executed and compared, bit for bit, and never appended again.
#ifndef DESCENT_SERVER_JOBS_RUNNER_H_
#define DESCENT_SERVER_JOBS_RUNNER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/env.h"
#include "core/training/trainer.h"
#include "server/jobs/checkpoint_store.h"
#include "server/jobs/data_source.h"
#include "server/jobs/job.h"

namespace descent::jobs {

// What runners share. All outlive them.
struct RunnerContext {
  core::Env* env = nullptr;
  CheckpointStore* checkpoints = nullptr;
  DataSource* data = nullptr;
  std::string build;  // of this server, see Job.build
};

// Of one attempt. Thread-safety: one thread.
class Runner {
 public:
  Runner(const RunnerContext& context, std::shared_ptr<Job> job) : context_(context), job_(std::move(job)) {}

  // From RUNNING, which the caller has set, to the state after it. Returns when the job has left RUNNING; an error of
  // storing that last state is returned, everything else is the job's own outcome.
  absl::Status Run();

 private:
  // One outcome of the loop: the state to go to.
  struct Outcome {
    JobState state = JobState::kFailed;
    StateReason reason = StateReason::kInternal;
    std::string message;
    std::optional<core::Termination> termination;
  };

  absl::StatusOr<Outcome> Train();
  absl::Status Prepare();
  absl::StatusOr<Outcome> Loop();
  absl::StatusOr<core::Trainer::Progress> TurnOnce();
  std::optional<core::TerminationReason> OutsideReason() const;
  // Appends what the trainer made, or compares it with what the log holds already.
  absl::Status Record(const core::Trainer::Progress& progress);
  absl::Status RecordEvaluation(const core::Trainer::Progress& progress);
  absl::Status RecordAdvice(const core::Advice& advice);
  absl::Status CompareRows();
  static absl::Status Mismatch(int64_t step);
  absl::Status MakeCheckpoint();
  absl::Status KeepBudget();
  absl::Status Warn(const Warning& warning);
  Outcome EndedBy(const core::Termination& termination) const;
  static Outcome FailedBy(const absl::Status& status);
  void Publish();
  void AdaptTurn(absl::Duration took);
  double ElapsedSeconds() const;

  const RunnerContext context_;
  const std::shared_ptr<Job> job_;
  std::unique_ptr<core::Trainer> trainer_;
  core::StepBlock block_;

  int32_t attempt_ = 0;
  absl::Duration started_;
  absl::Duration last_checkpoint_;
  double elapsed_before_ = 0;  // seconds, earlier attempts
  int64_t tail_step_ = -1;     // last durable row when this attempt began: rows up to it are compared
  bool compares_ = true;       // false when another build made the tail: its bits may differ
  int64_t first_step_ = 0;     // of this attempt
  int64_t updates_a_turn_ = 1;
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_RUNNER_H_
