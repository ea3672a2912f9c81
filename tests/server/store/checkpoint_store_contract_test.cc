// What every jobs::CheckpointStore keeps, and what power loss and damage do to the one in files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/jobs/checkpoint_store.h"
#include "server/store/file_checkpoint_store.h"
#include "tests/faults/memory_env.h"
#include "tests/server/store/log_testing.h"

namespace descent::store {
namespace {

struct Implementation {
  std::string name;
  bool on_disk = false;
  std::function<std::unique_ptr<jobs::CheckpointStore>(core::Env*, const std::string&)> open;
};

class CheckpointStoreContract : public ::testing::TestWithParam<Implementation> {
 protected:
  CheckpointStoreContract() : place_(GetParam().on_disk) { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = GetParam().open(place_.env(), place_.directory());
    ASSERT_NE(store_, nullptr);
  }
  void ExpectLatest(const std::string& uid, int64_t step, const std::string& bytes) {
    const auto latest = store_->Latest(uid);
    ASSERT_TRUE(latest.ok()) << latest.status();
    EXPECT_EQ(latest->step, step);
    EXPECT_EQ(latest->bytes, bytes);
  }

  StorePlace place_;
  std::unique_ptr<jobs::CheckpointStore> store_;
};

TEST_P(CheckpointStoreContract, NoneIsNotFound) {
  EXPECT_EQ(store_->Latest(Uid(1)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->StoredBytes(Uid(1)), 0);
  EXPECT_TRUE(store_->Delete(Uid(1)).ok());
}

TEST_P(CheckpointStoreContract, GivesTheNewestAlsoAfterARestart) {
  for (int64_t step : std::vector<int64_t>{0, 5, 100, 1'000'000'000'000}) {
    ASSERT_TRUE(store_->Put(Uid(1), step, absl::StrCat("state ", step)).ok());
    ExpectLatest(Uid(1), step, absl::StrCat("state ", step));
    Reopen();
    ExpectLatest(Uid(1), step, absl::StrCat("state ", step));
  }
  ASSERT_TRUE(store_->Put(Uid(2), 1, "").ok());
  ExpectLatest(Uid(2), 1, "");
}

TEST_P(CheckpointStoreContract, TheLastOnePutCountsAlsoAtAnEarlierStep) {
  ASSERT_TRUE(store_->Put(Uid(1), 10, "ten").ok());
  ASSERT_TRUE(store_->Put(Uid(1), 20, "twenty").ok());
  ASSERT_TRUE(store_->Put(Uid(1), 20, "twenty again").ok());
  ExpectLatest(Uid(1), 20, "twenty again");
  ASSERT_TRUE(store_->Put(Uid(1), 15, "fifteen").ok());
  ExpectLatest(Uid(1), 15, "fifteen");
  Reopen();
  ExpectLatest(Uid(1), 15, "fifteen");
}

TEST_P(CheckpointStoreContract, KeepsTwoAndCountsTheirBytes) {
  for (int64_t step = 0; step < 10; ++step) ASSERT_TRUE(store_->Put(Uid(1), step, std::string(1000, 'x')).ok());
  EXPECT_GE(store_->StoredBytes(Uid(1)), 2000);
  EXPECT_LT(store_->StoredBytes(Uid(1)), 2300);
  ASSERT_TRUE(store_->Put(Uid(2), 0, std::string(100, 'x')).ok());
  EXPECT_EQ(store_->TotalBytes(), store_->StoredBytes(Uid(1)) + store_->StoredBytes(Uid(2)));
  const int64_t total = store_->TotalBytes();
  Reopen();
  EXPECT_EQ(store_->TotalBytes(), total);
}

TEST_P(CheckpointStoreContract, DeletesOneOrAllThatNobodyKnows) {
  for (int64_t job = 0; job < 5; ++job) ASSERT_TRUE(store_->Put(Uid(job), 1, "x").ok());
  ASSERT_TRUE(store_->Delete(Uid(0)).ok());
  EXPECT_EQ(store_->Latest(Uid(0)).status().code(), absl::StatusCode::kNotFound);
  std::vector<std::string> known = {Uid(2), Uid(3)};
  std::sort(known.begin(), known.end());
  ASSERT_TRUE(store_->DeleteUnknown(known).ok());
  Reopen();
  for (int64_t job = 0; job < 5; ++job) EXPECT_EQ(store_->Latest(Uid(job)).ok(), job == 2 || job == 3) << job;
  ASSERT_TRUE(store_->DeleteUnknown({}).ok());
  EXPECT_EQ(store_->TotalBytes(), 0);
}

std::unique_ptr<jobs::CheckpointStore> OpenFiles(core::Env* env, const std::string& directory) {
  auto store = FileCheckpointStore::Create(env, directory + "/checkpoints");
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(CheckpointStores, CheckpointStoreContract,
                         ::testing::Values(Implementation{"FilesOnDisk", true, OpenFiles},
                                           Implementation{"FilesInMemory", false, OpenFiles}),
                         [](const auto& param) { return param.param.name; });

TEST(FileCheckpointStore, PowerLossLeavesTheOldOrTheNew) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    faults::MemoryEnv env(seed);
    auto store = OpenFiles(&env, "");
    int64_t put = -1;
    env.LosePowerAfter(static_cast<int64_t>(seed % 40));
    for (int64_t step = 0; !env.power_lost(); ++step) {
      if (store->Put(Uid(1), step, absl::StrCat("state ", step)).ok()) put = step;
    }
    env.Restart();
    store = OpenFiles(&env, "");
    const auto latest = store->Latest(Uid(1));
    ASSERT_TRUE(latest.ok() || put < 0) << latest.status() << " seed " << seed;
    if (!latest.ok()) continue;
    EXPECT_TRUE(latest->step == put || latest->step == put + 1) << latest->step << " after " << put;
    EXPECT_EQ(latest->bytes, absl::StrCat("state ", latest->step));
  }
}

TEST(FileCheckpointStore, FallsBackToTheOneBeforeWhenTheNewestIsDamaged) {
  faults::MemoryEnv env(1);
  auto store = OpenFiles(&env, "");
  ASSERT_TRUE(store->Put(Uid(1), 10, "ten").ok());
  ASSERT_TRUE(store->Put(Uid(1), 20, "twenty").ok());
  const std::vector<std::string> files = env.Files();
  ASSERT_EQ(files.size(), 2);
  const std::string whole = env.Contents(files[1]);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    env.SetContents(files[1], flipped);
    EXPECT_EQ(store->Latest(Uid(1))->step, 10) << bit;
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    env.SetContents(files[1], whole.substr(0, size));
    EXPECT_EQ(store->Latest(Uid(1))->step, 10) << size;
  }
  env.SetContents(files[0], "");
  EXPECT_EQ(store->Latest(Uid(1)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(FileCheckpointStore, AFullDiskKeepsTheOldOne) {
  faults::MemoryEnv env(1);
  auto store = OpenFiles(&env, "");
  ASSERT_TRUE(store->Put(Uid(1), 10, "ten").ok());
  env.FailWrite(0, absl::ResourceExhaustedError("disk full"));
  EXPECT_EQ(store->Put(Uid(1), 20, "twenty").code(), absl::StatusCode::kResourceExhausted);
  store = OpenFiles(&env, "");
  EXPECT_EQ(store->Latest(Uid(1))->step, 10);
  EXPECT_TRUE(store->Put(Uid(1), 20, "twenty").ok());
  EXPECT_EQ(store->Latest(Uid(1))->step, 20);
}

}  // namespace
}  // namespace descent::store
