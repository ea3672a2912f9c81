// Jobs by name, in SQLite.
#ifndef DESCENT_SERVER_STORE_SQLITE_JOB_STORE_H_
#define DESCENT_SERVER_STORE_SQLITE_JOB_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/jobs/job_store.h"
#include "server/store/sqlite_database.h"

namespace descent::store {

// jobs::JobStore over a database that other stores share. Times are kept in nanoseconds. A condition that is negated
// also holds for a job that lacks the label. Thread-safety: as jobs::JobStore.
class SqliteJobStore : public jobs::JobStore {
 public:
  // Makes or migrates its tables. The database outlives the store.
  static absl::StatusOr<std::unique_ptr<SqliteJobStore>> Create(SqliteDatabase* database);

  absl::Status Insert(jobs::JobRecord* record) override;
  absl::Status Update(const jobs::JobRecord& record) override;
  absl::StatusOr<jobs::JobRecord> Get(const std::string& owner, const std::string& name) override;
  absl::StatusOr<std::optional<jobs::JobRecord>> FindRequest(const std::string& owner, const std::string& request_id,
                                                             absl::Time oldest) override;
  absl::StatusOr<jobs::JobPage> List(const jobs::JobQuery& query) override;
  absl::StatusOr<std::vector<jobs::JobRecord>> Unfinished() override;
  absl::StatusOr<std::vector<std::string>> AllUids() override;
  absl::StatusOr<std::vector<std::string>> JobsUsing(const std::string& dataset_version, int64_t limit) override;
  absl::StatusOr<std::vector<std::string>> Names(const std::string& owner, int64_t limit) override;
  absl::Status Delete(const std::string& uid) override;

 private:
  explicit SqliteJobStore(SqliteDatabase* database) : database_(database) {}

  SqliteDatabase* const database_;
};

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_SQLITE_JOB_STORE_H_
