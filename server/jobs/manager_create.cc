// Manager's creation of jobs: from a spec as given to a durable, queued job.
#include <openssl/rand.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/errors.h"
#include "core/base/resource_id.h"
#include "core/base/status.h"
#include "server/jobs/manager.h"

namespace descent::jobs {
namespace {

// How long a request id protects a retry.
constexpr absl::Duration kRequestLifetime = absl::Hours(24);

std::string RandomBytes(int count) {
  std::string bytes(static_cast<size_t>(count), '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), count);
  return bytes;
}

// `rosenbrock-3f2a9c`: what it trains on and a random end.
std::string MakeName(const core::JobSpec& spec) {
  std::string stem;
  const std::string& what = spec.function.has_value() ? *spec.function : core::TrainingDataset(spec);
  for (const char c : what.empty() ? std::string("formula") : what) {
    stem += absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '-';
  }
  return absl::StrCat(stem.substr(0, 50), "-", absl::BytesToHexString(RandomBytes(3)));
}

}  // namespace

absl::StatusOr<JobView> Manager::CreateJob(CreateRequest request) {
  if (draining()) return core::MakeError(core::ErrorReason::kDraining, "the server is going away; try again");
  core::Violations violations = std::move(request.violations);
  if (!request.job_id.empty() && !core::IsResourceId(request.job_id)) {
    violations.Add("job_id",
                   absl::StrCat("must be lower-case letters, digits and hyphens, begin with a letter and have "
                                "at most 63 characters, was \"",
                                request.job_id.substr(0, 100), "\""));
  }
  if (request.request_id.size() > 64) {
    violations.Add("request_id", absl::StrCat("has ", request.request_id.size(), " bytes, at most 64 are allowed"));
  }
  core::ValidateSpec(request.spec, "spec", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());

  std::unique_ptr<core::MutexLock> request_lock;
  if (!request.request_id.empty() && !request.validate_only) {
    request_lock = std::make_unique<core::MutexLock>(&requests_);
    DESCENT_ASSIGN_OR_RETURN(std::optional<JobView> made, FindRequest(request));
    if (made.has_value()) return *std::move(made);
  }
  if (!request.validate_only) DESCENT_RETURN_IF_ERROR(parts_.check_room());
  core::ReaderMutexLock datasets(&datasets_in_use_);
  DESCENT_ASSIGN_OR_RETURN(JobView view, Resolve(request));
  if (request.validate_only) return view;
  return InsertJob(request, std::move(view.record), std::move(view.spec));
}

absl::StatusOr<std::optional<JobView>> Manager::FindRequest(const CreateRequest& request) {
  DESCENT_ASSIGN_OR_RETURN(
      const std::optional<JobRecord> made,
      parts_.jobs->FindRequest(request.owner, request.request_id, parts_.env->Now() - kRequestLifetime));
  if (!made.has_value()) return std::nullopt;
  if (made->request_fingerprint != request.fingerprint) {
    return core::MakeError(core::ErrorReason::kRequestIdReused,
                           absl::StrCat("request_id \"", request.request_id, "\" was used for jobs/", made->name,
                                        " with another body; use a new id for a new job"),
                           {{"request_id", request.request_id}});
  }
  DESCENT_ASSIGN_OR_RETURN(JobView view, Get(request.owner, made->name));
  return view;
}

// Everything that would be stored, without storing it.
absl::StatusOr<JobView> Manager::Resolve(const CreateRequest& request) {
  JobView view;
  JobRecord* record = &view.record;
  core::Violations violations;
  core::JobSpec spec = request.spec;
  core::TrainingData data;
  DESCENT_RETURN_IF_ERROR(ResolveDatasets(request.owner, &spec, &data, record, &violations));
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  const core::PreparedProblem problem = core::PrepareProblem(spec, data, "spec", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  const std::string random = RandomBytes(4);
  uint64_t seed = 0;
  for (const char c : random) seed = seed << 8 | static_cast<unsigned char>(c);
  view.spec = core::ResolveSpec(spec, problem.shape, options_.limits, seed, "spec", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  view.facts = {problem.layout, problem.classes};

  record->owner = request.owner;
  record->name = request.job_id;
  record->labels = view.spec.labels;
  record->given_spec = request.given_spec;
  record->resolved_spec = parts_.encode_spec(view.spec);
  record->facts = EncodeFacts(view.facts);
  record->build = options_.build;
  record->state = JobState::kQueued;
  record->create_time = parts_.env->Now();
  record->request_id = request.request_id;
  record->request_fingerprint = request.fingerprint;
  view.status.state = JobState::kQueued;
  view.status.reason = StateReason::kWaitsForCapacity;
  view.status.message = absl::StrCat("waits until one of the server's ", options_.max_running_jobs, " places is free");
  view.status.state_time = record->create_time;
  record->details = EncodeStatus(view.status);
  return view;
}

absl::Status Manager::ResolveDatasets(const std::string& owner, core::JobSpec* spec, core::TrainingData* data,
                                      JobRecord* record, core::Violations* violations) {
  if (!core::TrainsOnData(*spec)) return absl::OkStatus();
  // One dataset: its present version, unless the spec pins one.
  const auto resolve = [&](const std::string& name, std::string* version, absl::string_view path,
                           std::shared_ptr<const core::Table>* table) -> absl::Status {
    absl::StatusOr<std::string> present = parts_.data->Version(owner, name);
    if (absl::IsNotFound(present.status())) {
      violations->Add(path, present.status().message());
      return absl::OkStatus();
    }
    if (!present.ok()) return present.status();
    if (!version->empty() && *version != *present) {
      violations->Add(absl::StrCat(path, "_version"),
                      absl::StrCat("is ", *version, ", but datasets/", name, " has version ", *present,
                                   "; leave it out to take the present one"));
      return absl::OkStatus();
    }
    *version = *present;
    record->dataset_versions.push_back(*version);
    DESCENT_ASSIGN_OR_RETURN(*table, parts_.data->Load(*version));
    return absl::OkStatus();
  };
  record->dataset = core::TrainingDataset(*spec);
  if (spec->formula.has_value()) {
    DESCENT_RETURN_IF_ERROR(
        resolve(record->dataset, &spec->formula->dataset_version, "spec.problem.formula.dataset", &data->table));
  } else {
    DESCENT_RETURN_IF_ERROR(
        resolve(record->dataset, &spec->dataset->dataset_version, "spec.problem.dataset.dataset", &data->table));
  }
  core::Config& evaluation = spec->evaluation;
  if (evaluation.info() == nullptr || !evaluation.has("dataset")) return absl::OkStatus();
  std::string version = evaluation.has("dataset_version") ? evaluation.text("dataset_version") : "";
  DESCENT_RETURN_IF_ERROR(
      resolve(evaluation.text("dataset"), &version, "spec.evaluation.dataset", &data->evaluation_table));
  evaluation.SetText("dataset_version", version);
  return absl::OkStatus();
}

absl::StatusOr<JobView> Manager::InsertJob(const CreateRequest& request, JobRecord record, core::JobSpec spec) {
  record.uid = RandomBytes(16);
  DESCENT_ASSIGN_OR_RETURN(JobStatus status, DecodeStatus(record.details));
  for (int attempt = 0;; ++attempt) {
    if (request.job_id.empty()) record.name = MakeName(spec);
    Announce({record.owner, record.name});
    const absl::Status inserted = parts_.jobs->Insert(&record);
    if (inserted.ok()) break;
    Settle({record.owner, record.name}, nullptr);
    const bool may_retry = absl::IsAlreadyExists(inserted) && request.job_id.empty() && attempt < 10;
    if (!may_retry) return inserted;
  }
  const Key key(record.owner, record.name);
  absl::StatusOr<std::shared_ptr<StepLog>> log = StepLog::Open(parts_.logs, record.uid);
  if (!log.ok()) {
    parts_.jobs->Delete(record.uid).IgnoreError();
    Settle(key, nullptr);
    return log.status();
  }
  auto job = std::make_shared<Job>(std::move(record), std::move(spec), std::move(status), *std::move(log), parts_.jobs,
                                   parts_.env);
  Settle(key, job);
  queue_->Add(job);
  return View(*job);
}

void Manager::Announce(const Key& key) {
  core::MutexLock lock(&mu_);
  const auto is_settled = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return creating_.count(key) == 0; };
  mu_.Await(is_settled);
  creating_.insert(key);
}

void Manager::Settle(const Key& key, std::shared_ptr<Job> job) {
  core::MutexLock lock(&mu_);
  creating_.erase(key);
  if (job != nullptr) live_[key] = std::move(job);
}

}  // namespace descent::jobs
