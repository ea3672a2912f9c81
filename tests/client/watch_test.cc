#include "client/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/client.h"
#include "core/base/errors.h"
#include "tests/client/fake_server.h"

namespace descent::client {
namespace {

using ::testing::ElementsAre;

const grpc::Status kCut(grpc::StatusCode::UNAVAILABLE, "socket closed");

v1::LogRecord Header(int64_t sequence, const std::string& uid = "u1", v1::JobState state = v1::JOB_STATE_RUNNING) {
  v1::LogRecord record;
  record.set_first_sequence(sequence);
  record.set_next_sequence(sequence);
  record.mutable_header()->mutable_job()->set_uid(uid);
  record.mutable_header()->mutable_job()->set_state(state);
  return record;
}

v1::LogRecord Rows(int64_t first, int64_t count) {
  v1::LogRecord record;
  record.set_first_sequence(first);
  record.set_next_sequence(first + count);
  record.mutable_steps()->set_first_step(first);
  record.mutable_steps()->set_row_count(count);
  return record;
}

v1::LogRecord End(int64_t sequence) {
  v1::LogRecord record;
  record.set_first_sequence(sequence);
  record.set_next_sequence(sequence + 1);
  record.mutable_state_change()->set_state(v1::JOB_STATE_SUCCEEDED);
  return record;
}

class WatchTest : public testing::Test {
 protected:
  void SetUp() override {
    Options options;
    options.address = server_.address();
    client_ = *Client::Connect(options);
    request_.set_name("jobs/a");
    options_.retry = {absl::Milliseconds(1), absl::Milliseconds(20), absl::Minutes(1)};
  }

  // First sequence numbers of what Next gives, headers as -1; then the status.
  std::vector<int64_t> Read(Watch* watch, absl::Status* status) {
    std::vector<int64_t> sequences;
    v1::LogRecord record;
    for (;;) {
      const absl::StatusOr<bool> more = watch->Next(&record);
      *status = more.status();
      if (!more.ok() || !*more) return sequences;
      sequences.push_back(record.has_header() ? -1 : record.first_sequence());
    }
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
  v1::WatchJobRequest request_;
  WatchOptions options_;
  absl::Status status_;
};

TEST_F(WatchTest, ReadsToTheEnd) {
  server_.jobs().Expect({{Header(0), Rows(0, 3), Rows(3, 2), End(5)}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 0, 3, 5));
  EXPECT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(watch.next_sequence(), 6);
  EXPECT_EQ(watch.uid(), "u1");
  v1::LogRecord record;
  EXPECT_FALSE(*watch.Next(&record));
}

TEST_F(WatchTest, GoesOnExactlyAfterCuts) {
  request_.set_start_step(7);
  server_.jobs().Expect({{Header(10), Rows(10, 3)}, kCut});
  server_.jobs().Expect({{Header(13)}, kCut});
  server_.jobs().Expect({{}, kCut});
  server_.jobs().Expect({{Header(13), Rows(13, 1), Rows(14, 6), End(20)}, grpc::Status::OK});
  int reconnects = 0;
  options_.on_reconnect = [&](const absl::Status& reason, absl::Duration) {
    EXPECT_TRUE(absl::IsUnavailable(reason));
    ++reconnects;
  };
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 10, 13, 14, 20));
  EXPECT_TRUE(status_.ok()) << status_;
  EXPECT_GE(reconnects, 3);
  const std::vector<v1::WatchJobRequest> requests = server_.jobs().requests();
  ASSERT_EQ(requests.size(), 4);
  EXPECT_EQ(requests[0].start_step(), 7);
  EXPECT_EQ(requests[0].uid(), "");
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(requests[i].start_sequence(), 13);
    EXPECT_EQ(requests[i].uid(), "u1");
  }
}

TEST_F(WatchTest, SurvivesARestartOfTheServer) {
  server_.jobs().Expect({{Header(0), Rows(0, 3)}, grpc::Status::OK, /*hangs=*/true});
  server_.jobs().Expect({{Header(3), Rows(3, 1), End(4)}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  v1::LogRecord record;
  ASSERT_TRUE(*watch.Next(&record));
  ASSERT_TRUE(*watch.Next(&record));
  server_.Stop();
  std::thread restart([this] { server_.Start(); });
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(3, 4));
  restart.join();
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(WatchTest, ACutAfterTheLastRecordDoesNotMatter) {
  server_.jobs().Expect({{Header(0), End(0)}, kCut});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 0));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(WatchTest, LossesAndDuplicatesAreFound) {
  for (const int64_t wrong : {4, 2}) {
    server_.jobs().Expect({{Header(0), Rows(0, 3), Rows(wrong, 1)}, grpc::Status::OK});
    Watch watch(client_.get(), request_, options_);
    EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 0));
    EXPECT_TRUE(absl::IsDataLoss(status_)) << status_;
  }
  server_.jobs().Expect({{Header(0), Rows(0, 3)}, kCut});
  server_.jobs().Expect({{Header(4), Rows(4, 3)}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 0));
  EXPECT_TRUE(absl::IsDataLoss(status_)) << status_;
}

TEST_F(WatchTest, AnotherJobOfThatNameIsNotFollowed) {
  server_.jobs().Expect({{Header(0), Rows(0, 3)}, kCut});
  server_.jobs().Expect({{Header(3, "u2"), Rows(3, 3)}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 0));
  EXPECT_TRUE(absl::IsFailedPrecondition(status_)) << status_;
}

TEST_F(WatchTest, RefusalsAndAFirstConnectionThatFailsAreToldAtOnce) {
  server_.jobs().Expect({{}, kCut});
  Watch unreachable(client_.get(), request_, options_);
  EXPECT_THAT(Read(&unreachable, &status_), ElementsAre());
  EXPECT_TRUE(absl::IsUnavailable(status_)) << status_;
  server_.jobs().Expect({{Header(0)}, kCut});
  server_.jobs().Expect({{}, grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "gone")});
  Watch refused(client_.get(), request_, options_);
  EXPECT_THAT(Read(&refused, &status_), ElementsAre(-1));
  EXPECT_TRUE(absl::IsOutOfRange(status_)) << status_;
  v1::LogRecord record;
  EXPECT_EQ(refused.Next(&record).status(), status_);
}

TEST_F(WatchTest, GivesUpAfterTheTimeThatTheOptionsSay) {
  options_.retry.give_up_after = absl::Milliseconds(3);
  server_.jobs().Expect({{Header(0)}, kCut});
  for (int i = 0; i < 9; ++i) server_.jobs().Expect({{}, kCut});
  Watch watch(client_.get(), request_, options_);
  Read(&watch, &status_);
  EXPECT_TRUE(absl::IsUnavailable(status_)) << status_;
  // Waits of 1 and 2 ms are the 3 ms.
  EXPECT_EQ(server_.jobs().requests().size(), 3);
}

TEST_F(WatchTest, EndsWhereItWasAskedTo) {
  request_.set_end_step(2);
  server_.jobs().Expect({{Header(0), Rows(0, 3)}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 0));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(WatchTest, OfAnEndedJobThereMayBeNothingLeft) {
  request_.set_last_rows(0);
  server_.jobs().Expect({{Header(9, "u1", v1::JOB_STATE_FAILED)}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(WatchTest, AnEndBeforeTheJobsEndIsAnError) {
  server_.jobs().Expect({{Header(0), Rows(0, 3)}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1, 0));
  EXPECT_TRUE(absl::IsInternal(status_)) << status_;
}

TEST_F(WatchTest, CancelReachesAWatchThatWaits) {
  server_.jobs().Expect({{Header(0)}, grpc::Status::OK, /*hangs=*/true});
  Watch watch(client_.get(), request_, options_);
  v1::LogRecord record;
  ASSERT_TRUE(*watch.Next(&record));
  std::thread canceller([&] { watch.Cancel(); });
  EXPECT_TRUE(absl::IsCancelled(watch.Next(&record).status()));
  canceller.join();
}

TEST_F(WatchTest, CancelReachesAWatchThatWaitsToReconnect) {
  options_.retry = {absl::Hours(1), absl::Hours(1), absl::Hours(2)};
  Watch* waiting = nullptr;
  options_.on_reconnect = [&](const absl::Status&, absl::Duration) { waiting->Cancel(); };
  server_.jobs().Expect({{Header(0)}, kCut});
  Watch watch(client_.get(), request_, options_);
  waiting = &watch;
  Read(&watch, &status_);
  EXPECT_TRUE(absl::IsCancelled(status_)) << status_;
}

TEST_F(WatchTest, EndsAtItsDeadline) {
  options_.deadline = absl::Now() + absl::Milliseconds(50);
  server_.jobs().Expect({{Header(0)}, grpc::Status::OK, /*hangs=*/true});
  Watch watch(client_.get(), request_, options_);
  Read(&watch, &status_);
  EXPECT_TRUE(absl::IsDeadlineExceeded(status_)) << status_;
}

TEST_F(WatchTest, LeavingAWatchEarlyLetsItGo) {
  server_.jobs().Expect({{Header(0), Rows(0, 3)}, grpc::Status::OK, /*hangs=*/true});
  Watch watch(client_.get(), request_, options_);
  v1::LogRecord record;
  ASSERT_TRUE(*watch.Next(&record));
}

TEST_F(WatchTest, WaitReturnsTheEndedJob) {
  int calls = 0;
  server_.jobs().get_job = [&](const std::string& name, v1::Job* job) {
    job->set_name(name);
    job->set_uid("u1");
    job->set_state(++calls == 1 ? v1::JOB_STATE_RUNNING : v1::JOB_STATE_FAILED);
    job->mutable_log()->set_end_sequence(5);
    return grpc::Status::OK;
  };
  server_.jobs().Expect({{Header(4), Rows(4, 3), End(7)}, grpc::Status::OK});
  const absl::StatusOr<v1::Job> job = client_->Wait("jobs/a", absl::InfiniteDuration());
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(server_.jobs().requests()[0].start_sequence(), 4);
}

TEST_F(WatchTest, WaitTrustsTheLogBeforeTheJobShowsItsEnd) {
  int calls = 0;
  server_.jobs().get_job = [&](const std::string& name, v1::Job* job) {
    job->set_name(name);
    job->set_state(++calls < 4 ? v1::JOB_STATE_RUNNING : v1::JOB_STATE_SUCCEEDED);
    job->mutable_log()->set_end_sequence(5);
    return grpc::Status::OK;
  };
  // One watch, which shows that the newest record is the end, and no other.
  server_.jobs().Expect({{Header(4, ""), End(4)}, grpc::Status::OK});
  const absl::StatusOr<v1::Job> job = client_->Wait("jobs/a", absl::InfiniteDuration());
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(server_.jobs().requests().size(), 1);
}

TEST_F(WatchTest, AWatchFromTheEndOfAJobThatJustEndedIsOver) {
  v1::LogRecord header = Header(9);
  header.mutable_header()->set_end_sequence(9);
  server_.jobs().Expect({{header}, grpc::Status::OK});
  Watch watch(client_.get(), request_, options_);
  EXPECT_THAT(Read(&watch, &status_), ElementsAre(-1));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(WatchTest, WaitHasATimeout) {
  server_.jobs().get_job = [&](const std::string&, v1::Job* job) {
    job->set_state(v1::JOB_STATE_RUNNING);
    return grpc::Status::OK;
  };
  server_.jobs().Expect({{Header(0)}, grpc::Status::OK, /*hangs=*/true});
  EXPECT_TRUE(absl::IsDeadlineExceeded(client_->Wait("jobs/a", absl::Milliseconds(30)).status()));
}

TEST_F(WatchTest, ParametersAreCollectedAndCounted) {
  v1::ParameterChunk first;
  first.set_step(4);
  first.mutable_layout()->set_value_count(3);
  first.add_values(1);
  first.add_values(2);
  v1::ParameterChunk second;
  second.set_offset(2);
  second.add_values(3);
  server_.jobs().chunks = {first, second};
  const absl::StatusOr<ParameterVector> vector = client_->GetParameters({});
  ASSERT_TRUE(vector.ok()) << vector.status();
  EXPECT_EQ(vector->step, 4);
  EXPECT_THAT(vector->values, ElementsAre(1, 2, 3));
  server_.jobs().chunks = {first};
  EXPECT_TRUE(absl::IsDataLoss(client_->GetParameters({}).status()));
  second.set_offset(1);
  server_.jobs().chunks = {first, second};
  EXPECT_TRUE(absl::IsDataLoss(client_->GetParameters({}).status()));
}

TEST_F(WatchTest, CallsCarryTheTokenAndErrorsTheAddress) {
  Options options;
  options.address = server_.address();
  options.token = "secret";
  EXPECT_TRUE(absl::IsNotFound((*Client::Connect(options))->GetJob("jobs/a").status()));
  EXPECT_EQ(server_.jobs().authorization, "Bearer secret");
  options.address = "unix:/nowhere/s";
  const absl::Status status = (*Client::Connect(options))->GetJob("jobs/a").status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), testing::StartsWith("no connection to a server at unix:/nowhere/s: "));
}

}  // namespace
}  // namespace descent::client
