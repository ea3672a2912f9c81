// Power loss at any moment: what was acknowledged is there, what is there is a prefix of what was appended, and nothing
// is torn. Checked over many seeds against a model, through several power losses each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/segment_log_store.h"
#include "tests/faults/memory_env.h"
#include "tests/server/store/log_testing.h"

namespace descent::store {
namespace {

constexpr SegmentLogOptions kSmallFiles = {
    .segment_bytes = 3000, .journal_bytes = 4000, .journal_share_bytes = 1200, .open_segments = 2, .sync_threads = 1};
constexpr char kDirectory[] = "/data/log";

// What the log of one job must look like.
struct JobModel {
  std::vector<jobs::PendingRecord> records;  // appended, in order
  size_t acknowledged = 0;
  size_t dropped_before = 0;  // DropOldest may have removed the records before this one
  bool may_be_thinned = false;
  bool deleting = false;
  bool failed = false;  // since the last Open

  int64_t next_sequence() const { return records.empty() ? 0 : records.back().header.next_sequence; }
};

// One life of a data directory.
class Life {
 public:
  explicit Life(uint64_t seed) : random_(seed), env_(seed) {}

  void Run() {
    for (int loss = 0; loss < 4; ++loss) {
      env_.LosePowerAfter(Random(150));
      Work();
      store_.reset();
      env_.Restart();
      Recover();
      if (::testing::Test::HasFailure()) return;
    }
  }

 private:
  int64_t Random(int64_t bound) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(bound)); }

  // Until the power goes.
  void Work() {
    while (!env_.power_lost()) {
      if (store_ == nullptr && !OpenStore()) continue;
      const int64_t action = Random(20);
      if (action < 14) {
        AppendSome();
      } else if (action < 16) {
        Thin();
      } else if (action == 16) {
        Drop();
      } else if (action == 17) {
        DeleteOne();
      } else if (action == 18) {
        // A clean stop.
        store_.reset();
      } else {
        FailSomething();
      }
    }
  }

  bool OpenStore() {
    auto store = SegmentLogStore::Create(&env_, kDirectory, kSmallFiles);
    if (!store.ok()) {
      EXPECT_TRUE(IsExpected(store.status())) << store.status();
      return false;
    }
    store_ = *std::move(store);
    for (auto& [uid, job] : jobs_) job.failed = true;
    return true;
  }

  // Of the faults this test makes.
  bool IsExpected(const absl::Status& status) { return env_.power_lost() || absl::IsResourceExhausted(status); }

  // Appends need an open log.
  bool Ready(const std::string& uid, JobModel& job) {
    if (!job.failed || job.deleting) return !job.deleting;
    const auto refs = store_->Open(uid);
    EXPECT_TRUE(refs.ok() || IsExpected(refs.status())) << refs.status();
    if (!refs.ok()) return false;
    Check(uid, job, *refs);
    return true;
  }

  void AppendSome() {
    std::map<std::string, Append> by_uid;
    for (int64_t n = 1 + Random(4); n > 0; --n) {
      const std::string uid = Uid(Random(5) + 5 * deletions_);
      JobModel& job = jobs_[uid];
      if (!Ready(uid, job)) continue;
      Append& append = by_uid[uid];
      append.uid = uid;
      for (int64_t records = 1 + Random(3); records > 0; --records) {
        const int64_t count = job.records.empty() ? 1 : Random(4);
        std::string payload = absl::StrCat("payload ", ++payloads_, std::string(static_cast<size_t>(Random(500)), 'x'));
        append.records.push_back(MakeRecord(job.next_sequence(), count, std::move(payload)));
        // No two headers are alike, though records without rows may follow each other.
        append.records.back().header.first_step = payloads_;
        job.records.push_back(append.records.back());
      }
    }
    std::vector<Append> appends;
    for (auto& [uid, append] : by_uid) appends.push_back(std::move(append));
    if (appends.empty()) return;
    AppendTogether(*store_, appends);
    for (const Append& append : appends) {
      JobModel& job = jobs_[append.uid];
      if (append.result.ok()) {
        job.acknowledged = job.records.size();
      } else {
        job.failed = true;
      }
    }
  }

  void Thin() {
    const std::string uid = AnyJob();
    if (uid.empty() || !Ready(uid, jobs_[uid])) return;
    jobs_[uid].may_be_thinned = true;
    store_->ThinOldest(uid, [](const auto&, absl::string_view payload) { return absl::StrCat("thin ", payload); })
        .status()
        .IgnoreError();
  }

  void Drop() {
    const std::string uid = AnyJob();
    if (uid.empty() || !Ready(uid, jobs_[uid])) return;
    JobModel& job = jobs_[uid];
    // The newest records stay whatever happens.
    job.dropped_before = job.acknowledged > 0 ? job.acknowledged - 1 : 0;
    store_->DropOldest(uid).status().IgnoreError();
  }

  void DeleteOne() {
    const std::string uid = AnyJob();
    if (uid.empty()) return;
    JobModel& job = jobs_[uid];
    job.deleting = true;
    if (store_->Delete(uid).ok()) jobs_.erase(uid);
    ++deletions_;
  }

  void FailSomething() {
    const absl::Status full = absl::ResourceExhaustedError("no room");
    const int64_t after = Random(3);
    switch (Random(3)) {
      case 0:
        return env_.FailWrite(after, full);
      case 1:
        return env_.FailSync(after, full);
      default:
        return env_.FailDirectorySync(after, full);
    }
  }

  std::string AnyJob() {
    if (jobs_.empty()) return "";
    return std::next(jobs_.begin(), Random(static_cast<int64_t>(jobs_.size())))->first;
  }

  void Recover() {
    auto store = SegmentLogStore::Create(&env_, kDirectory, kSmallFiles);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    std::vector<std::string> known;
    for (auto it = jobs_.begin(); it != jobs_.end();) {
      it = it->second.deleting ? jobs_.erase(it) : std::next(it);
    }
    for (const auto& [uid, job] : jobs_) known.push_back(uid);
    std::sort(known.begin(), known.end());
    ASSERT_TRUE(store_->DeleteUnknown(known).ok());
    for (auto& [uid, job] : jobs_) {
      const auto refs = store_->Open(uid);
      ASSERT_TRUE(refs.ok()) << refs.status();
      Check(uid, job, *refs);
    }
  }

  // Compares a log that was opened with its model, and takes what is there as what the job goes on from.
  void Check(const std::string& uid, JobModel& job, const std::vector<jobs::RecordRef>& refs) {
    size_t next = 0;
    if (!refs.empty() && job.dropped_before > 0) {
      while (next < job.dropped_before && !Matches(job.records[next], refs.front())) ++next;
    }
    for (const jobs::RecordRef& ref : refs) {
      // Thinning leaves kParameters records out.
      while (job.may_be_thinned && next < job.records.size() && !Matches(job.records[next], ref) &&
             job.records[next].header.kind == jobs::RecordKind::kParameters) {
        ++next;
      }
      ASSERT_LT(next, job.records.size());
      const jobs::PendingRecord& record = job.records[next++];
      ASSERT_EQ(ref.header, record.header);
      const auto payload = store_->Read(uid, ref);
      if (env_.power_lost()) return;
      ASSERT_TRUE(payload.ok()) << payload.status();
      EXPECT_TRUE(**payload == *record.payload ||
                  (job.may_be_thinned && **payload == absl::StrCat("thin ", *record.payload)))
          << "found " << (*payload)->substr(0, 20) << ", expected " << record.payload->substr(0, 20);
    }
    while (job.may_be_thinned && next < job.acknowledged &&
           job.records[next].header.kind == jobs::RecordKind::kParameters) {
      ++next;
    }
    ASSERT_GE(next, job.acknowledged) << "acknowledged records are gone";
    job.records.resize(next);
    job.acknowledged = next;
    job.failed = false;
  }

  static bool Matches(const jobs::PendingRecord& record, const jobs::RecordRef& ref) {
    return record.header == ref.header;
  }

  std::mt19937_64 random_;
  faults::MemoryEnv env_;
  std::map<std::string, JobModel> jobs_;
  int64_t payloads_ = 0;
  int64_t deletions_ = 0;
  std::unique_ptr<SegmentLogStore> store_;
};

TEST(LogPowerLoss, WhatWasAcknowledgedSurvivesAndNothingIsTorn) {
  // For a longer look: DESCENT_SEEDS=100000.
  const char* const seeds = std::getenv("DESCENT_SEEDS");
  const uint64_t count = seeds != nullptr ? std::strtoull(seeds, nullptr, 10) : 1000;
  for (uint64_t seed = 0; seed < count; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Life(seed).Run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace descent::store
