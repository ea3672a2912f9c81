#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/jobs/manager.h"
#include "tests/server/jobs/jobs_testing.h"

namespace descent::jobs {
namespace {

using core::ErrorReason;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

JobQuery AllJobs() {
  JobQuery query;
  query.owner = kOwner;
  query.limit = 10'000;
  return query;
}

TEST(ManagerCreateTest, RunsJobsToTheirEnd) {
  JobServer server;
  for (const core::JobSpec& spec : {ShortSpec(3'000), TableSpec(300)}) {
    const std::string name = server.Create(spec);
    EXPECT_EQ(server.AwaitEnd(name).state, JobState::kSucceeded);
    ExpectRowsOfUninterruptedRun(server, name);
    EXPECT_THAT(ReadLog(*server.Find(name)->log()).states, ElementsAre(JobState::kRunning, JobState::kSucceeded));
    const JobView view = server.Get(name);
    EXPECT_EQ(view.status.attempt, 1);
    EXPECT_EQ(view.record.state, JobState::kSucceeded);
    ASSERT_TRUE(view.status.termination.has_value());
    const absl::StatusOr<core::ParameterVector> kept = server.manager().Parameters(*server.Find(name), {});
    ASSERT_TRUE(kept.ok()) << kept.status();
    EXPECT_EQ(kept->step, view.status.termination->kept_step);
  }
}

TEST(ManagerCreateTest, ValidationStoresNothing) {
  JobServer server;
  CreateRequest request = JobServer::RequestOf(ShortSpec(10), "dry");
  request.validate_only = true;
  EXPECT_TRUE(server.manager().CreateJob(request).ok());
  EXPECT_EQ(ReasonOf(server.manager().Get(kOwner, "dry").status()), ErrorReason::kResourceNotFound);
}

TEST(ManagerCreateTest, OneJobARequest) {
  JobServer server;
  core::Mutex mu;
  std::set<std::string> uids;
  OnThreads(8, [&](int) {
    CreateRequest request = JobServer::RequestOf(ShortSpec(20));
    request.request_id = "r1";
    request.fingerprint = "body";
    const absl::StatusOr<JobView> view = server.manager().CreateJob(request);
    ASSERT_TRUE(view.ok()) << view.status();
    core::MutexLock lock(&mu);
    uids.insert(view->record.uid);
  });
  EXPECT_EQ(uids.size(), 1);
  CreateRequest other = JobServer::RequestOf(ShortSpec(20));
  other.request_id = "r1";
  other.fingerprint = "another body";
  EXPECT_EQ(ReasonOf(server.manager().CreateJob(other).status()), ErrorReason::kRequestIdReused);
}

TEST(ManagerCreateTest, OneJobAName) {
  JobServer server;
  std::atomic<int> made = 0;
  OnThreads(8, [&](int) {
    const absl::StatusOr<JobView> view = server.manager().CreateJob(JobServer::RequestOf(ShortSpec(20), "same"));
    if (view.ok()) {
      ++made;
    } else {
      EXPECT_EQ(ReasonOf(view.status()), ErrorReason::kResourceExists);
    }
  });
  EXPECT_EQ(made, 1);
}

// Whoever asks for a job sees the one that runs, from the moment that anybody can see it.
TEST(ManagerCreateTest, CreationsAndLookupsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 15;  // a thread
  JobServer server;
  std::atomic<int> creating = kThreads;
  OnThreads(kThreads + 3, [&](int thread) {
    if (thread < kThreads) {
      for (int i = 0; i < kJobs; ++i) server.Create(ShortSpec(200), absl::StrCat("job-", thread, "-", i));
      --creating;
      return;
    }
    for (int64_t turn = 0; creating > 0; ++turn) {
      std::string next;
      const absl::StatusOr<std::vector<JobView>> views = server.manager().List(AllJobs(), &next);
      ASSERT_TRUE(views.ok()) << views.status();
      // A name that may be in the making.
      const std::string name = absl::StrCat("job-", turn % kThreads, "-", turn / kThreads % kJobs);
      const absl::StatusOr<std::shared_ptr<Job>> job = server.manager().Find(kOwner, name);
      if (!job.ok()) {
        ASSERT_EQ(ReasonOf(job.status()), ErrorReason::kResourceNotFound);
        continue;
      }
      Answer<bool> over;
      (*job)->WhenStatus([](const JobStatus& status) { return IsTerminal(status.state); },
                         [callback = over.Callback()] { callback(true); });
      over.Wait();
      EXPECT_EQ((*job)->status().state, JobState::kSucceeded);
    }
  });
  std::vector<std::string> expected;
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 0; i < kJobs; ++i) {
      expected.push_back(absl::StrCat("job-", thread, "-", i));
      EXPECT_EQ(server.AwaitEnd(expected.back()).state, JobState::kSucceeded);
      EXPECT_EQ(ReadLog(*server.Find(expected.back())->log()).steps.size(), 201);
    }
  }
  std::string next;
  std::vector<std::string> names;
  const absl::StatusOr<std::vector<JobView>> views = server.manager().List(AllJobs(), &next);
  ASSERT_TRUE(views.ok()) << views.status();
  for (const JobView& view : *views) names.push_back(view.record.name);
  EXPECT_THAT(names, UnorderedElementsAreArray(expected));
}

// A dataset goes only while no job needs it, and none that is being created gets hold of it meanwhile.
TEST(ManagerCreateTest, DatasetsInUseStay) {
  JobServer server;
  const std::string first = server.Create(TableSpec(10));
  server.AwaitEnd(first);
  EXPECT_EQ(ReasonOf(server.manager().WithUnusedDataset("d", "v1", [] { return absl::OkStatus(); })),
            ErrorReason::kResourceInUse);
  ASSERT_TRUE(server.manager().Delete(kOwner, first).ok());
  OnThreads(4, [&](int thread) {
    if (thread == 0) {
      // In use or not, as the others are quick or slow.
      server.manager()
          .WithUnusedDataset("d", "v1",
                             [&] {
                               server.data().Remove();
                               return absl::OkStatus();
                             })
          .IgnoreError();
      return;
    }
    for (int i = 0; i < 5; ++i) {
      const absl::StatusOr<JobView> view = server.manager().CreateJob(JobServer::RequestOf(TableSpec(10)));
      if (!view.ok()) {
        EXPECT_EQ(ReasonOf(view.status()), ErrorReason::kInvalidField) << view.status();
        continue;
      }
      EXPECT_EQ(server.AwaitEnd(view->record.name).state, JobState::kSucceeded);
    }
  });
}

}  // namespace
}  // namespace descent::jobs
