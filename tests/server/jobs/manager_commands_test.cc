#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/jobs/manager.h"
#include "tests/server/jobs/jobs_testing.h"

namespace descent::jobs {
namespace {

using core::ErrorReason;

// A server with one place, and a job in the state that a test wants.
class ManagerCommandsTest : public ::testing::Test {
 protected:
  std::string JobIn(JobState state) {
    const std::string name = server_.Create(state == JobState::kSucceeded ? ShortSpec(50) : EndlessSpec());
    switch (state) {
      case JobState::kQueued:
        break;  // the place is taken by then
      case JobState::kPaused:
        server_.AwaitState(name, JobState::kRunning);
        EXPECT_TRUE(server_.Pause(name).ok());
        break;
      case JobState::kCancelled:
        EXPECT_TRUE(server_.Cancel(name).ok());
        break;
      default:
        server_.AwaitState(name, state);
    }
    return name;
  }
  void TakeThePlace() { server_.AwaitState(server_.Create(EndlessSpec(), "first"), JobState::kRunning); }
  absl::Status Delete(const std::string& name) { return server_.manager().Delete(kOwner, name); }
  absl::Status Resume(const std::string& name) { return server_.manager().Resume(kOwner, name).status(); }

  JobServer server_{1};
};

TEST_F(ManagerCommandsTest, OfAQueuedJob) {
  TakeThePlace();
  const std::string paused = JobIn(JobState::kQueued);
  const std::string cancelled = JobIn(JobState::kQueued);
  EXPECT_EQ(server_.Get(cancelled).jobs_ahead, 1);
  EXPECT_EQ(ReasonOf(Resume(paused)), ErrorReason::kWrongState);
  EXPECT_EQ(ReasonOf(Delete(paused)), ErrorReason::kWrongState);
  EXPECT_EQ(server_.Pause(paused)->status.state, JobState::kPaused);
  EXPECT_EQ(server_.Get(cancelled).jobs_ahead, 0);
  EXPECT_EQ(server_.Cancel(cancelled)->status.state, JobState::kCancelled);
  EXPECT_EQ(server_.Get(cancelled).log.last_step, -1);
  EXPECT_TRUE(Delete(cancelled).ok());
}

TEST_F(ManagerCommandsTest, OfARunningJob) {
  const std::string paused = JobIn(JobState::kRunning);
  EXPECT_EQ(ReasonOf(Resume(paused)), ErrorReason::kWrongState);
  EXPECT_EQ(ReasonOf(Delete(paused)), ErrorReason::kWrongState);
  EXPECT_EQ(server_.Pause(paused)->status.state, JobState::kPaused);
  const std::string cancelled = JobIn(JobState::kRunning);
  const absl::StatusOr<JobView> view = server_.Cancel(cancelled);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->status.state, JobState::kCancelled);
  EXPECT_EQ(view->status.termination->reason, core::TerminationReason::kCancelled);
  EXPECT_EQ(view->log.last_step, view->status.termination->step);
}

TEST_F(ManagerCommandsTest, OfAPausedJob) {
  const std::string name = JobIn(JobState::kPaused);
  EXPECT_TRUE(server_.Pause(name).ok());  // it is
  EXPECT_EQ(ReasonOf(Delete(name)), ErrorReason::kWrongState);
  EXPECT_TRUE(Resume(name).ok());
  server_.AwaitState(name, JobState::kRunning);
  EXPECT_EQ(server_.Get(name).status.attempt, 2);
  EXPECT_TRUE(server_.Pause(name).ok());
  EXPECT_EQ(server_.Cancel(name)->status.state, JobState::kCancelled);
}

TEST_F(ManagerCommandsTest, OfAJobThatIsOver) {
  for (const JobState state : {JobState::kSucceeded, JobState::kCancelled}) {
    const std::string name = JobIn(state);
    EXPECT_EQ(ReasonOf(Resume(name)), ErrorReason::kWrongState);
    EXPECT_EQ(ReasonOf(server_.Pause(name).status()), ErrorReason::kWrongState);
    EXPECT_EQ(server_.Cancel(name).ok(), state == JobState::kCancelled);
    EXPECT_TRUE(Delete(name).ok());
    EXPECT_EQ(ReasonOf(Delete(name)), ErrorReason::kResourceNotFound);
    EXPECT_EQ(ReasonOf(server_.Cancel(name).status()), ErrorReason::kResourceNotFound);
  }
}

TEST_F(ManagerCommandsTest, ManyPausesInTheMiddleChangeNoBit) {
  const std::string name = server_.Create(TableSpec(4'000));
  for (int i = 0; i < 10; ++i) {
    if (!server_.Pause(name).ok()) break;  // it was quicker
    ASSERT_TRUE(Resume(name).ok());
  }
  EXPECT_EQ(server_.AwaitEnd(name).state, JobState::kSucceeded);
  ExpectRowsOfUninterruptedRun(server_, name);
}

// Commands of many clients about few short jobs. Every one is answered, and what ran is what would have run
// undisturbed.
TEST(ManagerRacesTest, CommandsAndEnds) {
  constexpr int kJobs = 12;
  JobServer server(3);
  std::vector<std::string> names;
  for (int i = 0; i < kJobs; ++i) names.push_back(server.Create(ShortSpec(2'000 + 500 * i)));
  OnThreads(6, [&](int thread) {
    uint64_t random = static_cast<uint64_t>(thread);
    for (int turn = 0; turn < 60; ++turn) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const std::string& name = names[(random >> 33) % kJobs];
      const uint64_t command = random >> 50 & 15;
      absl::Status status;
      if (command == 0) {
        status = server.Cancel(name).status();
      } else if (command < 8) {
        status = server.Pause(name).status();
      } else {
        status = server.manager().Resume(kOwner, name).status();
      }
      if (status.ok()) continue;
      ASSERT_EQ(ReasonOf(status), ErrorReason::kWrongState) << status;
    }
  });
  for (const std::string& name : names) {
    // What is still paused goes on; an error means that it was not.
    server.manager().Resume(kOwner, name).IgnoreError();
    const JobStatus status = server.AwaitEnd(name);
    EXPECT_TRUE(status.state == JobState::kSucceeded || status.state == JobState::kCancelled) << status.message;
    ExpectRowsOfUninterruptedRun(server, name, status.state == JobState::kSucceeded);
  }
}

// One name, made and deleted again and again: no job takes another one for itself.
TEST(ManagerRacesTest, ANameThatComesAndGoes) {
  constexpr int kRounds = 40;
  JobServer server(2);
  std::atomic<bool> is_over = false;
  OnThreads(4, [&](int thread) {
    if (thread == 0) {
      for (int round = 0; round < kRounds; ++round) {
        const absl::StatusOr<JobView> made = server.manager().CreateJob(JobServer::RequestOf(ShortSpec(30), "same"));
        ASSERT_TRUE(made.ok()) << made.status();
        const absl::StatusOr<std::shared_ptr<Job>> job = server.manager().Find(kOwner, "same");
        ASSERT_TRUE(job.ok()) << job.status();
        ASSERT_EQ((*job)->uid(), made->record.uid);
        server.AwaitEnd("same");
        const absl::Status deleted = server.manager().Delete(kOwner, "same");
        ASSERT_TRUE(deleted.ok()) << deleted;
      }
      is_over = true;
      return;
    }
    while (!is_over) {
      const absl::Status status = thread == 1   ? server.Cancel("same").status()
                                  : thread == 2 ? server.manager().Get(kOwner, "same").status()
                                                : server.Pause("same").status();
      if (thread == 3 && status.ok()) server.manager().Resume(kOwner, "same").IgnoreError();
      // Deleted while it was looked at: a read of its log may say so in its own way.
      EXPECT_TRUE(status.ok() || absl::IsNotFound(status) || absl::IsFailedPrecondition(status)) << status;
    }
  });
}

}  // namespace
}  // namespace descent::jobs
