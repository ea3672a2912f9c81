// Jobs go on after a restart, a power loss and a failing disk as if nothing had happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/jobs/manager.h"
#include "tests/server/jobs/jobs_testing.h"

namespace descent::jobs {
namespace {

using core::ErrorReason;
using ::testing::Contains;

// Waits until a job has recorded `step`, or is over.
void AwaitStep(JobServer& server, const std::string& name, int64_t step) {
  const std::shared_ptr<Job> job = server.Find(name);
  while (job->log()->extent().last_step < step && job->status().state == JobState::kRunning) {
    Answer<bool> longer;
    job->log()->WhenLonger(job->log()->end_sequence(), [callback = longer.Callback()] { callback(true); });
    longer.Wait();
  }
}

TEST(ManagerRecoveryTest, DrainedJobsGoOnBitForBit) {
  JobServer server(2);
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) names.push_back(server.Create(i % 2 == 0 ? TableSpec(3'000) : ShortSpec(30'000)));
  const std::string paused = server.Create(ShortSpec(500));
  ASSERT_TRUE(server.Pause(paused).ok() || server.Get(paused).status.state == JobState::kSucceeded);
  const bool was_paused = server.Get(paused).status.state == JobState::kPaused;
  for (int restart = 0; restart < 5; ++restart) {
    server.AwaitStatus(names[0], [](const JobStatus& status) { return status.state != JobState::kQueued; });
    AwaitStep(server, names[0], 200 * restart);
    server.Stop();
    server.Start();
  }
  for (const std::string& name : names) {
    EXPECT_EQ(server.AwaitEnd(name).state, JobState::kSucceeded);
    ExpectRowsOfUninterruptedRun(server, name);
  }
  if (was_paused) {
    EXPECT_EQ(server.Get(paused).status.state, JobState::kPaused);
    EXPECT_TRUE(server.manager().Resume(kOwner, paused).ok());
  }
  EXPECT_EQ(server.AwaitEnd(paused).state, JobState::kSucceeded);
  ExpectRowsOfUninterruptedRun(server, paused);
}

TEST(ManagerRecoveryTest, ADrainingServerTellsEverybody) {
  JobServer server(1);
  const std::string running = server.Create(EndlessSpec());
  const std::string queued = server.Create(EndlessSpec());
  server.AwaitState(running, JobState::kRunning);
  Answer<bool> watcher;
  const std::shared_ptr<Job> waits = server.Find(queued);
  waits->log()->WhenLonger(waits->log()->end_sequence(), [callback = watcher.Callback()] { callback(true); });
  // Commands that come while it drains are answered.
  OnThreads(4, [&](int thread) {
    if (thread == 0) return server.manager().Drain();
    const absl::StatusOr<JobView> view = thread == 1 ? server.Pause(running) : server.Cancel(running);
    if (view.ok()) return;
    const ErrorReason reason = ReasonOf(view.status());
    EXPECT_TRUE(reason == ErrorReason::kDraining || reason == ErrorReason::kWrongState) << view.status();
  });
  EXPECT_TRUE(server.manager().drained());
  EXPECT_TRUE(watcher.HasCome());
  EXPECT_EQ(ReasonOf(server.manager().CreateJob(JobServer::RequestOf(ShortSpec(10))).status()), ErrorReason::kDraining);
  EXPECT_NE(server.Get(running).status.state, JobState::kRunning);
  EXPECT_EQ(server.Get(queued).status.state, JobState::kQueued);
}

// Wherever the power goes, each job ends with the rows of a run that never lost it.
TEST(ManagerRecoveryTest, PowerLossCostsNoBit) {
  for (int64_t changes = 5; changes < 120; changes += 23) {
    JobServer server(2);
    const std::vector<std::string> names = {server.Create(ShortSpec(20'000)), server.Create(TableSpec(1'000))};
    std::vector<std::shared_ptr<Job>> jobs;  // those that are over can be found on the disk only
    for (const std::string& name : names) jobs.push_back(server.Find(name));
    server.env().LosePowerAfter(changes);
    for (const std::shared_ptr<Job>& job : jobs) {
      JobServer::AwaitStatus(job, [](const JobStatus& status) {
        return status.state != JobState::kRunning && status.state != JobState::kQueued;
      });
    }
    jobs.clear();
    server.Stop();
    server.env().Restart();
    server.Start();
    for (const std::string& name : names) {
      // A job whose pause for the failing disk reached the disk waits for its user.
      if (server.Get(name).status.state == JobState::kPaused) server.manager().Resume(kOwner, name).IgnoreError();
      EXPECT_EQ(server.AwaitEnd(name).state, JobState::kSucceeded) << changes;
      ExpectRowsOfUninterruptedRun(server, name);
    }
  }
}

TEST(ManagerRecoveryTest, AFailingDiskPausesAndResumeGoesOn) {
  const absl::Status full = absl::ResourceExhaustedError("the disk is full");
  for (int64_t n = 0; n < 30; n += 4) {
    for (const bool at_sync : {false, true}) {
      JobServer server(1);
      const std::string name = server.Create(TableSpec(2'000));
      if (at_sync) {
        server.env().FailSync(n, full);
      } else {
        server.env().FailWrite(n, full);
      }
      const auto stands = [](const JobStatus& status) {
        return status.state == JobState::kPaused || IsTerminal(status.state);
      };
      const JobStatus status = server.AwaitStatus(name, stands);
      if (status.state == JobState::kPaused) {
        EXPECT_EQ(status.reason, StateReason::kStorageError);
        EXPECT_THAT(ReadLog(*server.Find(name)->log()).states, Contains(JobState::kPaused));  // watchers see it
        const absl::Status resumed = server.manager().Resume(kOwner, name).status();
        EXPECT_TRUE(resumed.ok()) << resumed;
      }
      EXPECT_EQ(server.AwaitEnd(name).state, JobState::kSucceeded) << n;
      ExpectRowsOfUninterruptedRun(server, name);
    }
  }
}

// Nothing can be written at all: commands fail, jobs keep their states, and all goes well once the disk does.
TEST(ManagerRecoveryTest, ADeadDiskLosesNoJob) {
  JobServer server(1);
  const std::string running = server.Create(EndlessSpec());
  server.AwaitState(running, JobState::kRunning);
  const std::string queued = server.Create(ShortSpec(500));
  server.env().LosePowerAfter(0);
  EXPECT_FALSE(server.Cancel(queued).ok());
  server.AwaitState(running, JobState::kPaused);
  server.AwaitState(queued, JobState::kPaused);
  EXPECT_FALSE(server.manager().Resume(kOwner, queued).ok());
  EXPECT_EQ(server.Get(queued).status.state, JobState::kPaused);
  EXPECT_EQ(server.Get(queued).status.reason, StateReason::kStorageError);
  server.Stop();
  server.env().Restart();
  server.Start();
  EXPECT_EQ(server.Cancel(running)->status.state, JobState::kCancelled);
  if (server.Get(queued).status.state == JobState::kPaused) server.manager().Resume(kOwner, queued).IgnoreError();
  EXPECT_EQ(server.AwaitEnd(queued).state, JobState::kSucceeded);
  ExpectRowsOfUninterruptedRun(server, queued);
}

}  // namespace
}  // namespace descent::jobs
