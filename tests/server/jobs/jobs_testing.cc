#include "tests/server/jobs/jobs_testing.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/core/training/test_specs.h"

namespace descent::jobs {

core::ErrorReason ReasonOf(const absl::Status& status) {
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(core::GetErrorInfo(status).has_reason) << status;
  return core::GetErrorInfo(status).reason;
}

OneTable::OneTable() : table_(core::SyntheticTable(200, 3, 0)) {}

absl::StatusOr<std::string> OneTable::Version(const std::string&, const std::string& dataset) {
  core::MutexLock lock(&mu_);
  if (removed_ || dataset != "data") {
    return core::MakeError(core::ErrorReason::kResourceNotFound, absl::StrCat("there is no datasets/", dataset));
  }
  return std::string("v1");
}

absl::StatusOr<std::shared_ptr<const core::Table>> OneTable::Load(const std::string& version) {
  core::MutexLock lock(&mu_);
  if (removed_ || version != "v1") return absl::InternalError("a job lost its dataset");
  return table_;
}

void OneTable::Remove() {
  core::MutexLock lock(&mu_);
  removed_ = true;
}

JobServer::JobServer(int places, int64_t segment_bytes) : places_(places), segment_bytes_(segment_bytes) {
  std::string pattern = (std::filesystem::temp_directory_path() / "descent_jobs_XXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  Start();
}

JobServer::~JobServer() {
  Stop();
  std::filesystem::remove_all(directory_);
}

void JobServer::Start() {
  database_ = *store::SqliteDatabase::Open(core::Env::Posix(), directory_ + "/descent.db");
  jobs_ = *store::SqliteJobStore::Create(database_.get());
  store::SegmentLogOptions log_options;
  log_options.segment_bytes = segment_bytes_;
  logs_ = *store::SegmentLogStore::Create(&env_, "/data/logs", log_options);
  checkpoints_ = *store::FileCheckpointStore::Create(&env_, "/data/checkpoints");
  ManagerOptions options;
  options.max_running_jobs = places_;
  options.limits.max_threads = 4;
  options.build = "test";
  ManagerParts parts;
  parts.env = &env_;
  parts.jobs = jobs_.get();
  parts.logs = logs_.get();
  parts.checkpoints = checkpoints_.get();
  parts.data = &data_;
  parts.encode_spec = [this](const core::JobSpec& spec) {
    core::MutexLock lock(&specs_mu_);
    std::string key = absl::StrCat("spec ", specs_.size());
    specs_.emplace(key, spec);
    return key;
  };
  parts.decode_spec = [this](const std::string& key) -> absl::StatusOr<core::JobSpec> {
    core::MutexLock lock(&specs_mu_);
    return specs_.at(key);
  };
  parts.check_room = [] { return absl::OkStatus(); };
  parts.log_error = [](const std::string& error) { std::fprintf(stderr, "%s\n", error.c_str()); };
  absl::StatusOr<std::unique_ptr<Manager>> manager = Manager::Create(std::move(options), std::move(parts));
  ASSERT_TRUE(manager.ok()) << manager.status();
  manager_ = *std::move(manager);
}

void JobServer::Stop() {
  manager_.reset();
  checkpoints_.reset();
  logs_.reset();
  jobs_.reset();
  database_.reset();
}

CreateRequest JobServer::RequestOf(const core::JobSpec& spec, const std::string& job_id) {
  CreateRequest request;
  request.owner = kOwner;
  request.job_id = job_id;
  request.spec = spec;
  return request;
}

std::string JobServer::Create(const core::JobSpec& spec, const std::string& job_id) {
  const absl::StatusOr<JobView> made = manager_->CreateJob(RequestOf(spec, job_id));
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->record.name : "none";
}

JobView JobServer::Get(const std::string& name) {
  const absl::StatusOr<JobView> view = manager_->Get(kOwner, name);
  EXPECT_TRUE(view.ok()) << view.status();
  return view.ok() ? *view : JobView();
}

std::shared_ptr<Job> JobServer::Find(const std::string& name) {
  const absl::StatusOr<std::shared_ptr<Job>> job = manager_->Find(kOwner, name);
  EXPECT_TRUE(job.ok()) << job.status();
  return *job;
}

absl::StatusOr<JobView> JobServer::Cancel(const std::string& name) {
  Answer<absl::StatusOr<JobView>> answer;
  manager_->Cancel(kOwner, name, answer.Callback());
  return answer.Wait();
}

absl::StatusOr<JobView> JobServer::Pause(const std::string& name) {
  Answer<absl::StatusOr<JobView>> answer;
  manager_->Pause(kOwner, name, answer.Callback());
  return answer.Wait();
}

JobStatus JobServer::AwaitStatus(const std::string& name, const std::function<bool(const JobStatus&)>& until) {
  return AwaitStatus(Find(name), until);
}

JobStatus JobServer::AwaitStatus(const std::shared_ptr<Job>& job, const std::function<bool(const JobStatus&)>& until) {
  Answer<bool> answer;
  job->WhenStatus(until, [callback = answer.Callback()] { callback(true); });
  answer.Wait();
  return job->status();
}

void JobServer::AwaitState(const std::string& name, JobState state) {
  AwaitStatus(name, [state](const JobStatus& status) { return status.state == state; });
}

JobStatus JobServer::AwaitEnd(const std::string& name) {
  return AwaitStatus(name, [](const JobStatus& status) { return IsTerminal(status.state); });
}

core::JobSpec EndlessSpec() {
  core::JobSpec spec = core::FunctionSpec("rosenbrock", "sgd", {{"learning_rate", 1e-12}});
  spec.stopping = core::StoppingAfter(int64_t{1} << 50);
  spec.record = core::RecordEvery(1000, 0);
  return spec;
}

core::JobSpec ShortSpec(int64_t steps) {
  core::JobSpec spec = core::FunctionSpec("rosenbrock", "adam", {{"learning_rate", 1e-4}});
  spec.stopping = core::StoppingAfter(steps);
  return spec;
}

core::JobSpec TableSpec(int64_t steps) {
  core::JobSpec spec = core::DatasetSpec("linear", "adam", {{"learning_rate", 1e-4}});
  spec.dataset->dataset = "data";
  spec.batch = core::BatchOf("mini_batch", 16);
  spec.stopping = core::StoppingAfter(steps);
  spec.evaluation = core::EvaluationEvery(100);
  spec.execution = core::Config(&core::ExecutionInfo());
  spec.execution.SetInteger("threads", 2);
  return spec;
}

LoggedRows ReadLog(const StepLog& log) {
  LoggedRows read;
  const StepLog::Extent extent = log.extent();
  for (int64_t sequence = extent.oldest_sequence; sequence < extent.end_sequence;) {
    const absl::StatusOr<std::optional<StepLog::Piece>> piece = log.Read(sequence);
    EXPECT_TRUE(piece.ok() && piece->has_value()) << sequence << piece.status();
    if (!piece.ok() || !piece->has_value()) break;
    const RecordHeader& header = (*piece)->header;
    EXPECT_EQ(header.first_sequence, sequence);
    sequence = header.next_sequence;
    if (header.kind == RecordKind::kStateChange) read.states.push_back(DecodeStateChange(*(*piece)->payload)->state);
    if (header.kind != RecordKind::kRows) continue;
    const absl::StatusOr<RowsView> rows = ParseRows(*(*piece)->payload);
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (int64_t row = 0; row < rows->rows; ++row) {
      read.steps.push_back(rows->first_step + row * rows->step_stride);
      for (int column = 0; column < kRowColumns; ++column) {
        read.values.push_back(rows->value(static_cast<RowColumn>(column), row));
      }
    }
  }
  return read;
}

void ExpectRowsOfUninterruptedRun(JobServer& server, const std::string& name, bool whole) {
  const std::shared_ptr<Job> job = server.Find(name);
  core::TrainingData data;
  if (job->spec().dataset.has_value()) data.table = server.data().table();
  absl::StatusOr<std::unique_ptr<core::Trainer>> trainer = core::Trainer::Create(job->spec(), data);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  core::RunRecord expected = core::RunToEnd(trainer->get());
  LoggedRows logged = ReadLog(*job->log());
  if (!whole && logged.steps.size() < expected.steps.size()) {
    expected.steps.resize(logged.steps.size());
    expected.values.resize(logged.values.size());
  }
  EXPECT_EQ(logged.steps, expected.steps) << name;
  EXPECT_TRUE(core::SameBits(logged.values, expected.values)) << name;
}

}  // namespace descent::jobs
