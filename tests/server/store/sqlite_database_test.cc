#include "server/store/sqlite_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/status.h"
#include "tests/faults/memory_env.h"
#include "tests/server/store/log_testing.h"

namespace descent::store {
namespace {

class SqliteDatabaseTest : public ::testing::Test {
 protected:
  SqliteDatabaseTest() : place_(true) { Reopen(); }

  void Reopen() {
    database_.reset();
    auto database = SqliteDatabase::Open(core::Env::Posix(), Path());
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
  }
  std::string Path() const { return place_.directory() + "/descent.db"; }
  absl::Status Put(int64_t key) {
    return database_->Write([&](SqliteConnection& connection) -> absl::Status {
      DESCENT_ASSIGN_OR_RETURN(SqliteStatement insert, connection.Prepare("INSERT INTO t VALUES (?)"));
      return insert.Bind(key).Run();
    });
  }
  int64_t Count() {
    int64_t count = -1;
    const absl::Status status = database_->Read([&](SqliteConnection& connection) -> absl::Status {
      DESCENT_ASSIGN_OR_RETURN(SqliteStatement select, connection.Prepare("SELECT count(*) FROM t"));
      DESCENT_RETURN_IF_ERROR(select.Step().status());
      count = select.Int(0);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return count;
  }

  StorePlace place_;
  std::unique_ptr<SqliteDatabase> database_;
};

constexpr absl::string_view kFirst = "CREATE TABLE IF NOT EXISTS t (key INTEGER PRIMARY KEY) STRICT;";

TEST_F(SqliteDatabaseTest, MigratesStepByStepAndRefusesWhatIsNewer) {
  ASSERT_TRUE(database_->Migrate("a", {kFirst}).ok());
  ASSERT_TRUE(Put(1).ok());
  // Run once only: a second time they would fail.
  const std::vector<absl::string_view> steps = {kFirst, "ALTER TABLE t ADD COLUMN extra INTEGER;",
                                                "UPDATE t SET extra = key + 10;"};
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = database_->Migrate("a", steps);
    ASSERT_TRUE(status.ok()) << status;
    Reopen();
  }
  ASSERT_TRUE(database_->Migrate("b", {"CREATE TABLE IF NOT EXISTS other (x INTEGER) STRICT;"}).ok());
  EXPECT_EQ(database_->Migrate("a", {kFirst}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SqliteDatabaseTest, AMigrationThatFailsChangesNothing) {
  EXPECT_FALSE(database_->Migrate("a", {kFirst, "this is not SQL"}).ok());
  ASSERT_TRUE(database_->Migrate("a", {kFirst}).ok());
  EXPECT_EQ(Count(), 0);
}

TEST_F(SqliteDatabaseTest, AWriteIsAllOrNothing) {
  ASSERT_TRUE(database_->Migrate("a", {kFirst}).ok());
  const absl::Status status = database_->Write([&](SqliteConnection& connection) -> absl::Status {
    DESCENT_RETURN_IF_ERROR(connection.Execute("INSERT INTO t VALUES (1), (2)"));
    return absl::AbortedError("changed my mind");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Count(), 0);
  ASSERT_TRUE(Put(1).ok());
  EXPECT_EQ(Put(1).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Count(), 1);
  Reopen();
  EXPECT_EQ(Count(), 1);
}

TEST_F(SqliteDatabaseTest, TakesThreads) {
  ASSERT_TRUE(database_->Migrate("a", {kFirst}).ok());
  std::vector<std::thread> threads;
  for (int64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int64_t i = 0; i < 25; ++i) EXPECT_TRUE(Put(100 * thread + i).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count(), 100);
}

TEST_F(SqliteDatabaseTest, IsPrivate) {
  ASSERT_TRUE(database_->Migrate("a", {kFirst}).ok());
  for (const char* suffix : {"", "-wal"}) {
    struct stat info;
    ASSERT_EQ(::stat((Path() + suffix).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600) << suffix;
  }
}

TEST_F(SqliteDatabaseTest, AFileThatIsNoDatabaseIsDataLoss) {
  database_.reset();
  const absl::string_view parts[] = {"this is not a database, though it is long enough to be looked at as one ......"};
  for (const char* suffix : {"-wal", "-shm"}) ASSERT_TRUE(place_.env()->DeleteFile(Path() + suffix).ok());
  ASSERT_TRUE(place_.env()->WriteFileAtomically(Path(), parts).ok());
  EXPECT_EQ(SqliteDatabase::Open(core::Env::Posix(), Path()).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SqliteDatabase, CreationReportsADiskThatDoesNotSync) {
  faults::MemoryEnv env(1);
  env.FailSync(0, absl::InternalError("input/output error"));
  EXPECT_EQ(SqliteDatabase::Open(&env, "/descent.db").status().code(), absl::StatusCode::kInternal);
  env.FailDirectorySync(0, absl::InternalError("input/output error"));
  EXPECT_EQ(SqliteDatabase::Open(&env, "/descent.db").status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace descent::store
