// What every jobs::JobStore keeps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "server/jobs/job_store.h"
#include "server/store/sqlite_database.h"
#include "server/store/sqlite_job_store.h"
#include "tests/server/store/log_testing.h"

namespace descent::store {
namespace {

using jobs::JobCondition;
using jobs::JobQuery;
using jobs::JobRecord;
using jobs::JobState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A store, and what it lives in.
class OpenStore {
 public:
  virtual ~OpenStore() = default;
  virtual jobs::JobStore& store() = 0;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<OpenStore>(const std::string& directory)> open;
};

const absl::Time kStart = absl::FromUnixNanos(1'700'000'000'123'456'789);

JobRecord MakeJob(int64_t n) {
  JobRecord job;
  job.uid = Uid(n);
  job.owner = "local";
  job.name = absl::StrCat("job-", n);
  job.given_spec = std::string("\0given", 6);
  job.resolved_spec = "resolved";
  job.facts = std::string("lay\0out", 7);
  job.build = "build";
  job.create_time = kStart + absl::Seconds(n);
  job.details = "details";
  return job;
}

class JobStoreContract : public ::testing::TestWithParam<Implementation> {
 protected:
  JobStoreContract() : place_(true) { Reopen(); }

  void Reopen() {
    open_.reset();
    open_ = GetParam().open(place_.directory());
    ASSERT_NE(open_, nullptr);
  }
  jobs::JobStore& store() { return open_->store(); }

  JobRecord Insert(JobRecord job) {
    const absl::Status status = store().Insert(&job);
    EXPECT_TRUE(status.ok()) << status;
    return job;
  }
  // All names that a query gives, page by page.
  std::vector<std::string> Names(JobQuery query) {
    std::vector<std::string> names;
    query.owner = "local";
    do {
      const auto page = store().List(query);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->jobs.size(), query.limit);
      for (const JobRecord& job : page->jobs) names.push_back(job.name);
      query.after = page->next;
    } while (!query.after.empty());
    return names;
  }
  std::vector<std::string> NamesWhere(JobCondition condition) {
    return Names({.owner = "", .conditions = {std::move(condition)}, .limit = 2, .after = ""});
  }
  static core::ErrorReason ReasonOf(const absl::Status& status) { return core::GetErrorInfo(status).reason; }

  StorePlace place_;
  std::unique_ptr<OpenStore> open_;
};

void ExpectSame(const JobRecord& a, const JobRecord& b) {
  EXPECT_EQ(a.uid, b.uid);
  EXPECT_EQ(a.owner, b.owner);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.dataset, b.dataset);
  EXPECT_EQ(a.dataset_versions, b.dataset_versions);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.given_spec, b.given_spec);
  EXPECT_EQ(a.resolved_spec, b.resolved_spec);
  EXPECT_EQ(a.facts, b.facts);
  EXPECT_EQ(a.build, b.build);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.create_sequence, b.create_sequence);
  EXPECT_EQ(a.create_time, b.create_time);
  EXPECT_EQ(a.start_time, b.start_time);
  EXPECT_EQ(a.end_time, b.end_time);
  EXPECT_EQ(a.details, b.details);
  EXPECT_EQ(a.request_id, b.request_id);
  EXPECT_EQ(a.request_fingerprint, b.request_fingerprint);
}

TEST_P(JobStoreContract, GivesBackWhatWasInserted) {
  JobRecord job = MakeJob(1);
  job.dataset = "iris";
  job.dataset_versions = {"sha-b", "sha-a"};
  job.labels = {{"team", "a'b\"c"}, {"", "empty key"}, {"ünïcode", ""}};
  job.request_id = "request";
  job.request_fingerprint = std::string("\0\1\2", 3);
  job = Insert(job);
  EXPECT_GT(job.create_sequence, 0);
  ExpectSame(*store().Get("local", "job-1"), job);
  Reopen();
  ExpectSame(*store().Get("local", "job-1"), job);
}

TEST_P(JobStoreContract, UpdatesWhatChangesAndNothingElse) {
  JobRecord job = Insert(MakeJob(1));
  job.state = JobState::kSucceeded;
  job.start_time = kStart + absl::Seconds(5);
  job.end_time = kStart + absl::Nanoseconds(7);
  job.details = "other";
  ASSERT_TRUE(store().Update(job).ok());
  ExpectSame(*store().Get("local", "job-1"), job);
  JobRecord changed = job;
  changed.name = changed.owner = changed.build = "changed";
  ASSERT_TRUE(store().Update(changed).ok());
  ExpectSame(*store().Get("local", "job-1"), job);
  job.start_time.reset();
  ASSERT_TRUE(store().Update(job).ok());
  EXPECT_EQ(store().Get("local", "job-1")->start_time, std::nullopt);
  EXPECT_EQ(ReasonOf(store().Update(MakeJob(2))), core::ErrorReason::kResourceNotFound);
}

TEST_P(JobStoreContract, NamesAreUniqueInATenant) {
  Insert(MakeJob(1));
  JobRecord same = MakeJob(2);
  same.name = "job-1";
  EXPECT_EQ(ReasonOf(store().Insert(&same)), core::ErrorReason::kResourceExists);
  same.owner = "other";
  Insert(same);
  EXPECT_EQ(store().Get("local", "job-1")->uid, Uid(1));
  EXPECT_EQ(store().Get("other", "job-1")->uid, Uid(2));
  EXPECT_EQ(ReasonOf(store().Get("local", "job-2").status()), core::ErrorReason::kResourceNotFound);
}

TEST_P(JobStoreContract, FindsTheJobOfARequestWhileItIsYoung) {
  JobRecord job = MakeJob(1);
  job.request_id = "r";
  Insert(job);
  Insert(MakeJob(2));
  EXPECT_EQ((*store().FindRequest("local", "r", job.create_time))->uid, Uid(1));
  EXPECT_EQ(*store().FindRequest("local", "r", job.create_time + absl::Nanoseconds(1)), std::nullopt);
  EXPECT_EQ(*store().FindRequest("other", "r", absl::InfinitePast()), std::nullopt);
  EXPECT_EQ(*store().FindRequest("local", "", absl::InfinitePast()), std::nullopt);
}

TEST_P(JobStoreContract, DeletesAndNeverGivesASequenceTwice) {
  JobRecord job = MakeJob(1);
  job.labels = {{"a", "b"}};
  job.dataset_versions = {"v"};
  const int64_t sequence = Insert(job).create_sequence;
  ASSERT_TRUE(store().Delete(Uid(1)).ok());
  ASSERT_TRUE(store().Delete(Uid(1)).ok());
  EXPECT_FALSE(store().Get("local", "job-1").ok());
  EXPECT_THAT(*store().JobsUsing("v", 10), IsEmpty());
  EXPECT_GT(Insert(MakeJob(1)).create_sequence, sequence);
  EXPECT_THAT(store().Get("local", "job-1")->labels, IsEmpty());
}

TEST_P(JobStoreContract, PagesThroughEveryOrder) {
  // Times and names disagree, and some times are equal.
  for (int64_t n = 0; n < 9; ++n) {
    JobRecord job = MakeJob(n);
    job.create_time = kStart + absl::Seconds(n / 3);
    if (n % 2 == 0) job.end_time = kStart + absl::Seconds(100 - n);
    job.name = std::string(1, "hdbaecfgi"[n]);
    Insert(job);
  }
  JobRecord other = MakeJob(100);
  other.owner = "other";
  Insert(other);
  for (int64_t limit : {1, 2, 4, 9, 50}) {
    const auto names = [&](JobQuery::Order order, bool descending) {
      return Names(
          {.owner = "", .conditions = {}, .order = order, .descending = descending, .limit = limit, .after = ""});
    };
    EXPECT_THAT(names(JobQuery::Order::kCreateTime, false), ElementsAre("h", "d", "b", "a", "e", "c", "f", "g", "i"));
    EXPECT_THAT(names(JobQuery::Order::kCreateTime, true), ElementsAre("i", "g", "f", "c", "e", "a", "b", "d", "h"));
    EXPECT_THAT(names(JobQuery::Order::kName, false), ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i"));
    EXPECT_THAT(names(JobQuery::Order::kName, true), ElementsAre("i", "h", "g", "f", "e", "d", "c", "b", "a"));
    // Those that have not ended come after those that have.
    EXPECT_THAT(names(JobQuery::Order::kEndTime, false), ElementsAre("i", "f", "e", "b", "h", "d", "a", "c", "g"));
    EXPECT_THAT(names(JobQuery::Order::kEndTime, true), ElementsAre("g", "c", "a", "d", "h", "b", "e", "f", "i"));
  }
}

TEST_P(JobStoreContract, PagesStayRightWhileJobsComeAndGo) {
  for (int64_t n = 0; n < 6; ++n) Insert(MakeJob(n));
  JobQuery query{.owner = "local", .conditions = {}, .limit = 3, .after = ""};
  const auto first = store().List(query);
  ASSERT_TRUE(store().Delete(Uid(3)).ok());  // the one the token points at
  ASSERT_TRUE(store().Delete(Uid(1)).ok());
  Insert(MakeJob(50));
  query.after = first->next;
  const auto second = store().List(query);
  ASSERT_THAT(second->jobs, SizeIs(2));
  EXPECT_EQ(second->jobs[0].name, "job-2");
  EXPECT_EQ(second->jobs[1].name, "job-0");
  EXPECT_EQ(second->next, "");
}

TEST_P(JobStoreContract, Filters) {
  for (int64_t n = 0; n < 4; ++n) {
    JobRecord job = MakeJob(n);
    job.state = n % 2 == 0 ? JobState::kRunning : JobState::kFailed;
    job.dataset = n < 2 ? "iris" : "";
    if (n < 3) job.labels["team"] = n == 0 ? "red" : "blue";
    if (n == 2) job.labels["x' OR '1'='1"] = "y";
    Insert(job);
  }
  using Field = JobCondition::Field;
  const std::string running = absl::StrCat(static_cast<int>(JobState::kRunning));
  EXPECT_THAT(NamesWhere({Field::kState, "", running, false}), UnorderedElementsAre("job-0", "job-2"));
  EXPECT_THAT(NamesWhere({Field::kState, "", running, true}), UnorderedElementsAre("job-1", "job-3"));
  EXPECT_THAT(NamesWhere({Field::kDataset, "", "iris", false}), UnorderedElementsAre("job-0", "job-1"));
  EXPECT_THAT(NamesWhere({Field::kDataset, "", "iris", true}), UnorderedElementsAre("job-2", "job-3"));
  EXPECT_THAT(NamesWhere({Field::kLabel, "team", "blue", false}), UnorderedElementsAre("job-1", "job-2"));
  // A job without the label is not of that team either.
  EXPECT_THAT(NamesWhere({Field::kLabel, "team", "blue", true}), UnorderedElementsAre("job-0", "job-3"));
  EXPECT_THAT(NamesWhere({Field::kLabel, "x' OR '1'='1", "y", false}), UnorderedElementsAre("job-2"));
  EXPECT_THAT(NamesWhere({Field::kOwner, "", "local", false}), SizeIs(4));
  EXPECT_THAT(NamesWhere({Field::kOwner, "", "local", true}), IsEmpty());
  EXPECT_THAT(Names({.owner = "",
                     .conditions = {{Field::kState, "", running, false}, {Field::kLabel, "team", "red", true}},
                     .after = ""}),
              UnorderedElementsAre("job-2"));
}

TEST_P(JobStoreContract, RefusesTokensOfOtherQueriesAndDamagedOnes) {
  for (int64_t n = 0; n < 4; ++n) Insert(MakeJob(n));
  const JobQuery query{.owner = "local", .conditions = {}, .limit = 2, .after = ""};
  const std::string token = store().List(query)->next;
  ASSERT_NE(token, "");
  const auto refused = [&](const JobQuery& other) {
    const absl::Status status = store().List(other).status();
    const core::ErrorInfo info = core::GetErrorInfo(status);
    return info.reason == core::ErrorReason::kInvalidField && info.violations.size() == 1 &&
           info.violations[0].field == "page_token";
  };
  JobQuery other = query;
  other.after = token;
  EXPECT_TRUE(store().List(other).ok());
  other.limit = 7;  // the size of a page may change
  EXPECT_TRUE(store().List(other).ok());
  other.descending = false;
  EXPECT_TRUE(refused(other));
  other = query;
  other.after = token;
  other.order = JobQuery::Order::kName;
  EXPECT_TRUE(refused(other));
  other.order = JobQuery::Order::kEndTime;
  EXPECT_TRUE(refused(other));
  other = query;
  other.after = token;
  other.conditions.push_back({JobCondition::Field::kDataset, "", "x", true});
  EXPECT_TRUE(refused(other));
  other = query;
  other.owner = "other";
  other.after = token;
  EXPECT_TRUE(refused(other));
  for (size_t i = 0; i < token.size(); ++i) {
    other = query;
    other.after = token;
    other.after[i] = other.after[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(refused(other)) << i;
    other.after = token.substr(0, i);
    EXPECT_TRUE(i == 0 || refused(other)) << i;
  }
  other.after = "not a token";
  EXPECT_TRUE(refused(other));
}

TEST_P(JobStoreContract, KnowsTheUnfinishedAllUidsUsersOfDataAndNames) {
  const std::vector<JobState> states = {JobState::kQueued,    JobState::kRunning, JobState::kPaused,
                                        JobState::kSucceeded, JobState::kFailed,  JobState::kCancelled};
  for (int64_t n = 0; n < 6; ++n) {
    JobRecord job = MakeJob(n);
    job.state = states[n];
    job.owner = n == 5 ? "other" : "local";
    job.dataset_versions = {n % 2 == 0 ? "even" : "odd", "all"};
    Insert(job);
  }
  std::vector<std::string> unfinished;
  const std::vector<JobRecord> records = *store().Unfinished();
  for (const JobRecord& job : records) unfinished.push_back(job.name);
  EXPECT_THAT(unfinished, ElementsAre("job-0", "job-1", "job-2"));
  const std::vector<std::string> uids = *store().AllUids();
  EXPECT_THAT(uids, SizeIs(6));
  EXPECT_TRUE(std::is_sorted(uids.begin(), uids.end()));
  EXPECT_THAT(*store().JobsUsing("even", 10), ElementsAre("job-0", "job-2", "job-4"));
  EXPECT_THAT(*store().JobsUsing("all", 2), SizeIs(2));
  EXPECT_THAT(*store().JobsUsing("none", 10), IsEmpty());
  EXPECT_THAT(*store().Names("local", 3), ElementsAre("job-4", "job-3", "job-2"));
}

class SqliteStore : public OpenStore {
 public:
  explicit SqliteStore(const std::string& directory)
      : database_(*SqliteDatabase::Open(core::Env::Posix(), directory + "/descent.db")),
        store_(*SqliteJobStore::Create(database_.get())) {}
  jobs::JobStore& store() override { return *store_; }

 private:
  std::unique_ptr<SqliteDatabase> database_;
  std::unique_ptr<SqliteJobStore> store_;
};

INSTANTIATE_TEST_SUITE_P(JobStores, JobStoreContract,
                         ::testing::Values(Implementation{
                             "Sqlite",
                             [](const std::string& directory) { return std::make_unique<SqliteStore>(directory); }}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace descent::store
