#include "server/jobs/runner.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/jobs/records.h"
#include "server/jobs/step_log.h"

namespace descent::jobs {
namespace {

// How long a turn of the trainer should take: long enough to make blocks worth their headers, short enough that a
// watcher sees movement and a command is obeyed at once. Grows with the running time of the attempt.
constexpr absl::Duration kShortestTurn = absl::Milliseconds(2);
constexpr absl::Duration kLongestTurn = absl::Milliseconds(100);
constexpr int64_t kMostUpdatesATurn = int64_t{1} << 40;

// Reason and message in words for a status that ended a run.
struct Failure {
  JobState state;
  StateReason reason;
};

Failure FailureOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return {JobState::kFailed, StateReason::kDataLoss};
    // The store's words for a full or failing disk.
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      return {JobState::kPaused, StateReason::kStorageError};
    default:
      return {JobState::kFailed, StateReason::kInternal};
  }
}

bool SameBits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

absl::Status Runner::Run() {
  absl::StatusOr<Outcome> outcome = Train();
  if (!outcome.ok()) outcome = FailedBy(outcome.status());
  core::MutexLock lock(&job_->control());
  job_->ClearCommand();
  StateChange change;
  change.state = outcome->state;
  change.reason = outcome->reason;
  change.message = outcome->message;
  change.termination = outcome->termination;
  // Steps never descend in a log; without a trainer there is nothing to say but where the log ends.
  const int64_t logged = job_->log()->extent().last_step;
  change.step = trainer_ == nullptr ? std::max<int64_t>(logged, 0) : std::max(trainer_->step(), logged);
  return job_->Transition(std::move(change));
}

absl::StatusOr<Runner::Outcome> Runner::Train() {
  started_ = last_checkpoint_ = context_.env->MonotonicNow();
  attempt_ = job_->status().attempt;
  DESCENT_RETURN_IF_ERROR(Prepare());
  DESCENT_ASSIGN_OR_RETURN(Outcome outcome, Loop());
  // What was on its way to the disk counts too, now that it is there.
  DESCENT_RETURN_IF_ERROR(job_->log()->Flush());
  DESCENT_RETURN_IF_ERROR(KeepBudget());
  DESCENT_RETURN_IF_ERROR(MakeCheckpoint());
  Publish();
  return outcome;
}

absl::Status Runner::Prepare() {
  const core::JobSpec& spec = job_->spec();
  core::TrainingData data;
  if (core::TrainsOnData(spec)) {
    DESCENT_ASSIGN_OR_RETURN(data.table, context_.data->Load(core::TrainingDatasetVersion(spec)));
    if (spec.evaluation.has("dataset_version")) {
      DESCENT_ASSIGN_OR_RETURN(data.evaluation_table, context_.data->Load(spec.evaluation.text("dataset_version")));
    }
  }
  DESCENT_ASSIGN_OR_RETURN(trainer_, core::Trainer::Create(spec, data));
  const absl::StatusOr<CheckpointStore::Checkpoint> checkpoint = context_.checkpoints->Latest(job_->uid());
  if (checkpoint.ok()) {
    DESCENT_RETURN_IF_ERROR(trainer_->Restore(checkpoint->bytes));
  } else if (!absl::IsNotFound(checkpoint.status())) {
    return checkpoint.status();
  }
  first_step_ = trainer_->step();
  tail_step_ = job_->log()->extent().last_step;
  DESCENT_ASSIGN_OR_RETURN(const std::optional<StepLog::Piece> rows, job_->log()->Newest(RecordKind::kRows));
  if (rows.has_value()) {
    DESCENT_ASSIGN_OR_RETURN(const RowsView view, ParseRows(*rows->payload));
    elapsed_before_ = view.elapsed_seconds;
  }
  const std::string made_by = job_->record().build;
  if (tail_step_ >= first_step_ && made_by != context_.build) {
    compares_ = false;
    DESCENT_RETURN_IF_ERROR(Warn({"BUILD_CHANGED",
                                  absl::StrCat("steps ", first_step_, " to ", tail_step_, " were recorded by build ",
                                               made_by, " and are re-executed by ", context_.build,
                                               ": later rows may differ from an uninterrupted run in their last bits"),
                                  tail_step_}));
  }
  const std::optional<core::MultiStart>& starts = trainer_->multi_start();
  if (!starts.has_value() || first_step_ > 0 || tail_step_ >= 0) return absl::OkStatus();
  DESCENT_ASSIGN_OR_RETURN(const std::optional<StepLog::Piece> logged, job_->log()->Event(RecordKind::kMultiStart, 0));
  if (logged.has_value()) return absl::OkStatus();
  return job_->log()->AppendEvent(RecordKind::kMultiStart, 0, EncodeMultiStart(*starts));
}

absl::StatusOr<Runner::Outcome> Runner::Loop() {
  // A checkpoint of a run that is over: only the last state change was lost.
  if (trainer_->termination().has_value()) return EndedBy(*trainer_->termination());
  while (true) {
    const Command command = job_->command();
    if (command == Command::kPause) {
      return Outcome{JobState::kPaused, StateReason::kRequested, "paused by a client", std::nullopt};
    }
    if (command == Command::kDrain) {
      return Outcome{JobState::kQueued, StateReason::kServerDraining,
                     "the server is going away; the job goes on when it is back", std::nullopt};
    }
    DESCENT_ASSIGN_OR_RETURN(const core::Trainer::Progress progress, TurnOnce());
    DESCENT_RETURN_IF_ERROR(Record(progress));
    Publish();
    if (progress.termination.has_value()) return EndedBy(*progress.termination);
    DESCENT_RETURN_IF_ERROR(KeepBudget());
    const absl::Duration since = context_.env->MonotonicNow() - last_checkpoint_;
    if (since >= absl::Seconds(job_->spec().record.number("checkpoint_seconds")) && trainer_->step() > tail_step_) {
      DESCENT_RETURN_IF_ERROR(MakeCheckpoint());
    }
  }
}

absl::StatusOr<core::Trainer::Progress> Runner::TurnOnce() {
  const std::optional<core::TerminationReason> reason = OutsideReason();
  if (reason.has_value()) return trainer_->Finish(*reason, &block_);
  const absl::Duration begin = context_.env->MonotonicNow();
  // While re-executing, stop at the durable end, so that no block is half compared and half appended.
  const int64_t updates =
      trainer_->step() <= tail_step_ ? std::min(updates_a_turn_, tail_step_ - trainer_->step() + 1) : updates_a_turn_;
  core::Trainer::Progress progress = trainer_->Advance(updates, &block_);
  AdaptTurn(context_.env->MonotonicNow() - begin);
  return progress;
}

// Rows that are durable were seen: a run is never ended before its recorded end.
std::optional<core::TerminationReason> Runner::OutsideReason() const {
  if (trainer_->step() <= tail_step_) return std::nullopt;
  if (job_->command() == Command::kCancel) return core::TerminationReason::kCancelled;
  const core::Config& stopping = job_->spec().stopping;
  if (stopping.has("max_seconds") && ElapsedSeconds() >= stopping.number("max_seconds")) {
    return core::TerminationReason::kTimeBudget;
  }
  return std::nullopt;
}

absl::Status Runner::Record(const core::Trainer::Progress& progress) {
  StepLog& log = *job_->log();
  if (block_.rows() > 0) {
    DESCENT_RETURN_IF_ERROR(block_.last_step() <= tail_step_ ? CompareRows()
                                                             : log.AppendRows(block_, attempt_, ElapsedSeconds()));
  }
  DESCENT_RETURN_IF_ERROR(RecordEvaluation(progress));
  for (const core::Advice& advice : progress.advice) DESCENT_RETURN_IF_ERROR(RecordAdvice(advice));
  return absl::OkStatus();
}

absl::Status Runner::RecordAdvice(const core::Advice& advice) {
  if (advice.step < tail_step_) return absl::OkStatus();
  if (advice.step == tail_step_) {
    // The tail may end between a row and what follows it.
    DESCENT_ASSIGN_OR_RETURN(const std::optional<StepLog::Piece> stored,
                             job_->log()->Event(RecordKind::kWarning, advice.step));
    if (stored.has_value()) return absl::OkStatus();
  }
  return Warn({advice.code, advice.message, advice.step});
}

absl::Status Runner::RecordEvaluation(const core::Trainer::Progress& progress) {
  if (!progress.evaluation.has_value()) return absl::OkStatus();
  StepLog& log = *job_->log();
  // The tail may end between a row and the evaluation that follows it.
  const int64_t step = progress.evaluation->step;
  const std::string payload = EncodeEvaluation(*progress.evaluation);
  if (step > tail_step_) return log.AppendEvent(RecordKind::kEvaluation, step, payload);
  DESCENT_ASSIGN_OR_RETURN(const std::optional<StepLog::Piece> stored, log.Event(RecordKind::kEvaluation, step));
  if (!stored.has_value()) {
    return step == tail_step_ ? log.AppendEvent(RecordKind::kEvaluation, step, payload) : absl::OkStatus();
  }
  return compares_ && *stored->payload != payload ? Mismatch(step) : absl::OkStatus();
}

absl::Status Runner::CompareRows() {
  if (!compares_) return absl::OkStatus();
  int64_t row = 0;
  int64_t sequence = job_->log()->SequenceOfStep(block_.first_step);
  while (row < block_.rows()) {
    DESCENT_ASSIGN_OR_RETURN(const std::optional<StepLog::Piece> piece, job_->log()->Read(sequence));
    if (!piece.has_value()) return Mismatch(block_.first_step + row * block_.step_stride);
    sequence = piece->header.next_sequence;
    if (piece->header.kind != RecordKind::kRows) continue;
    DESCENT_ASSIGN_OR_RETURN(const RowsView stored, ParseRows(*piece->payload));
    for (; row < block_.rows(); ++row) {
      const int64_t step = block_.first_step + row * block_.step_stride;
      if (step < stored.first_step) continue;  // dropped to keep the log in its budget
      const int64_t index = (step - stored.first_step) / stored.step_stride;
      if (index >= stored.rows) break;
      const auto at = static_cast<size_t>(row);
      if (!SameBits(stored.value(RowColumn::kLoss, index), block_.loss[at]) ||
          !SameBits(stored.value(RowColumn::kObjective, index), block_.objective[at]) ||
          !SameBits(stored.value(RowColumn::kLearningRate, index), block_.learning_rate[at]) ||
          !SameBits(stored.value(RowColumn::kGradientNorm, index), block_.gradient_norm[at])) {
        return Mismatch(step);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Runner::Mismatch(int64_t step) {
  return core::MakeError(core::ErrorReason::kStoredDataDamaged,
                         absl::StrCat("re-executing step ", step,
                                      " after a restart gave other values than the log holds: stored data or "
                                      "the machine is damaged. Create the job again from its resolved spec"));
}

// Log first, then the file, then the event: a checkpoint never knows of steps that the log does not hold.
absl::Status Runner::MakeCheckpoint() {
  DESCENT_RETURN_IF_ERROR(job_->log()->Flush());
  const std::string bytes = trainer_->Snapshot();
  const int64_t step = trainer_->step();
  DESCENT_RETURN_IF_ERROR(context_.checkpoints->Put(job_->uid(), step, bytes));
  last_checkpoint_ = context_.env->MonotonicNow();
  // Of all bytes but the last four, which hold it already: with them every sum is the same.
  const auto crc = static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size() - sizeof(uint32_t)));
  return job_->log()->AppendEvent(RecordKind::kCheckpoint, std::max(step, tail_step_),
                                  EncodeCheckpoint({step, static_cast<int64_t>(bytes.size()), crc}));
}

absl::Status Runner::KeepBudget() {
  DESCENT_ASSIGN_OR_RETURN(const std::vector<Warning> warnings,
                           job_->log()->KeepWithin(job_->spec().record.integer("log_byte_budget")));
  for (const Warning& warning : warnings) {
    DESCENT_RETURN_IF_ERROR(
        job_->log()->AppendEvent(RecordKind::kWarning, std::max(trainer_->step(), tail_step_), EncodeWarning(warning)));
  }
  return absl::OkStatus();
}

absl::Status Runner::Warn(const Warning& warning) {
  return job_->log()->AppendEvent(RecordKind::kWarning, warning.step, EncodeWarning(warning));
}

Runner::Outcome Runner::EndedBy(const core::Termination& termination) const {
  const JobState state = termination.reason == core::TerminationReason::kCancelled ? JobState::kCancelled
                         : termination.succeeded()                                 ? JobState::kSucceeded
                                                                                   : JobState::kFailed;
  const StateReason reason = state == JobState::kCancelled ? StateReason::kRequested : StateReason::kTerminated;
  return {state, reason, termination.message, termination};
}

Runner::Outcome Runner::FailedBy(const absl::Status& status) {
  const Failure failure = FailureOf(status);
  // Errors with a reason are written for clients; others may name files.
  const std::string message = core::GetErrorInfo(status).has_reason ? std::string(status.message())
                              : failure.reason == StateReason::kStorageError
                                  ? "the server's disk refused a write; make room and resume the job"
                                  : "an error inside the server ended the job; its log has the details";
  return {failure.state, failure.reason, message, std::nullopt};
}

void Runner::Publish() {
  JobProgress progress = job_->status().progress;
  progress.epoch = trainer_->epoch();
  progress.elapsed_seconds = ElapsedSeconds();
  const double running = absl::ToDoubleSeconds(context_.env->MonotonicNow() - started_);
  if (running > 0) progress.steps_per_second = static_cast<double>(trainer_->executed_steps()) / running;
  if (block_.rows() > 0) {
    progress.loss = block_.loss.back();
    progress.objective = block_.objective.back();
  }
  job_->SetProgress(progress, trainer_->executed_steps());
}

void Runner::AdaptTurn(absl::Duration took) {
  const absl::Duration running = context_.env->MonotonicNow() - started_;
  const absl::Duration wanted = std::clamp(running / 50, kShortestTurn, kLongestTurn);
  if (took < wanted / 2) {
    updates_a_turn_ = std::min(updates_a_turn_ * 2, kMostUpdatesATurn);
  } else if (took > wanted) {
    updates_a_turn_ = std::max<int64_t>(1, updates_a_turn_ / 2);
  }
}

double Runner::ElapsedSeconds() const {
  return elapsed_before_ + absl::ToDoubleSeconds(context_.env->MonotonicNow() - started_);
}

}  // namespace descent::jobs
