#include "server/jobs/job.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::jobs {
namespace {

// Of a stored status. Version 1, of 0.1.0, has terminations without certificates.
constexpr uint8_t kStatusVersion = 2;

// In the order of JobState.
constexpr std::array<absl::string_view, 7> kStateNames = {"UNSPECIFIED", "QUEUED", "RUNNING",  "PAUSED",
                                                          "SUCCEEDED",   "FAILED", "CANCELLED"};

}  // namespace

absl::string_view JobStateName(JobState state) { return kStateNames[static_cast<size_t>(state)]; }

JobState JobStateFromName(absl::string_view name) {
  for (size_t i = 1; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == name) return static_cast<JobState>(i);
  }
  return JobState::kUnspecified;
}

bool MayChange(JobState from, JobState to) {
  switch (from) {
    case JobState::kQueued:
      return to == JobState::kRunning || to == JobState::kPaused || to == JobState::kCancelled ||
             to == JobState::kFailed;
    case JobState::kRunning:
      return to != JobState::kRunning && to != JobState::kUnspecified;
    case JobState::kPaused:
      return to == JobState::kQueued || to == JobState::kCancelled;
    default:
      return false;
  }
}

std::string EncodeStatus(const JobStatus& status) {
  core::ByteWriter out;
  out.PutU8(kStatusVersion);
  out.PutU8(static_cast<uint8_t>(status.state));
  out.PutU8(static_cast<uint8_t>(status.reason));
  out.PutString(status.message);
  PutTime(status.state_time, &out);
  PutTermination(status.termination, &out);
  out.PutU32(static_cast<uint32_t>(status.attempt));
  out.PutI64(status.executed_steps);
  out.PutDouble(status.progress.epoch);
  out.PutOptionalDouble(status.progress.loss);
  out.PutOptionalDouble(status.progress.objective);
  out.PutDouble(status.progress.elapsed_seconds);
  return out.TakeBytes();
}

absl::StatusOr<JobStatus> DecodeStatus(absl::string_view bytes) {
  core::ByteReader in(bytes);
  JobStatus status;
  const uint8_t version = in.GetU8();
  status.state = static_cast<JobState>(in.GetU8());
  status.reason = static_cast<StateReason>(in.GetU8());
  status.message = in.GetString();
  status.state_time = GetTime(&in);
  status.termination = GetTermination(&in, /*with_certificates=*/version > 1);
  status.attempt = static_cast<int32_t>(in.GetU32());
  status.executed_steps = in.GetI64();
  status.progress.epoch = in.GetDouble();
  status.progress.loss = in.GetOptionalDouble();
  status.progress.objective = in.GetOptionalDouble();
  status.progress.elapsed_seconds = in.GetDouble();
  if (version < 1 || version > kStatusVersion || in.failed() ||
      static_cast<size_t>(status.state) >= kStateNames.size()) {
    return core::MakeError(core::ErrorReason::kStoredDataDamaged, "the stored status of a job is damaged");
  }
  return status;
}

std::string EncodeFacts(const ProblemFacts& facts) {
  core::ByteWriter out;
  out.PutStrings(facts.classes);
  out.PutU64(facts.layout.tensors.size());
  for (const core::TensorInfo& tensor : facts.layout.tensors) {
    out.PutString(tensor.name);
    out.PutArray<int64_t>(tensor.shape);
    out.PutU8(static_cast<uint8_t>(tensor.role));
    out.PutStrings(tensor.labels);
  }
  return out.TakeBytes();
}

absl::StatusOr<ProblemFacts> DecodeFacts(absl::string_view bytes) {
  core::ByteReader in(bytes);
  ProblemFacts facts;
  facts.classes = in.GetStrings();
  for (uint64_t tensors = in.GetU64(); tensors > 0 && !in.failed(); --tensors) {
    std::string name = in.GetString();
    std::vector<int64_t> shape = in.GetArray<int64_t>();
    const auto role = static_cast<core::TensorRole>(in.GetU8());
    facts.layout.Add(std::move(name), std::move(shape), role, in.GetStrings());
  }
  if (in.failed() || in.remaining() != 0) {
    return core::MakeError(core::ErrorReason::kStoredDataDamaged, "the stored parameter layout of a job is damaged");
  }
  return facts;
}

Job::Job(JobRecord record, core::JobSpec spec, JobStatus status, std::shared_ptr<StepLog> log, JobStore* store,
         core::Env* env)
    : uid_(record.uid),
      owner_(record.owner),
      name_(record.name),
      spec_(std::move(spec)),
      log_(std::move(log)),
      store_(store),
      env_(env),
      record_(std::move(record)),
      status_(std::move(status)) {}

JobRecord Job::record() const {
  core::MutexLock lock(&mu_);
  return record_;
}

JobStatus Job::status() const {
  core::MutexLock lock(&mu_);
  return status_;
}

absl::Status Job::Transition(StateChange change) {
  JobRecord record;
  JobStatus status;
  {
    core::MutexLock lock(&mu_);
    record = record_;
    status = status_;
  }
  if (!MayChange(status.state, change.state)) {
    std::fprintf(stderr, "job %s cannot go from %s to %s\n", name_.c_str(),
                 std::string(JobStateName(status.state)).c_str(), std::string(JobStateName(change.state)).c_str());
    std::abort();
  }
  change.previous = status.state;
  change.time = env_->Now();
  change.attempt = status.attempt;
  absl::Status result = LogChange(change);
  if (!result.ok()) {
    change.state = JobState::kPaused;
    change.reason = StateReason::kStorageError;
    change.message = "the server's disk refused a write; make room and resume the job";
    change.termination.reset();
    // So that watchers learn of it, if the log takes it. If not, this is known to memory and the store alone.
    if (status.state != JobState::kPaused) LogChange(change).IgnoreError();
  }

  status.state = change.state;
  status.reason = change.reason;
  status.message = change.message;
  status.state_time = change.time;
  status.termination = change.termination;
  if (change.state != JobState::kRunning) status.progress.steps_per_second = 0;
  record.state = change.state;
  if (change.state == JobState::kRunning && !record.start_time.has_value()) record.start_time = change.time;
  if (IsTerminal(change.state)) record.end_time = change.time;
  record.details = EncodeStatus(status);
  result.Update(store_->Update(record));

  std::vector<std::function<void()>> due;
  {
    core::MutexLock lock(&mu_);
    record_ = std::move(record);
    status_ = std::move(status);
    std::vector<Waiter> waiting;
    for (Waiter& waiter : waiters_) {
      if (waiter.until(status_)) {
        due.push_back(std::move(waiter.callback));
      } else {
        waiting.push_back(std::move(waiter));
      }
    }
    waiters_ = std::move(waiting);
  }
  for (const std::function<void()>& callback : due) callback();
  return result;
}

absl::Status Job::LogChange(const StateChange& change) {
  DESCENT_RETURN_IF_ERROR(log_->Reopen());
  DESCENT_RETURN_IF_ERROR(log_->AppendEvent(RecordKind::kStateChange, change.step, EncodeStateChange(change)));
  return log_->Flush();
}

void Job::Request(Command command) {
  Command present = command_.load();
  while (static_cast<int>(command) > static_cast<int>(present) || present == Command::kNone) {
    if (present == Command::kCancel) return;
    if (command_.compare_exchange_weak(present, command)) return;
  }
}

void Job::SetProgress(const JobProgress& progress, int64_t executed_steps) {
  core::MutexLock lock(&mu_);
  status_.progress = progress;
  status_.executed_steps = executed_steps;
}

void Job::BeginAttempt() {
  core::MutexLock lock(&mu_);
  ++status_.attempt;
  status_.executed_steps = 0;
}

void Job::WhenStatus(std::function<bool(const JobStatus&)> until, std::function<void()> callback) {
  {
    core::MutexLock lock(&mu_);
    if (!until(status_)) {
      waiters_.push_back({std::move(until), std::move(callback)});
      return;
    }
  }
  callback();
}

}  // namespace descent::jobs
