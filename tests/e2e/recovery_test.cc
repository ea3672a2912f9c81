// kill -9 in the middle of a job: after the restart rows, sequences and final parameters are those of a run of core
// alone that was never interrupted, bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "descent/v1/dataset_service.grpc.pb.h"
#include "tests/e2e/jobs.h"
#include "tests/e2e/offline_run.h"
#include "tests/e2e/server_process.h"
#include "tests/e2e/watch_all.h"

namespace descent::e2e {
namespace {

constexpr int64_t kSteps = 400000;

// Momentum, a schedule, mini-batches and a best-so-far: all that a checkpoint must carry. Takes seconds: long enough
// that three deaths find it running.
v1::JobSpec RecoverySpec(const std::string& dataset) {
  v1::JobSpec spec;
  v1::DatasetProblem* problem = spec.mutable_problem()->mutable_dataset();
  problem->set_dataset(dataset);
  problem->mutable_model()->mutable_mlp()->add_hidden_sizes(16);
  problem->mutable_loss()->mutable_cross_entropy();
  problem->mutable_preprocessing()->set_scaling(v1::SCALING_STANDARDIZE);
  spec.mutable_optimizer()->mutable_sgd()->set_learning_rate(0.05);
  spec.mutable_optimizer()->mutable_sgd()->set_momentum(0.9);
  spec.mutable_schedule()->mutable_cosine();
  spec.mutable_batch()->mutable_mini_batch()->set_size(16);
  spec.set_seed(7);
  spec.mutable_stopping()->set_max_steps(kSteps);
  spec.mutable_evaluation()->set_held_out_fraction(0.2);
  spec.mutable_evaluation()->mutable_every()->set_steps(10000);
  spec.mutable_record()->set_parameters_every_steps(1000);
  spec.mutable_record()->set_checkpoint_seconds(0.05);
  return spec;
}

// What the server had told when it was killed.
struct Moment {
  int64_t checkpoint_step = 0;
  int64_t durable_step = -1;
};

// Watches until rows beyond a checkpoint were seen, `extra` records more, and kills the server.
Moment KillBeyondCheckpoint(ServerProcess* server, const std::string& job, int extra, Watched* watched) {
  const auto stub = v1::JobService::NewStub(server->channel());
  Moment moment;
  int64_t first_checkpoint = -1;
  v1::WatchJobRequest request;
  request.set_name(job);
  Watch(stub.get(), request, watched, [&](const v1::LogRecord& record) {
    if (record.has_checkpoint()) moment.checkpoint_step = record.checkpoint().step();
    if (record.has_checkpoint() && first_checkpoint < 0) first_checkpoint = record.checkpoint().step();
    if (record.has_steps()) moment.durable_step = record.steps().first_step() + record.steps().row_count() - 1;
    return moment.checkpoint_step == 0 || moment.durable_step <= moment.checkpoint_step || --extra > 0;
  });
  server->Kill();
  return moment;
}

TEST(RecoveryTest, AKilledJobEndsAsIfNothingHadHappened) {
  TemporaryDirectory directory;
  auto server = std::make_unique<ServerProcess>(directory.path());
  const std::string dataset = UploadFile(server->channel(), "examples/data/iris.csv", "iris");
  const v1::Job created = CreateJob(server->channel(), RecoverySpec(dataset), "killed");
  const Trace expected = RunOffline(created.resolved_spec(), LoadExample("examples/data/iris.csv"));

  Watched watched;
  std::mt19937 random(20261121);
  Moment moment;
  for (int round = 0; round < 3; ++round) {
    moment = KillBeyondCheckpoint(server.get(), "jobs/killed", 1 + static_cast<int>(random() % 8), &watched);
    ASSERT_GT(moment.checkpoint_step, 0);
    ASSERT_GT(moment.durable_step, moment.checkpoint_step);
    ASSERT_LT(moment.durable_step, kSteps);
    server = std::make_unique<ServerProcess>(directory.path());
  }
  const auto stub = v1::JobService::NewStub(server->channel());
  v1::WatchJobRequest request;
  request.set_name("jobs/killed");
  Watch(stub.get(), request, &watched);
  ASSERT_TRUE(watched.status.ok()) << watched.status.error_message();
  EXPECT_EQ(watched.last_state.state(), v1::JOB_STATE_SUCCEEDED) << watched.last_state.message();

  // One watcher through three deaths of the server, and one that replays it all, see the same.
  ExpectSameRun(watched.run, expected);
  const Watched replayed = WatchAll(stub.get(), "jobs/killed");
  ExpectSameRun(replayed.run, expected);
  EXPECT_EQ(replayed.cursor, watched.cursor);
  ASSERT_EQ(replayed.events.size(), watched.events.size());
  for (size_t i = 0; i < replayed.events.size(); ++i) {
    EXPECT_EQ(replayed.events[i].SerializeAsString(), watched.events[i].SerializeAsString());
  }
  v1::GetParametersRequest parameters;
  parameters.set_name("jobs/killed");
  EXPECT_EQ(FetchParameters(stub.get(), parameters), expected.kept);

  const v1::Job job = GetJob(server->channel(), "jobs/killed");
  EXPECT_EQ(job.attempt(), 4);
  // What the last attempt did begins at its checkpoint, not at the start.
  EXPECT_LE(job.attempt_executed_steps(), kSteps - moment.checkpoint_step);
}

TEST(RecoveryTest, APausedJobGoesOnAfterARestartAsIfNothingHadHappened) {
  TemporaryDirectory directory;
  auto server = std::make_unique<ServerProcess>(directory.path());
  const std::string dataset = UploadFile(server->channel(), "examples/data/iris.csv", "iris");
  const v1::Job created = CreateJob(server->channel(), RecoverySpec(dataset), "paused");
  {
    const auto stub = v1::JobService::NewStub(server->channel());
    Watched watched;
    v1::WatchJobRequest request;
    request.set_name("jobs/paused");
    Watch(stub.get(), request, &watched, [](const v1::LogRecord& record) { return !record.has_evaluation(); });
    grpc::ClientContext context;
    v1::PauseJobRequest pause;
    pause.set_name("jobs/paused");
    v1::Job job;
    ASSERT_TRUE(stub->PauseJob(&context, pause, &job).ok());
    EXPECT_EQ(job.state(), v1::JOB_STATE_PAUSED);
  }
  EXPECT_EQ(server->Terminate(), 0);
  server = std::make_unique<ServerProcess>(directory.path());
  EXPECT_EQ(GetJob(server->channel(), "jobs/paused").state(), v1::JOB_STATE_PAUSED);
  const auto stub = v1::JobService::NewStub(server->channel());
  grpc::ClientContext context;
  v1::ResumeJobRequest resume;
  resume.set_name("jobs/paused");
  v1::Job job;
  ASSERT_TRUE(stub->ResumeJob(&context, resume, &job).ok());
  const Watched watched = WatchAll(stub.get(), "jobs/paused");
  EXPECT_EQ(watched.last_state.state(), v1::JOB_STATE_SUCCEEDED) << watched.last_state.message();
  ExpectSameRun(watched.run, RunOffline(created.resolved_spec(), LoadExample("examples/data/iris.csv")));
}

TEST(RecoveryTest, SigtermEndsAWatchWithItsCursorAndTheJobGoesOn) {
  TemporaryDirectory directory;
  auto server = std::make_unique<ServerProcess>(directory.path());
  const std::string dataset = UploadFile(server->channel(), "examples/data/iris.csv", "iris");
  const v1::Job created = CreateJob(server->channel(), RecoverySpec(dataset), "drained");
  Watched watched;
  v1::WatchJobRequest request;
  request.set_name("jobs/drained");
  bool terminated = false;
  Watch(v1::JobService::NewStub(server->channel()).get(), request, &watched, [&](const v1::LogRecord& record) {
    if (record.has_evaluation() && !terminated) {
      terminated = true;
      kill(server->pid(), SIGTERM);
    }
    return true;
  });
  EXPECT_EQ(watched.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(watched.status.error_message(), testing::HasSubstr("start_sequence"));
  EXPECT_EQ(watched.last_state.reason(), v1::STATE_REASON_SERVER_DRAINING);
  EXPECT_EQ(server->Terminate(), 0);
  server = std::make_unique<ServerProcess>(directory.path());
  Watch(v1::JobService::NewStub(server->channel()).get(), request, &watched);
  EXPECT_TRUE(watched.status.ok()) << watched.status.error_message();
  ExpectSameRun(watched.run, RunOffline(created.resolved_spec(), LoadExample("examples/data/iris.csv")));
}

}  // namespace
}  // namespace descent::e2e
