// Step logs on bad disks: torn tails, flipped bits, writes and syncs that fail; and how many syncs commits cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/store/log_format.h"
#include "server/store/segment_log_store.h"
#include "tests/faults/memory_env.h"
#include "tests/server/store/log_testing.h"

namespace descent::store {
namespace {

using ::testing::SizeIs;

constexpr char kDirectory[] = "/log";
constexpr char kJournal[] = "/log/journal-00000000.log";
// One thread to sync with: the tests open thousands of stores.
constexpr SegmentLogOptions kJournalsOnly = {.journal_share_bytes = 1 << 20, .sync_threads = 1};
constexpr SegmentLogOptions kSegmentsOnly = {.journal_share_bytes = 0, .sync_threads = 1};

std::unique_ptr<SegmentLogStore> OpenStore(core::Env* env, const SegmentLogOptions& options) {
  auto store = SegmentLogStore::Create(env, kDirectory, options);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::string PayloadOf(int64_t job, int64_t sequence) { return absl::StrCat("job ", job, " row ", sequence); }

// The disk with the same files.
std::unique_ptr<faults::MemoryEnv> CopyOf(const faults::MemoryEnv& env) {
  auto copy = std::make_unique<faults::MemoryEnv>(1);
  for (const std::string& path : env.Files()) {
    EXPECT_TRUE(copy->CreateDirectories(path.substr(0, path.rfind('/'))).ok());
    EXPECT_TRUE(copy->OpenForAppend(path).ok());
    EXPECT_TRUE(copy->SyncDirectory(path.substr(0, path.rfind('/'))).ok());
    copy->SetContents(path, env.Contents(path));
  }
  return copy;
}

// What a reader finds of a log: its payloads, or nothing when it is told of damage.
std::optional<std::vector<std::string>> ReadAll(jobs::LogStore& store, const std::string& uid) {
  const auto refs = store.Open(uid);
  EXPECT_TRUE(refs.ok() || absl::IsDataLoss(refs.status())) << refs.status();
  if (!refs.ok()) return std::nullopt;
  std::vector<std::string> payloads;
  for (const jobs::RecordRef& ref : *refs) {
    const auto payload = store.Read(uid, ref);
    EXPECT_TRUE(payload.ok() || absl::IsDataLoss(payload.status())) << payload.status();
    if (!payload.ok()) return std::nullopt;
    payloads.push_back(**payload);
  }
  return payloads;
}

// Two jobs, a commit a round.
void AppendRounds(jobs::LogStore& store, int64_t first, int64_t count) {
  for (int64_t i = first; i < first + count; ++i) {
    std::vector<Append> appends(2);
    for (int64_t job = 0; job < 2; ++job) {
      appends[job] = {.uid = Uid(job), .records = {MakeRecord(i, 1, PayloadOf(job, i))}};
    }
    AppendTogether(store, appends);
    for (const Append& append : appends) ASSERT_TRUE(append.result.ok()) << append.result.status();
  }
}

std::vector<std::string> Rounds(int64_t job, int64_t count) {
  std::vector<std::string> payloads;
  for (int64_t i = 0; i < count; ++i) payloads.push_back(PayloadOf(job, i));
  return payloads;
}

TEST(LogFaults, ATailTornAtAnyByteIsCut) {
  faults::MemoryEnv env(1);
  const auto store = OpenStore(&env, kJournalsOnly);
  AppendRounds(*store, 0, 3);
  const size_t two_rounds = env.Contents(kJournal).size();
  AppendRounds(*store, 3, 1);
  // The writer has not completed the file: this is what a crash leaves.
  const std::string whole = env.Contents(kJournal);
  const size_t record = (whole.size() - two_rounds) / 2;
  for (size_t size = two_rounds; size <= whole.size(); ++size) {
    for (const bool zeros : {false, true}) {
      const std::unique_ptr<faults::MemoryEnv> crashed = CopyOf(env);
      crashed->SetContents(kJournal, whole.substr(0, size) + std::string(zeros ? whole.size() - size : 0, '\0'));
      for (int restart = 0; restart < 2; ++restart) {
        const auto reopened = OpenStore(crashed.get(), kJournalsOnly);
        for (int64_t job = 0; job < 2; ++job) {
          const bool is_there = job == 0 ? size >= two_rounds + record : size == whole.size();
          EXPECT_EQ(ReadAll(*reopened, Uid(job)), Rounds(job, is_there ? 4 : 3)) << size;
        }
      }
    }
  }
}

TEST(LogFaults, ABitFlippedAnywhereInACompleteFileIsDetected) {
  for (const SegmentLogOptions& options : {kJournalsOnly, kSegmentsOnly}) {
    faults::MemoryEnv env(1);
    auto store = OpenStore(&env, options);
    AppendRounds(*store, 0, 4);
    store.reset();
    for (const std::string& path : env.Files()) {
      const std::string whole = env.Contents(path);
      for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const std::unique_ptr<faults::MemoryEnv> damaged = CopyOf(env);
        damaged->SetContents(path, flipped);
        const auto reopened = OpenStore(damaged.get(), options);
        int told = 0;
        for (int64_t job = 0; job < 2; ++job) {
          const auto found = ReadAll(*reopened, Uid(job));
          if (!found.has_value()) {
            ++told;
          } else {
            EXPECT_EQ(*found, Rounds(job, 4)) << path << " bit " << bit;
          }
        }
        // The seal can be done without; the file header concerns everybody; a record only its job.
        const size_t end_of_records = whole.rfind("DREC");
        const size_t at = bit / 8;
        const int concerned = at >= end_of_records ? 0 : at >= kFileHeaderBytes ? 1 : path == kJournal ? 2 : 1;
        EXPECT_EQ(told, concerned) << path << " bit " << bit;
      }
    }
  }
}

TEST(LogFaults, ABitFlippedBeforeTheLastCommitOfACrashedFileIsDetected) {
  faults::MemoryEnv env(1);
  const auto store = OpenStore(&env, kJournalsOnly);
  AppendRounds(*store, 0, 3);
  const size_t end = env.Contents(kJournal).size();
  AppendRounds(*store, 3, 1);
  const std::string whole = env.Contents(kJournal);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const std::unique_ptr<faults::MemoryEnv> crashed = CopyOf(env);
    crashed->SetContents(kJournal, flipped);
    const auto reopened = OpenStore(crashed.get(), kJournalsOnly);
    int told = 0;
    for (int64_t job = 0; job < 2; ++job) {
      const auto found = ReadAll(*reopened, Uid(job));
      if (!found.has_value()) {
        ++told;
      } else if (bit / 8 < end) {
        EXPECT_EQ(*found, Rounds(job, 4)) << "bit " << bit;
      } else {
        // Nobody can tell the last commit from one that was never acknowledged.
        EXPECT_TRUE(*found == Rounds(job, 3) || *found == Rounds(job, 4)) << "bit " << bit;
      }
    }
    EXPECT_EQ(told > 0, bit / 8 < end) << "bit " << bit;
  }
}

TEST(LogFaults, ADamagedLogCanBeDeleted) {
  faults::MemoryEnv env(1);
  auto store = OpenStore(&env, kSegmentsOnly);
  AppendRounds(*store, 0, 4);
  store.reset();
  for (const std::string& path : env.Files()) {
    if (absl::StrContains(path, "/jobs/")) env.SetContents(path, "garbage" + env.Contents(path).substr(7));
  }
  store = OpenStore(&env, kSegmentsOnly);
  EXPECT_EQ(ReadAll(*store, Uid(0)), std::nullopt);
  EXPECT_FALSE(AppendAndWait(*store, Uid(0), {MakeRecord(4, 1, "x")}).ok());
  ASSERT_TRUE(store->Delete(Uid(0)).ok());
  EXPECT_EQ(ReadAll(*store, Uid(0)), std::vector<std::string>());
  EXPECT_TRUE(AppendAndWait(*store, Uid(0), {MakeRecord(0, 1, "x")}).ok());
}

// A fault of the disk in one commit, with jobs 0 and 1 in the journal and job 2 in a segment of its own.
class LogErrors : public ::testing::Test {
 protected:
  LogErrors() {
    store_ = OpenStore(&env_, {.journal_share_bytes = 1000, .sync_threads = 1});
    AppendRounds(*store_, 0, 2);
    EXPECT_TRUE(AppendAndWait(*store_, Uid(2), {MakeRecord(0, 1, std::string(2000, 'x'))}).ok());
  }

  // Commits one record of each job. The journal is written before the segment: its file is older.
  std::vector<Append> CommitAll() {
    std::vector<Append> appends(3);
    for (int64_t job = 0; job < 3; ++job) {
      const int64_t next = job == 2 ? 1 : 2;
      appends[job] = {.uid = Uid(job), .records = {MakeRecord(next, 1, absl::StrCat("attempt ", ++attempts_))}};
    }
    AppendTogether(*store_, appends);
    return appends;
  }

  // Jobs 0 and 1 failed and job 2 did not; all go on, and everything acknowledged survives a power loss.
  void ExpectOnlyTheJournalFailed(const std::vector<Append>& appends, absl::StatusCode code) {
    EXPECT_EQ(appends[0].result.status().code(), code);
    EXPECT_EQ(appends[1].result.status().code(), code);
    EXPECT_TRUE(appends[2].result.ok()) << appends[2].result.status();
    // Nothing more before Open.
    EXPECT_FALSE(AppendAndWait(*store_, Uid(0), {MakeRecord(2, 1, "too early")}).ok());
    EXPECT_TRUE(AppendAndWait(*store_, Uid(3), {MakeRecord(0, 1, "a new job")}).ok());
    ASSERT_TRUE(AppendAndWait(*store_, Uid(2), {MakeRecord(2, 1, "on")}).ok());
    for (int64_t job = 0; job < 2; ++job) {
      EXPECT_EQ(ReadAll(*store_, Uid(job)), Rounds(job, 2));
      ASSERT_TRUE(AppendAndWait(*store_, Uid(job), {MakeRecord(2, 1, "again")}).ok());
    }
    store_.reset();
    env_.Restart();
    store_ = OpenStore(&env_, {.journal_share_bytes = 1000, .sync_threads = 1});
    for (int64_t job = 0; job < 2; ++job) {
      std::vector<std::string> expected = Rounds(job, 2);
      expected.push_back("again");
      EXPECT_EQ(ReadAll(*store_, Uid(job)), expected);
    }
    EXPECT_THAT(*ReadAll(*store_, Uid(2)), SizeIs(3));
    EXPECT_THAT(*ReadAll(*store_, Uid(3)), SizeIs(1));
  }

  faults::MemoryEnv env_{7};
  std::unique_ptr<SegmentLogStore> store_;
  int64_t attempts_ = 0;
};

TEST_F(LogErrors, AFailedWriteConcernsItsFileOnly) {
  env_.FailWrite(0, absl::ResourceExhaustedError("disk full"));
  ExpectOnlyTheJournalFailed(CommitAll(), absl::StatusCode::kResourceExhausted);
}

TEST_F(LogErrors, AFailedSyncConcernsItsFileOnly) {
  env_.FailSync(0, absl::InternalError("input/output error"));
  ExpectOnlyTheJournalFailed(CommitAll(), absl::StatusCode::kInternal);
}

TEST_F(LogErrors, ANewFileWhoseNameIsNotDurableIsNotUsed) {
  store_.reset();
  store_ = OpenStore(&env_, {.journal_share_bytes = 1000, .sync_threads = 1});
  for (int64_t job = 0; job < 3; ++job) ASSERT_TRUE(store_->Open(Uid(job)).ok());
  // The new journal's directory; the segment's directory is another.
  env_.FailDirectorySync(0, absl::InternalError("input/output error"));
  ExpectOnlyTheJournalFailed(CommitAll(), absl::StatusCode::kInternal);
}

TEST(GroupCommit, OneSyncMakesTheAppendsOfAllJobsDurable) {
  faults::MemoryEnv env(1);
  const auto store = OpenStore(&env, kJournalsOnly);
  ASSERT_TRUE(AppendAndWait(*store, Uid(100), {MakeRecord(0, 1, "first")}).ok());
  for (int64_t round = 0; round < 5; ++round) {
    std::vector<Append> appends;
    for (int64_t job = 0; job < 64; ++job) {
      for (int64_t i = 0; i < 3; ++i) {
        appends.push_back({.uid = Uid(job), .records = {MakeRecord(3 * round + i, 1, PayloadOf(job, i))}});
      }
    }
    const int64_t before = env.syncs();
    AppendTogether(*store, appends);
    for (const Append& append : appends) ASSERT_TRUE(append.result.ok());
    EXPECT_EQ(env.syncs() - before, 1);
  }
}

TEST(GroupCommit, SegmentsCostOneSyncEach) {
  faults::MemoryEnv env(1);
  const auto store = OpenStore(&env, kSegmentsOnly);
  for (int64_t round = 0; round < 3; ++round) {
    std::vector<Append> appends;
    for (int64_t job = 0; job < 4; ++job) {
      for (int64_t i = 0; i < 5; ++i) {
        appends.push_back({.uid = Uid(job), .records = {MakeRecord(5 * round + i, 1, "x")}});
      }
    }
    const int64_t before = env.syncs();
    AppendTogether(*store, appends);
    EXPECT_EQ(env.syncs() - before, 4);
  }
}

TEST(SegmentFiles, AreOpenInBoundedNumber) {
  faults::MemoryEnv env(1);
  const auto store = OpenStore(&env, {.journal_share_bytes = 0, .open_segments = 2});
  for (int64_t round = 0; round < 3; ++round) {
    for (int64_t job = 0; job < 4; ++job) {
      ASSERT_TRUE(AppendAndWait(*store, Uid(job), {MakeRecord(round, 1, PayloadOf(job, round))}).ok());
    }
  }
  // Each job's segment was completed before its next turn.
  EXPECT_THAT(env.Files(), SizeIs(12));
  for (int64_t job = 0; job < 4; ++job) EXPECT_EQ(ReadAll(*store, Uid(job)), Rounds(job, 3));
}

TEST(SegmentFiles, JournalsGoWithTheirLastJob) {
  faults::MemoryEnv env(1);
  auto store = OpenStore(&env, {.journal_bytes = 500, .journal_share_bytes = 1 << 20});
  AppendRounds(*store, 0, 6);
  ASSERT_GT(env.Files().size(), 1);
  ASSERT_TRUE(store->Delete(Uid(0)).ok());
  EXPECT_GT(store->TotalBytes(), 0);
  ASSERT_TRUE(store->Delete(Uid(1)).ok());
  // The one being written, if any, is all that is left.
  EXPECT_LE(env.Files().size(), 1);
  store.reset();
  EXPECT_THAT(env.Files(), SizeIs(0));
}

}  // namespace
}  // namespace descent::store
