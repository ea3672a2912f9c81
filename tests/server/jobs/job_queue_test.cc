#include "server/jobs/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/jobs/jobs_testing.h"

namespace descent::jobs {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<Job> JobNamed(const std::string& name) {
  JobRecord record;
  record.name = name;
  return std::make_shared<Job>(std::move(record), core::JobSpec(), JobStatus(), nullptr, nullptr, nullptr);
}

// A queue whose jobs run until they are let go.
class JobQueueTest : public ::testing::Test {
 protected:
  void AwaitRuns(size_t count) {
    core::MutexLock lock(&mu_);
    mu_.Await([&] { return ran_.size() >= count; });
  }
  std::vector<std::string> Ran() {
    core::MutexLock lock(&mu_);
    return ran_;
  }
  void Open() {
    core::MutexLock lock(&mu_);
    open_ = true;
  }
  // Requests under the mutex on which the job waits, so that it looks.
  void Interrupt(Job* job) {
    core::MutexLock lock(&mu_);
    job->Request(Command::kDrain);
  }

  core::Mutex mu_;
  std::vector<std::string> ran_;
  bool open_ = false;
  JobQueue queue_{1, [this](const std::shared_ptr<Job>& job) {
                    core::MutexLock lock(&mu_);
                    ran_.push_back(job->name());
                    mu_.Await([&] { return open_ || job->command() == Command::kDrain; });
                  }};
};

TEST_F(JobQueueTest, OldestFirstWithoutWhatWasRemoved) {
  const std::vector<std::shared_ptr<Job>> jobs = {JobNamed("a"), JobNamed("b"), JobNamed("c"), JobNamed("d")};
  queue_.Add(jobs[0]);
  AwaitRuns(1);
  for (size_t i = 1; i < jobs.size(); ++i) queue_.Add(jobs[i]);
  EXPECT_EQ(queue_.JobsAhead(*jobs[0]), 0);
  EXPECT_EQ(queue_.JobsAhead(*jobs[3]), 2);
  EXPECT_FALSE(queue_.Remove(*jobs[0]));
  EXPECT_TRUE(queue_.Remove(*jobs[1]));
  EXPECT_FALSE(queue_.Remove(*jobs[1]));
  EXPECT_EQ(queue_.JobsAhead(*jobs[3]), 1);
  Open();
  AwaitRuns(3);
  EXPECT_THAT(Ran(), ElementsAre("a", "c", "d"));
}

TEST_F(JobQueueTest, StopInterruptsWhatRunsAndStartsNothing) {
  queue_.Add(JobNamed("a"));
  AwaitRuns(1);
  queue_.Add(JobNamed("b"));
  std::vector<std::string> interrupted;
  queue_.Stop([&](Job* job) {
    interrupted.push_back(job->name());
    Interrupt(job);
  });
  EXPECT_THAT(interrupted, ElementsAre("a"));
  EXPECT_THAT(Ran(), ElementsAre("a"));
  queue_.Add(JobNamed("late"));
  EXPECT_THAT(Ran(), ElementsAre("a"));
}

TEST(JobQueueThreadsTest, EveryJobRunsOnceOrIsRemoved) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 200;  // a thread
  core::Mutex mu;
  std::multiset<std::string> ran;
  size_t removed = 0;
  {
    JobQueue queue(3, [&](const std::shared_ptr<Job>& job) {
      core::MutexLock lock(&mu);
      ran.insert(job->name());
    });
    OnThreads(kThreads, [&](int thread) {
      for (int i = 0; i < kJobs; ++i) {
        const std::shared_ptr<Job> job = JobNamed(absl::StrCat(thread, "-", i));
        queue.Add(job);
        if (queue.JobsAhead(*job) >= 0 && i % 3 == 0 && queue.Remove(*job)) {
          core::MutexLock lock(&mu);
          ++removed;
        }
      }
    });
    core::MutexLock lock(&mu);
    mu.Await([&] { return ran.size() + removed == kThreads * kJobs; });
  }
  EXPECT_EQ(std::set<std::string>(ran.begin(), ran.end()).size(), ran.size());
}

}  // namespace
}  // namespace descent::jobs
