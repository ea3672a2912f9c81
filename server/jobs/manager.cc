#include "server/jobs/manager.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "core/base/suggest.h"

namespace descent::jobs {
namespace {

absl::Status WrongState(const Job& job, JobState state, absl::string_view verb, absl::string_view allowed) {
  const absl::string_view advice = verb == "deleted" ? "; cancel it first" : "";
  return core::MakeError(core::ErrorReason::kWrongState,
                         absl::StrCat("jobs/", job.name(), " is ", JobStateName(state), " and cannot be ", verb, advice,
                                      "; only jobs in these states can be ", verb, ": ", allowed),
                         {{"resource", absl::StrCat("jobs/", job.name())},
                          {"state", std::string(JobStateName(state))},
                          {"allowed_states", std::string(allowed)}});
}

}  // namespace

Manager::Manager(ManagerOptions options, ManagerParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      runner_context_{parts_.env, parts_.checkpoints, parts_.data, options_.build} {}

Manager::~Manager() { Drain(); }

absl::StatusOr<std::unique_ptr<Manager>> Manager::Create(ManagerOptions options, ManagerParts parts) {
  std::unique_ptr<Manager> manager(new Manager(std::move(options), std::move(parts)));
  Manager* self = manager.get();
  manager->queue_ = std::make_unique<JobQueue>(manager->options_.max_running_jobs,
                                               [self](const std::shared_ptr<Job>& job) { self->RunJob(job); });
  DESCENT_RETURN_IF_ERROR(manager->Recover());
  return manager;
}

absl::Status Manager::Recover() {
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> uids, parts_.jobs->AllUids());
  DESCENT_RETURN_IF_ERROR(parts_.logs->DeleteUnknown(uids));
  DESCENT_RETURN_IF_ERROR(parts_.checkpoints->DeleteUnknown(uids));
  DESCENT_ASSIGN_OR_RETURN(std::vector<JobRecord> records, parts_.jobs->Unfinished());
  for (JobRecord& record : records) {
    const std::string name = record.name;
    if (const absl::Status status = RecoverJob(std::move(record)); !status.ok()) {
      parts_.log_error(absl::StrCat("job ", name, " cannot be recovered: ", status.ToString()));
    }
  }
  return absl::OkStatus();
}

absl::Status Manager::RecoverJob(JobRecord record) {
  absl::StatusOr<std::shared_ptr<Job>> loaded = Load(record);
  if (!loaded.ok()) {
    // Its log is damaged: nothing can be appended, so only the store says so.
    JobStatus status;
    status.state = record.state = JobState::kFailed;
    status.reason = StateReason::kDataLoss;
    status.message = "the stored log or spec of the job is damaged";
    status.state_time = parts_.env->Now();
    record.end_time = status.state_time;
    record.details = EncodeStatus(status);
    absl::Status result = loaded.status();
    result.Update(parts_.jobs->Update(record));
    return result;
  }
  const std::shared_ptr<Job> job = *std::move(loaded);
  const JobStatus status = job->status();
  if (IsTerminal(status.state)) return absl::OkStatus();
  {
    core::MutexLock lock(&mu_);
    live_[{job->owner(), job->name()}] = job;
  }
  if (status.state == JobState::kQueued) queue_->Add(job);
  return absl::OkStatus();
}

// The log is the truth: its last state change replaces what the store says.
absl::StatusOr<std::shared_ptr<Job>> Manager::Load(JobRecord record) {
  DESCENT_ASSIGN_OR_RETURN(core::JobSpec spec, parts_.decode_spec(record.resolved_spec));
  DESCENT_ASSIGN_OR_RETURN(JobStatus status, DecodeStatus(record.details));
  DESCENT_ASSIGN_OR_RETURN(std::shared_ptr<StepLog> log, StepLog::Open(parts_.logs, record.uid));
  if (!IsTerminal(record.state)) {
    DESCENT_ASSIGN_OR_RETURN(const std::optional<StepLog::Piece> piece, log->Newest(RecordKind::kStateChange));
    if (piece.has_value()) {
      DESCENT_ASSIGN_OR_RETURN(const StateChange change, DecodeStateChange(*piece->payload));
      const bool was_running = change.state == JobState::kRunning;
      status.state = record.state = was_running ? JobState::kQueued : change.state;
      status.reason = was_running ? StateReason::kServerRestarted : change.reason;
      status.message = was_running ? "goes on from its last checkpoint after a restart of the server" : change.message;
      status.state_time = was_running ? parts_.env->Now() : change.time;
      status.termination = change.termination;
      status.attempt = change.attempt;
      if (IsTerminal(change.state)) record.end_time = change.time;
      if (!record.start_time.has_value() && change.attempt > 0) record.start_time = change.time;
    }
    record.details = EncodeStatus(status);
    DESCENT_RETURN_IF_ERROR(parts_.jobs->Update(record));
  }
  return std::make_shared<Job>(std::move(record), std::move(spec), std::move(status), std::move(log), parts_.jobs,
                               parts_.env);
}

absl::StatusOr<std::shared_ptr<Job>> Manager::Find(const std::string& owner, const std::string& name) {
  const Key key(owner, name);
  if (std::shared_ptr<Job> job = FindInMemory(key); job != nullptr) return job;
  absl::StatusOr<JobRecord> record = parts_.jobs->Get(owner, name);
  if (absl::IsNotFound(record.status())) return NotFound(owner, name);
  if (!record.ok()) return record.status();
  // A job that is not over is in memory, now that its record was seen; a second one would write to the same log. If it
  // is not, it ended meanwhile, and its log says so.
  if (!IsTerminal(record->state)) {
    if (std::shared_ptr<Job> job = FindInMemory(key); job != nullptr) return job;
  }
  DESCENT_ASSIGN_OR_RETURN(std::shared_ptr<Job> job, Load(*std::move(record)));
  if (!IsTerminal(job->status().state)) {
    return core::MakeError(
        core::ErrorReason::kInternal,
        absl::StrCat("jobs/", name, " could not be taken up when the server started; its log says why"));
  }
  core::MutexLock lock(&mu_);
  if (const auto live = live_.find(key); live != live_.end()) return live->second;
  if (ended_.size() > 4096) {
    for (auto entry = ended_.begin(); entry != ended_.end();) {
      entry = entry->second.expired() ? ended_.erase(entry) : std::next(entry);
    }
  }
  std::weak_ptr<Job>& ended = ended_[key];
  if (std::shared_ptr<Job> other = ended.lock(); other != nullptr) return other;
  ended = job;
  return job;
}

std::shared_ptr<Job> Manager::FindInMemory(const Key& key) {
  core::MutexLock lock(&mu_);
  const auto is_settled = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return creating_.count(key) == 0; };
  mu_.Await(is_settled);
  if (const auto live = live_.find(key); live != live_.end()) return live->second;
  const auto ended = ended_.find(key);
  return ended == ended_.end() ? nullptr : ended->second.lock();
}

absl::Status Manager::NotFound(const std::string& owner, const std::string& name) const {
  core::ErrorMetadata metadata = {{"resource", absl::StrCat("jobs/", name)}};
  std::string hint = "; list them with ListJobs";
  const absl::StatusOr<std::vector<std::string>> names = parts_.jobs->Names(owner, 1000);
  if (names.ok()) {
    const std::string nearest = core::NearestName(name, *names);
    if (!nearest.empty()) {
      metadata["nearest"] = absl::StrCat("jobs/", nearest);
      hint = absl::StrCat("; did you mean jobs/", nearest, "?");
    }
  }
  return core::MakeError(core::ErrorReason::kResourceNotFound, absl::StrCat("there is no jobs/", name, hint), metadata);
}

absl::StatusOr<JobView> Manager::View(const Job& job) const {
  JobView view;
  view.record = job.record();
  view.status = job.status();
  view.spec = job.spec();
  view.log = job.log()->extent();
  view.jobs_ahead = queue_->JobsAhead(job);
  DESCENT_ASSIGN_OR_RETURN(view.facts, DecodeFacts(view.record.facts));
  return view;
}

absl::StatusOr<JobView> Manager::Get(const std::string& owner, const std::string& name) {
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<Job> job, Find(owner, name));
  return View(*job);
}

absl::StatusOr<std::vector<JobView>> Manager::List(const JobQuery& query, std::string* next) {
  DESCENT_ASSIGN_OR_RETURN(JobPage page, parts_.jobs->List(query));
  *next = std::move(page.next);
  std::vector<JobView> views;
  for (JobRecord& record : page.jobs) {
    absl::StatusOr<JobView> view = Get(record.owner, record.name);
    if (view.ok()) {
      views.push_back(*std::move(view));
    } else if (!absl::IsNotFound(view.status())) {  // removed since the page was read
      return view.status();
    }
  }
  return views;
}

absl::Status Manager::Delete(const std::string& owner, const std::string& name) {
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<Job> job, Find(owner, name));
  core::MutexLock control(&job->control());
  const JobState state = job->status().state;
  if (!IsTerminal(state)) {
    return WrongState(*job, state, "deleted", "SUCCEEDED, FAILED, CANCELLED");
  }
  // The store first: what a crash leaves of the rest is removed at the next start.
  DESCENT_RETURN_IF_ERROR(parts_.jobs->Delete(job->uid()));
  {
    core::MutexLock lock(&mu_);
    // Another job may have the name by now.
    if (const auto live = live_.find({owner, name}); live != live_.end() && live->second == job) live_.erase(live);
    if (const auto ended = ended_.find({owner, name}); ended != ended_.end() && ended->second.lock() == job) {
      ended_.erase(ended);
    }
  }
  job->log()->Close();
  DESCENT_RETURN_IF_ERROR(parts_.logs->Delete(job->uid()));
  return parts_.checkpoints->Delete(job->uid());
}

void Manager::Cancel(const std::string& owner, const std::string& name, ViewCallback done) {
  Command(owner, name, jobs::Command::kCancel, JobState::kCancelled, std::move(done));
}

void Manager::Pause(const std::string& owner, const std::string& name, ViewCallback done) {
  Command(owner, name, jobs::Command::kPause, JobState::kPaused, std::move(done));
}

void Manager::Command(const std::string& owner, const std::string& name, jobs::Command command, JobState goal,
                      ViewCallback done) {
  const absl::StatusOr<std::shared_ptr<Job>> found = Find(owner, name);
  if (!found.ok()) return done(found.status());
  const std::shared_ptr<Job>& job = *found;
  const absl::string_view verb = goal == JobState::kPaused ? "paused" : "cancelled";
  {
    core::MutexLock control(&job->control());
    const JobState state = job->status().state;
    if (state == goal) return done(View(*job));
    if (state == JobState::kRunning) {
      job->Request(command);
      // Answer when it has left RUNNING, whatever for. It cannot leave it, and come back, before this is known.
      job->WhenStatus(
          [](const JobStatus& status) { return status.state != JobState::kRunning; },
          [this, job, goal, verb, done = std::move(done)] {
            const JobState state = job->status().state;
            if (state == goal) return done(View(*job));
            if (draining()) {
              return done(core::MakeError(core::ErrorReason::kDraining, "the server is going away; try again"));
            }
            done(WrongState(*job, state, verb, "RUNNING"));
          });
    } else if (MayChange(state, goal)) {
      queue_->Remove(*job);
      StateChange change;
      change.state = goal;
      change.reason = StateReason::kRequested;
      change.message = absl::StrCat(verb, " by a client before it ran on");
      change.step = job->log()->extent().last_step + 1;
      const absl::Status status = job->Transition(std::move(change));
      if (IsTerminal(job->status().state)) Forget(*job);
      return status.ok() ? done(View(*job)) : done(status);
    } else {
      return done(
          WrongState(*job, state, verb, goal == JobState::kPaused ? "QUEUED, RUNNING" : "QUEUED, RUNNING, PAUSED"));
    }
  }
}

absl::StatusOr<JobView> Manager::Resume(const std::string& owner, const std::string& name) {
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<Job> job, Find(owner, name));
  core::MutexLock control(&job->control());
  const JobState state = job->status().state;
  if (state != JobState::kPaused) return WrongState(*job, state, "resumed", "PAUSED");
  StateChange change;
  change.state = JobState::kQueued;
  change.reason = StateReason::kRequested;
  change.message = "resumed by a client";
  change.step = job->log()->extent().last_step + 1;
  const absl::Status status = job->Transition(std::move(change));
  if (job->status().state == JobState::kQueued) queue_->Add(job);
  DESCENT_RETURN_IF_ERROR(status);
  return View(*job);
}

void Manager::RunJob(const std::shared_ptr<Job>& job) {
  {
    core::MutexLock control(&job->control());
    // A client was faster.
    if (job->status().state != JobState::kQueued || draining()) return;
    const bool restarted =
        job->status().reason == StateReason::kServerRestarted || job->status().reason == StateReason::kServerDraining;
    job->BeginAttempt();
    StateChange change;
    change.state = JobState::kRunning;
    change.reason = restarted ? StateReason::kServerRestarted : StateReason::kNone;
    change.step = job->log()->extent().last_step + 1;
    if (const absl::Status status = job->Transition(std::move(change)); !status.ok()) {
      parts_.log_error(absl::StrCat("job ", job->name(), " cannot record that it runs: ", status.ToString()));
      if (job->status().state != JobState::kRunning) return;
    }
    // Drain may have looked for running jobs just before.
    if (draining()) job->Request(jobs::Command::kDrain);
  }
  Runner runner(runner_context_, job);
  if (const absl::Status status = runner.Run(); !status.ok()) {
    parts_.log_error(absl::StrCat("job ", job->name(), ": ", status.ToString()));
  }
  if (IsTerminal(job->status().state)) Forget(*job);
}

void Manager::Forget(const Job& job) {
  core::MutexLock lock(&mu_);
  const auto live = live_.find({job.owner(), job.name()});
  if (live == live_.end() || live->second.get() != &job) return;
  ended_[live->first] = live->second;
  live_.erase(live);
}

absl::Status Manager::WithUnusedDataset(const std::string& name, const std::string& version,
                                        const std::function<absl::Status()>& remove) {
  core::WriterMutexLock lock(&datasets_in_use_);
  DESCENT_ASSIGN_OR_RETURN(std::vector<std::string> jobs, parts_.jobs->JobsUsing(version, 10));
  if (jobs.empty()) return remove();
  for (std::string& job : jobs) job = absl::StrCat("jobs/", job);
  const std::string list = absl::StrJoin(jobs, ", ");
  const std::string dataset = absl::StrCat("datasets/", name);
  return core::MakeError(core::ErrorReason::kResourceInUse,
                         absl::StrCat(dataset, " is in use by ", list, "; delete ",
                                      jobs.size() == 1 ? "this job" : "these jobs", " first"),
                         {{"resource", dataset}, {"jobs", list}});
}

void Manager::Drain() {
  if (draining_.exchange(true)) return;
  if (queue_ != nullptr) queue_->Stop([](Job* job) { job->Request(jobs::Command::kDrain); });
  drained_.store(true);
  std::vector<std::shared_ptr<Job>> jobs;
  {
    core::MutexLock lock(&mu_);
    for (const auto& [key, job] : live_) jobs.push_back(job);
  }
  for (const std::shared_ptr<Job>& job : jobs) job->log()->WakeAll();
}

}  // namespace descent::jobs
