// One job in memory: its record, its state and its log.
#ifndef DESCENT_SERVER_JOBS_JOB_H_
#define DESCENT_SERVER_JOBS_JOB_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/env.h"
#include "core/base/mutex.h"
#include "core/training/job_spec.h"
#include "server/jobs/job_store.h"
#include "server/jobs/records.h"
#include "server/jobs/step_log.h"

namespace descent::jobs {

// How far a job is; what the runner tells.
struct JobProgress {
  double epoch = 0;
  std::optional<double> loss;
  std::optional<double> objective;
  double elapsed_seconds = 0;   // running time over all attempts
  double steps_per_second = 0;  // of the present attempt
};

// All of a job that changes.
struct JobStatus {
  JobState state = JobState::kQueued;
  StateReason reason = StateReason::kNone;
  std::string message;
  absl::Time state_time;
  std::optional<core::Termination> termination;
  int32_t attempt = 0;
  int64_t executed_steps = 0;  // updates taken by the present attempt, re-executed ones included
  JobProgress progress;
};

std::string EncodeStatus(const JobStatus& status);
absl::StatusOr<JobStatus> DecodeStatus(absl::string_view bytes);

// What a job's problem came to: fixed when it is created.
struct ProblemFacts {
  core::ParameterLayout layout;
  std::vector<std::string> classes;  // empty for regression and functions
};
std::string EncodeFacts(const ProblemFacts& facts);
absl::StatusOr<ProblemFacts> DecodeFacts(absl::string_view bytes);

// Name of a state as on the wire, without prefix: `QUEUED`.
absl::string_view JobStateName(JobState state);
// The state of that name, or kUnspecified.
JobState JobStateFromName(absl::string_view name);

// Whether a job may go from one state to another.
bool MayChange(JobState from, JobState to);

// What a client asked of a running job; the runner looks between two calls of the trainer.
enum class Command { kNone, kPause, kCancel, kDrain };

// Thread-safety: all methods, any thread, but for Transition and what says otherwise.
class Job {
 public:
  // `store` and `env` must outlive the job.
  Job(JobRecord record, core::JobSpec spec, JobStatus status, std::shared_ptr<StepLog> log, JobStore* store,
      core::Env* env);

  const std::string& uid() const { return uid_; }
  const std::string& owner() const { return owner_; }
  const std::string& name() const { return name_; }
  // Resolved.
  const core::JobSpec& spec() const { return spec_; }
  const std::shared_ptr<StepLog>& log() const { return log_; }

  JobRecord record() const;
  JobStatus status() const;

  // Held by whoever changes the state: the runner's thread when it starts and ends, a caller otherwise.
  core::Mutex& control() ABSL_LOCK_RETURNED(control_) { return control_; }

  // Changes the state: log (durable), then store, then memory, then whoever waits. `change.previous`, `time` and
  // `attempt` are filled in. The transition table is the caller's duty (CHECK). When the log refuses the change, the
  // job is PAUSED with STORAGE_ERROR instead, wherever it was to go, and can be resumed when there is room. An error of
  // the store alone changes nothing: the log is the truth. Errors are returned; status() tells where the job is.
  absl::Status Transition(StateChange change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(control_);

  Command command() const { return command_.load(std::memory_order_acquire); }
  // A cancellation is never replaced by a weaker wish.
  void Request(Command command);
  void ClearCommand() { command_.store(Command::kNone, std::memory_order_release); }

  void SetProgress(const JobProgress& progress, int64_t executed_steps);
  // A new attempt begins.
  void BeginAttempt();

  // Calls `callback` once, when `until` holds of the status: at once or after a later transition, on its thread.
  void WhenStatus(std::function<bool(const JobStatus&)> until, std::function<void()> callback);

 private:
  absl::Status LogChange(const StateChange& change);

  struct Waiter {
    std::function<bool(const JobStatus&)> until;
    std::function<void()> callback;
  };

  // Constant after construction.
  const std::string uid_;
  const std::string owner_;
  const std::string name_;
  const core::JobSpec spec_;
  const std::shared_ptr<StepLog> log_;
  JobStore* const store_;
  core::Env* const env_;

  core::Mutex control_;
  std::atomic<Command> command_{Command::kNone};

  mutable core::Mutex mu_;
  JobRecord record_ ABSL_GUARDED_BY(mu_);
  JobStatus status_ ABSL_GUARDED_BY(mu_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mu_);
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_JOB_H_
