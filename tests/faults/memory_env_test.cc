// One suite for both Envs, and the model of power loss itself.
#include "tests/faults/memory_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "core/base/env.h"

namespace descent::faults {
namespace {

using ::testing::ElementsAre;

class EnvContract : public ::testing::TestWithParam<bool> {
 protected:
  EnvContract() {
    if (GetParam()) {
      char pattern[] = "/tmp/descent_env_XXXXXX";
      directory_ = ::mkdtemp(pattern);
      env_ = core::Env::Posix();
    } else {
      directory_ = "/data";
      env_ = &memory_;
      EXPECT_TRUE(env_->CreateDirectories(directory_).ok());
    }
  }
  ~EnvContract() override {
    if (GetParam()) std::filesystem::remove_all(directory_);
  }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  MemoryEnv memory_{1};
  core::Env* env_;
  std::string directory_;
};

TEST_P(EnvContract, AppendsReadsAndCuts) {
  auto file = *env_->OpenForAppend(Path("a"));
  const absl::string_view parts[] = {"one ", "", "two"};
  ASSERT_TRUE(file->Append(parts).ok());
  ASSERT_TRUE(file->Sync().ok());
  const auto reader = *env_->OpenForRead(Path("a"));
  EXPECT_EQ(*reader->Size(), 7);
  std::string bytes(3, '\0');
  ASSERT_TRUE(reader->Read(4, 3, bytes.data()).ok());
  EXPECT_EQ(bytes, "two");
  EXPECT_EQ(reader->Read(5, 3, bytes.data()).code(), absl::StatusCode::kOutOfRange);
  file = *env_->OpenForAppend(Path("a"), 3);
  ASSERT_TRUE(file->Append("!").ok());
  EXPECT_EQ(*env_->ReadFile(Path("a")), "one!");
  EXPECT_EQ(*env_->FileSize(Path("a")), 4);
}

TEST_P(EnvContract, AppendsMorePartsThanOneSystemCallTakes) {
  const std::vector<absl::string_view> parts(5000, "abc");
  ASSERT_TRUE((*env_->OpenForAppend(Path("many")))->Append(parts).ok());
  EXPECT_EQ(*env_->FileSize(Path("many")), 15000);
}

TEST_P(EnvContract, ReplacesFilesAsAWhole) {
  const absl::string_view parts[] = {"new", "er"};
  ASSERT_TRUE((*env_->OpenForAppend(Path("a")))->Append("old").ok());
  ASSERT_TRUE(env_->WriteFileAtomically(Path("a"), parts).ok());
  EXPECT_EQ(*env_->ReadFile(Path("a")), "newer");
  EXPECT_THAT(*env_->ListDirectory(directory_), ElementsAre("a"));
}

TEST_P(EnvContract, MissingThingsAreNotFoundOrNoError) {
  EXPECT_EQ(env_->OpenForRead(Path("x")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(env_->ReadFile(Path("x")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(env_->FileSize(Path("x")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(env_->ListDirectory(Path("x")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(env_->OpenForAppend(Path("x/y")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(env_->DeleteFile(Path("x")).ok());
  EXPECT_TRUE(env_->DeleteDirectory(Path("x")).ok());
}

TEST_P(EnvContract, DirectoriesComeAndGoWithAllThatIsInThem) {
  ASSERT_TRUE(env_->CreateDirectories(Path("a/b/c")).ok());
  ASSERT_TRUE(env_->CreateDirectories(Path("a/b/c")).ok());
  ASSERT_TRUE(env_->OpenForAppend(Path("a/b/file")).ok());
  EXPECT_THAT(*env_->ListDirectory(Path("a/b")), ElementsAre("c", "file"));
  EXPECT_TRUE(env_->SyncDirectory(Path("a/b")).ok());
  ASSERT_TRUE(env_->DeleteDirectory(Path("a")).ok());
  EXPECT_THAT(*env_->ListDirectory(directory_), ElementsAre());
  EXPECT_TRUE(env_->SyncDirectory(directory_).ok());
}

TEST_P(EnvContract, OneHolderALock) {
  auto lock = *env_->LockFile(Path("lock"));
  EXPECT_EQ(env_->LockFile(Path("lock")).status().code(), absl::StatusCode::kUnavailable);
  lock.reset();
  EXPECT_TRUE(env_->LockFile(Path("lock")).ok());
}

INSTANTIATE_TEST_SUITE_P(Envs, EnvContract, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Posix" : "Memory"; });

TEST(PosixEnv, FilesAndDirectoriesArePrivate) {
  char pattern[] = "/tmp/descent_env_XXXXXX";
  const std::string directory = ::mkdtemp(pattern);
  core::Env* const env = core::Env::Posix();
  ASSERT_TRUE(env->CreateDirectories(directory + "/d").ok());
  ASSERT_TRUE(env->OpenForAppend(directory + "/d/f").ok());
  struct stat info;
  ASSERT_EQ(::stat((directory + "/d").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700);
  ASSERT_EQ(::stat((directory + "/d/f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
  std::filesystem::remove_all(directory);
}

// All contents that a file may have after power loss; "-" when it is gone.
template <typename Writes>
std::set<std::string> Outcomes(Writes writes) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    MemoryEnv env(seed);
    writes(env);
    env.Restart();
    const absl::StatusOr<std::string> contents = env.ReadFile("/f");
    outcomes.insert(contents.ok() ? *contents : "-");
  }
  return outcomes;
}

TEST(MemoryEnv, UnsyncedNamesAndDataMayVanish) {
  const auto write = [](MemoryEnv& env) {
    auto file = *env.OpenForAppend("/f");
    ASSERT_TRUE(file->Append("ab").ok());
  };
  EXPECT_THAT(Outcomes(write), ElementsAre("", "-", "a", "ab"));
  EXPECT_THAT(Outcomes([&](MemoryEnv& env) {
                write(env);
                ASSERT_TRUE(env.SyncDirectory("/").ok());
              }),
              ElementsAre("", "a", "ab"));
  EXPECT_THAT(Outcomes([](MemoryEnv& env) {
                auto file = *env.OpenForAppend("/f");
                ASSERT_TRUE(file->Append("ab").ok());
                ASSERT_TRUE(file->Sync().ok());
                ASSERT_TRUE(env.SyncDirectory("/").ok());
              }),
              ElementsAre("ab"));
}

TEST(MemoryEnv, AFailedSyncIsNotMadeGoodByTheNext) {
  const auto outcomes = Outcomes([](MemoryEnv& env) {
    auto file = *env.OpenForAppend("/f");
    ASSERT_TRUE(env.SyncDirectory("/").ok());
    env.FailSync(0, absl::InternalError("disk"));
    ASSERT_TRUE(file->Append("x").ok());
    ASSERT_FALSE(file->Sync().ok());
    ASSERT_TRUE(file->Sync().ok());
  });
  EXPECT_THAT(outcomes, ElementsAre("", "x"));
}

TEST(MemoryEnv, AtomicReplacementGivesTheOldOrTheNew) {
  for (int64_t changes = 0; changes < 6; ++changes) {
    const auto outcomes = Outcomes([&](MemoryEnv& env) {
      const absl::string_view before[] = {"old"};
      const absl::string_view after[] = {"new"};
      ASSERT_TRUE(env.WriteFileAtomically("/f", before).ok());
      env.LosePowerAfter(changes);
      env.WriteFileAtomically("/f", after).IgnoreError();
    });
    for (const std::string& outcome : outcomes) EXPECT_TRUE(outcome == "old" || outcome == "new") << outcome;
    if (changes >= 5) {
      EXPECT_THAT(outcomes, ElementsAre("new"));
    }
  }
}

TEST(MemoryEnv, NothingHappensAfterThePowerIsGone) {
  MemoryEnv env(1);
  auto file = *env.OpenForAppend("/f");
  env.LosePowerAfter(1);
  EXPECT_TRUE(file->Append("x").ok());
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_TRUE(env.power_lost());
  EXPECT_FALSE(env.ReadFile("/f").ok());
  env.Restart();
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_TRUE(env.OpenForAppend("/g").ok());
}

}  // namespace
}  // namespace descent::faults
