// Watchers: whatever they ask for and however slowly they read, they see the same rows and sequences, and never touch
// the job.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/jobs.h"
#include "tests/e2e/offline_run.h"
#include "tests/e2e/server_process.h"
#include "tests/e2e/watch_all.h"

namespace descent::e2e {
namespace {

v1::JobSpec RosenbrockSpec(int64_t max_steps) {
  v1::JobSpec spec = FunctionSpec("rosenbrock", max_steps);
  spec.mutable_optimizer()->mutable_adam()->set_learning_rate(0.001);
  return spec;
}

// Steps and losses of a trace: what a watcher of other columns shares with the rest.
std::vector<double> Losses(const Trace& trace) {
  std::vector<double> losses;
  for (const auto& [step, row] : trace.rows) losses.push_back(row.loss);
  return losses;
}

TEST(WatchTest, WatchersOfEveryKindSeeTheSame) {
  TemporaryDirectory directory;
  ServerProcess server(directory.path());
  const v1::Job job = CreateJob(server.channel(), RosenbrockSpec(300000), "shared");
  const Trace expected = RunOffline(job.resolved_spec(), {});

  // Two from the start, one late, one that wants the loss only: each on a connection of its own.
  std::vector<Watched> watched(4);
  const auto watch = [&](size_t index, bool late, bool loss_only) {
    const auto stub = v1::JobService::NewStub(server.channel());
    if (late) {
      // Begins when the job is some way on.
      Watched ahead;
      v1::WatchJobRequest wait;
      wait.set_name("jobs/shared");
      Watch(stub.get(), wait, &ahead, [](const v1::LogRecord& record) { return record.next_sequence() < 20000; });
    }
    v1::WatchJobRequest request;
    request.set_name("jobs/shared");
    if (loss_only) request.add_columns("loss");
    Watch(stub.get(), request, &watched[index]);
  };
  std::vector<std::thread> threads;
  threads.emplace_back(watch, 0, false, false);
  threads.emplace_back(watch, 1, false, false);
  threads.emplace_back(watch, 2, true, false);
  threads.emplace_back(watch, 3, false, true);
  for (std::thread& thread : threads) thread.join();
  const auto stub = v1::JobService::NewStub(server.channel());
  watched.push_back(WatchAll(stub.get(), "jobs/shared"));  // one after the end

  for (const Watched& one : watched) {
    EXPECT_TRUE(one.status.ok()) << one.status.error_message();
    EXPECT_EQ(one.cursor, watched[0].cursor);
    EXPECT_EQ(one.last_state.state(), v1::JOB_STATE_SUCCEEDED);
    ASSERT_EQ(one.events.size(), watched[0].events.size());
    for (size_t i = 0; i < one.events.size(); ++i) {
      EXPECT_EQ(one.events[i].SerializeAsString(), watched[0].events[i].SerializeAsString());
    }
  }
  for (const size_t index : {0, 1, 2, 4}) ExpectSameRun(watched[index].run, expected);
  EXPECT_EQ(Losses(watched[3].run), Losses(expected));
  EXPECT_TRUE(watched[3].run.parameters.empty());
}

TEST(WatchTest, AWatcherThatNeverReadsCostsTheJobNothing) {
  TemporaryDirectory directory;
  ServerProcess server(directory.path(), {"--log-budget", "4GiB"});
  // One megabyte of log per 21,845 rows: 2 parameters and 4 numbers a row.
  const int64_t kSteps = 2000000;
  const auto stub = v1::JobService::NewStub(server.channel());
  v1::JobSpec first = RosenbrockSpec(1);
  first.mutable_stopping()->set_max_steps(50000);
  CreateJob(server.channel(), first, "warm-up");
  WatchAll(stub.get(), "jobs/warm-up");
  const int64_t memory_before = server.PeakMemoryBytes();

  CreateJob(server.channel(), RosenbrockSpec(kSteps), "long");
  grpc::ClientContext context;
  v1::WatchJobRequest request;
  request.set_name("jobs/long");
  const auto idle = stub->WatchJob(&context, request);  // and nothing is read

  // Waits for the end without rows.
  v1::WatchJobRequest events = request;
  events.set_last_rows(0);
  events.add_columns("loss");
  grpc::ClientContext events_context;
  const auto end = stub->WatchJob(&events_context, events);
  v1::LogRecord record;
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  while (end->Read(&record)) {
    if (record.has_state_change()) state = record.state_change().state();
  }
  EXPECT_TRUE(end->Finish().ok());
  EXPECT_EQ(state, v1::JOB_STATE_SUCCEEDED);
  const v1::Job job = GetJob(server.channel(), "jobs/long");
  EXPECT_GE(job.log().stored_bytes(), int64_t{64} << 20);
  EXPECT_LT(server.PeakMemoryBytes() - memory_before, int64_t{48} << 20)
      << "the log is in memory for the watcher that does not read";

  // Now it reads, and nothing is missing.
  int64_t cursor = 0;
  int64_t rows = 0;
  while (idle->Read(&record)) {
    ASSERT_EQ(record.first_sequence(), cursor);
    cursor = record.next_sequence();
    rows += record.steps().row_count();
  }
  EXPECT_TRUE(idle->Finish().ok());
  EXPECT_EQ(rows, kSteps + 1);
  EXPECT_EQ(cursor, job.log().end_sequence());
}

TEST(WatchTest, StartsAndEndsWhereItIsAsked) {
  TemporaryDirectory directory;
  ServerProcess server(directory.path());
  const v1::Job job = CreateJob(server.channel(), RosenbrockSpec(1000), "ranges");
  const auto stub = v1::JobService::NewStub(server.channel());
  const Watched all = WatchAll(stub.get(), "jobs/ranges");
  const auto steps = [&](const v1::WatchJobRequest& request) {
    grpc::ClientContext context;
    const auto reader = stub->WatchJob(&context, request);
    std::vector<int64_t> steps;
    v1::LogRecord record;
    int64_t cursor = -1;
    while (reader->Read(&record)) {
      if (cursor >= 0) {
        EXPECT_EQ(record.first_sequence(), cursor);
      }
      cursor = record.next_sequence();
      for (int64_t row = 0; row < record.steps().row_count(); ++row) {
        steps.push_back(record.steps().first_step() + row * record.steps().step_stride());
      }
    }
    const grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return steps;
  };
  v1::WatchJobRequest request;
  request.set_name("jobs/ranges");
  request.set_uid(job.uid());
  request.set_start_step(500);
  request.set_end_step(503);
  EXPECT_THAT(steps(request), testing::ElementsAre(500, 501, 502, 503));
  request.set_last_rows(3);
  request.clear_end();
  EXPECT_THAT(steps(request), testing::ElementsAre(998, 999, 1000));
  request.set_last_rows(0);
  EXPECT_THAT(steps(request), testing::IsEmpty());
  request.set_start_sequence(all.cursor);
  EXPECT_THAT(steps(request), testing::IsEmpty());
  // The first events are not rows: the range counts sequences.
  request.set_start_sequence(0);
  request.set_end_sequence(5);
  EXPECT_LE(steps(request).size(), 5u);
  request.set_start_step(5000);
  request.clear_end();
  EXPECT_THAT(steps(request), testing::IsEmpty());
}

TEST(WatchTest, ALogBeyondItsBudgetThinsItsOldestAndSaysSo) {
  TemporaryDirectory directory;
  ServerProcess server(directory.path(), {"--segment-size", "1MiB"});
  v1::JobSpec spec = RosenbrockSpec(1000000);
  spec.mutable_record()->set_log_byte_budget(8 << 20);
  CreateJob(server.channel(), spec, "endless");
  const auto stub = v1::JobService::NewStub(server.channel());
  v1::WatchJobRequest request;
  request.set_name("jobs/endless");
  // Follows to the end. When retention overtakes the watch, it begins again at what is newest.
  grpc::Status followed;
  do {
    grpc::ClientContext context;
    request.set_last_rows(0);
    const auto reader = stub->WatchJob(&context, request);
    v1::LogRecord record;
    while (reader->Read(&record)) {
    }
    followed = reader->Finish();
  } while (followed.error_code() == grpc::StatusCode::OUT_OF_RANGE);
  ASSERT_TRUE(followed.ok()) << followed.error_message();

  const v1::Job job = GetJob(server.channel(), "jobs/endless");
  EXPECT_EQ(job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_GT(job.log().oldest_sequence(), 0);
  EXPECT_GT(job.log().parameters_thinned_before_step(), 0);
  EXPECT_LE(job.log().stored_bytes(), 10 << 20);
  // What is left is whole, and what is gone is refused with the oldest that is kept.
  Watched rest;
  rest.cursor = job.log().oldest_sequence();
  request.clear_start();
  Watch(stub.get(), request, &rest);
  EXPECT_TRUE(rest.status.ok());
  EXPECT_EQ(rest.run.rows.rbegin()->first, 1000000);
  std::vector<std::string> codes;
  for (const v1::LogRecord& event : rest.events) codes.push_back(event.warning().code());
  EXPECT_THAT(codes, testing::Contains("LOG_PARAMETERS_THINNED"));
  EXPECT_THAT(codes, testing::Contains("LOG_OLDEST_DROPPED"));
  Watched gone;
  Watch(stub.get(), request, &gone);
  EXPECT_EQ(gone.status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  // The newest parameters are there, the oldest are not.
  v1::GetParametersRequest parameters;
  parameters.set_name("jobs/endless");
  EXPECT_EQ(FetchParameters(stub.get(), parameters).size(), 2u);
  parameters.mutable_point()->set_step(1000);
  grpc::Status status;
  FetchParameters(stub.get(), parameters, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace descent::e2e
