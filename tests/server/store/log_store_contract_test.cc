// What every jobs::LogStore keeps. Another implementation is added by another line at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"
#include "server/jobs/log_store.h"
#include "server/store/segment_log_store.h"
#include "tests/server/store/log_testing.h"

namespace descent::store {
namespace {

using jobs::RecordRef;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Implementation {
  std::string name;
  bool on_disk = false;
  // Opens a store in which a few records of 1 KiB make a segment.
  std::function<std::unique_ptr<jobs::LogStore>(core::Env*, const std::string&)> open;
};

class LogStoreContract : public ::testing::TestWithParam<Implementation> {
 protected:
  LogStoreContract() : place_(GetParam().on_disk) { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = GetParam().open(place_.env(), place_.directory());
    ASSERT_NE(store_, nullptr);
  }

  // Appends records of one row each, one commit a record.
  void AppendRows(const std::string& uid, int64_t first, int64_t count, size_t bytes) {
    for (int64_t i = first; i < first + count; ++i) {
      const auto refs = AppendAndWait(*store_, uid, {MakeRecord(i, 1, PayloadOf(i, bytes))});
      ASSERT_TRUE(refs.ok()) << refs.status();
    }
  }
  static std::string PayloadOf(int64_t sequence, size_t bytes) {
    return absl::StrCat("row ", sequence, std::string(bytes, static_cast<char>('a' + sequence % 26)));
  }
  // The rows of a log tile [first, next) and can be read.
  void ExpectRows(const std::string& uid, int64_t first, int64_t next, size_t bytes) {
    const auto refs = store_->Open(uid);
    ASSERT_TRUE(refs.ok()) << refs.status();
    ASSERT_THAT(*refs, SizeIs(next - first));
    for (int64_t i = first; i < next; ++i) {
      const RecordRef& ref = (*refs)[i - first];
      EXPECT_EQ(ref.header, MakeRecord(i, 1, "").header);
      const auto payload = store_->Read(uid, ref);
      ASSERT_TRUE(payload.ok()) << payload.status();
      EXPECT_EQ(**payload, PayloadOf(i, bytes));
    }
  }

  StorePlace place_;
  std::unique_ptr<jobs::LogStore> store_;
};

TEST_P(LogStoreContract, AnUnknownLogIsEmpty) {
  EXPECT_THAT(*store_->Open(Uid(1)), IsEmpty());
  EXPECT_EQ(store_->StoredBytes(Uid(1)), 0);
  EXPECT_TRUE(store_->Delete(Uid(1)).ok());
  EXPECT_EQ(*store_->DropOldest(Uid(1)), -1);
}

TEST_P(LogStoreContract, KeepsRecordsOfManyLogsInOrder) {
  for (int round = 0; round < 20; ++round) {
    std::vector<Append> appends(5);
    for (int64_t job = 0; job < 5; ++job) {
      appends[job] = {.uid = Uid(job), .records = {MakeRecord(round, 1, PayloadOf(round, 10 + 300 * job))}};
    }
    AppendTogether(*store_, appends);
    for (const Append& append : appends) ASSERT_TRUE(append.result.ok()) << append.result.status();
  }
  for (int64_t job = 0; job < 5; ++job) ExpectRows(Uid(job), 0, 20, 10 + 300 * job);
  Reopen();
  for (int64_t job = 0; job < 5; ++job) ExpectRows(Uid(job), 0, 20, 10 + 300 * job);
}

TEST_P(LogStoreContract, GivesARefForEachRecordOfAnAppend) {
  const auto refs =
      AppendAndWait(*store_, Uid(1), {MakeRecord(0, 7, "seven"), MakeRecord(7, 0, "part"), MakeRecord(7, 1, "")});
  ASSERT_TRUE(refs.ok());
  ASSERT_THAT(*refs, SizeIs(3));
  EXPECT_EQ(**store_->Read(Uid(1), (*refs)[0]), "seven");
  EXPECT_EQ(**store_->Read(Uid(1), (*refs)[1]), "part");
  EXPECT_EQ(**store_->Read(Uid(1), (*refs)[2]), "");
}

TEST_P(LogStoreContract, GoesOnAfterEachRestart) {
  for (int64_t start = 0; start < 60; start += 10) {
    ASSERT_TRUE(store_->Open(Uid(1)).ok());
    AppendRows(Uid(1), start, 10, 500);
    Reopen();
    ExpectRows(Uid(1), 0, start + 10, 500);
  }
}

TEST_P(LogStoreContract, RefusesWhatDoesNotFollowAndThenEverythingUntilOpen) {
  AppendRows(Uid(1), 0, 3, 10);
  EXPECT_FALSE(AppendAndWait(*store_, Uid(1), {MakeRecord(4, 1, "hole")}).ok());
  EXPECT_FALSE(AppendAndWait(*store_, Uid(1), {MakeRecord(3, 1, "right, but too late")}).ok());
  ExpectRows(Uid(1), 0, 3, 10);
  AppendRows(Uid(1), 3, 1, 10);
  ExpectRows(Uid(1), 0, 4, 10);
}

TEST_P(LogStoreContract, CountsBytes) {
  EXPECT_EQ(store_->TotalBytes(), 0);
  AppendRows(Uid(1), 0, 40, 1000);
  AppendRows(Uid(2), 0, 1, 10);
  const int64_t bytes = store_->StoredBytes(Uid(1));
  EXPECT_GE(bytes, 40 * 1000);
  EXPECT_LE(bytes, 40 * 1300);
  EXPECT_GE(store_->TotalBytes(), bytes + store_->StoredBytes(Uid(2)));
  Reopen();
  EXPECT_GE(store_->StoredBytes(Uid(1)), bytes);
  const int64_t total = store_->TotalBytes();
  ASSERT_TRUE(store_->Open(Uid(1)).ok());
  EXPECT_EQ(store_->TotalBytes(), total);
}

TEST_P(LogStoreContract, ThinsSegmentsOldestFirstAndEachOnce) {
  for (int64_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(AppendAndWait(*store_, Uid(1),
                              {MakeRecord(i, 1, PayloadOf(i, 1000)), MakeRecord(i + 1, 0, std::string(500, 'p'))})
                    .ok());
  }
  const auto thin = [](const jobs::RecordHeader&, absl::string_view payload) {
    EXPECT_GT(payload.size(), 500) << "thinned twice";
    return std::string(payload.substr(0, 100));
  };
  const std::vector<RecordRef> before = *store_->Open(Uid(1));
  const int64_t bytes = store_->StoredBytes(Uid(1));
  int64_t thinned_to = -1;
  while (true) {
    const auto refs = store_->ThinOldest(Uid(1), thin);
    ASSERT_TRUE(refs.ok()) << refs.status();
    if (refs->empty()) break;
    EXPECT_TRUE(thinned_to < 0 || refs->front().header.first_sequence == thinned_to);
    thinned_to = refs->back().header.next_sequence;
    for (const RecordRef& ref : *refs) EXPECT_EQ((*store_->Read(Uid(1), ref))->size(), 100);
  }
  ASSERT_GT(thinned_to, 20);
  EXPECT_LT(store_->StoredBytes(Uid(1)), bytes / 2);
  // Old refs of thinned records do not work, others do.
  for (const RecordRef& ref : before) {
    const auto payload = store_->Read(Uid(1), ref);
    EXPECT_TRUE(payload.ok() || absl::IsNotFound(payload.status())) << payload.status();
  }
  for (int restart = 0; restart < 2; ++restart) {
    int64_t next = 0;
    const std::vector<RecordRef> refs = *store_->Open(Uid(1));
    for (const RecordRef& ref : refs) {
      EXPECT_EQ(ref.header.first_sequence, next);
      next = ref.header.next_sequence;
      EXPECT_TRUE(store_->Read(Uid(1), ref).ok());
    }
    EXPECT_EQ(next, 40);
    if (restart == 0) Reopen();
  }
  // After the restart the newest segments are no longer written and can be thinned; those thinned before are not.
  while (!store_->ThinOldest(Uid(1), thin)->empty()) {
  }
  AppendRows(Uid(1), 40, 5, 1000);
  EXPECT_EQ(store_->Open(Uid(1))->back().header.next_sequence, 45);
}

TEST_P(LogStoreContract, DropsSegmentsOldestFirstAndGoesOn) {
  AppendRows(Uid(1), 0, 40, 1000);
  AppendRows(Uid(2), 0, 2, 10);
  int64_t first = 0;
  while (true) {
    const int64_t dropped = *store_->DropOldest(Uid(1));
    if (dropped < 0) break;
    EXPECT_GT(dropped, first);
    first = dropped;
    ExpectRows(Uid(1), first, 40, 1000);
  }
  EXPECT_GT(first, 30);
  EXPECT_LT(first, 40);
  Reopen();
  ExpectRows(Uid(1), first, 40, 1000);
  AppendRows(Uid(1), 40, 3, 1000);
  ExpectRows(Uid(1), first, 43, 1000);
  ExpectRows(Uid(2), 0, 2, 10);
}

TEST_P(LogStoreContract, DeletesLogsAndFreesTheirRoom) {
  for (int64_t job = 0; job < 4; ++job) AppendRows(Uid(job), 0, job == 0 ? 1 : 20, 1000);
  for (int64_t job = 1; job < 4; ++job) ASSERT_TRUE(store_->Delete(Uid(job)).ok());
  for (int64_t job = 1; job < 4; ++job) {
    EXPECT_THAT(*store_->Open(Uid(job)), IsEmpty());
    EXPECT_EQ(store_->StoredBytes(Uid(job)), 0);
  }
  ExpectRows(Uid(0), 0, 1, 1000);
  EXPECT_LT(store_->TotalBytes(), 20'000);
  ASSERT_TRUE(store_->Delete(Uid(0)).ok());
  Reopen();
  ASSERT_TRUE(store_->DeleteUnknown({}).ok());
  EXPECT_EQ(store_->TotalBytes(), 0);
  EXPECT_THAT(*store_->Open(Uid(0)), IsEmpty());
}

TEST_P(LogStoreContract, DeletesWhatNobodyKnows) {
  for (int64_t job = 0; job < 6; ++job) AppendRows(Uid(job), 0, job % 2 == 0 ? 2 : 20, 1000);
  Reopen();
  std::vector<std::string> known = {Uid(2), Uid(3)};
  std::sort(known.begin(), known.end());
  ASSERT_TRUE(store_->DeleteUnknown(known).ok());
  for (int64_t job : {0, 1, 4, 5}) EXPECT_THAT(*store_->Open(Uid(job)), IsEmpty()) << job;
  ExpectRows(Uid(2), 0, 2, 1000);
  ExpectRows(Uid(3), 0, 20, 1000);
}

TEST_P(LogStoreContract, ReadsGoOnBesideCommitsThinningAndDropping) {
  AppendRows(Uid(1), 0, 10, 1000);
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto refs = store_->Open(Uid(1));
        ASSERT_TRUE(refs.ok()) << refs.status();
        int64_t next = -1;
        for (const RecordRef& ref : *refs) {
          EXPECT_TRUE(next < 0 || ref.header.first_sequence == next);
          next = ref.header.next_sequence;
          const auto payload = store_->Read(Uid(1), ref);
          if (!payload.ok()) {
            EXPECT_EQ(payload.status().code(), absl::StatusCode::kNotFound) << payload.status();
          } else {
            EXPECT_EQ((*payload)->substr(0, 4), "row ");
          }
        }
      }
    });
  }
  for (int64_t i = 10; i < 150; ++i) {
    AppendRows(Uid(1), i, 1, 1000);
    if (i % 5 == 0) {
      ASSERT_TRUE(store_
                      ->ThinOldest(Uid(1), [](const auto&,
                                              absl::string_view payload) { return std::string(payload.substr(0, 50)); })
                      .ok());
    }
    if (i % 11 == 0) {
      ASSERT_TRUE(store_->DropOldest(Uid(1)).ok());
    }
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_P(LogStoreContract, TakesAppendsFromManyThreads) {
  std::vector<std::thread> writers;
  for (int64_t job = 0; job < 8; ++job) {
    writers.emplace_back([this, job] {
      std::atomic<int> left = 50;
      core::Mutex mu;
      for (int64_t i = 0; i < 50; ++i) {
        store_->Append(Uid(job), {MakeRecord(i, 1, PayloadOf(i, 100 * job))}, [&](const auto& refs) {
          EXPECT_TRUE(refs.ok()) << refs.status();
          core::MutexLock lock(&mu);
          --left;
        });
      }
      core::MutexLock lock(&mu);
      const auto done = [&] { return left == 0; };
      mu.Await(done);
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (int64_t job = 0; job < 8; ++job) ExpectRows(Uid(job), 0, 50, 100 * job);
}

std::unique_ptr<jobs::LogStore> OpenSegments(core::Env* env, const std::string& directory) {
  auto store = SegmentLogStore::Create(
      env, directory, {.segment_bytes = 4000, .journal_bytes = 6000, .journal_share_bytes = 3000, .open_segments = 3});
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(LogStores, LogStoreContract,
                         ::testing::Values(Implementation{"SegmentsOnDisk", true, OpenSegments},
                                           Implementation{"SegmentsInMemory", false, OpenSegments}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace descent::store
