// Datasets by name in SQLite.
#ifndef DESCENT_SERVER_STORE_SQLITE_DATASET_STORE_H_
#define DESCENT_SERVER_STORE_SQLITE_DATASET_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/datasets/dataset_store.h"
#include "server/store/sqlite_database.h"

namespace descent::store {

// datasets::DatasetStore in the server's database. Thread-safety: as datasets::DatasetStore.
class SqliteDatasetStore : public datasets::DatasetStore {
 public:
  // Brings its table up to date. `database` outlives the store.
  static absl::StatusOr<std::unique_ptr<SqliteDatasetStore>> Create(SqliteDatabase* database);

  absl::Status Insert(const datasets::DatasetRecord& record) override;
  absl::StatusOr<datasets::DatasetRecord> Get(const std::string& owner, const std::string& name) override;
  absl::StatusOr<std::optional<datasets::DatasetRecord>> FindVersion(const std::string& owner,
                                                                     const std::string& version) override;
  absl::StatusOr<std::optional<datasets::DatasetRecord>> FindRequest(const std::string& owner,
                                                                     const std::string& request_id,
                                                                     absl::Time oldest) override;
  absl::StatusOr<datasets::DatasetPage> List(const std::string& owner, int64_t limit,
                                             const std::string& after) override;
  absl::Status Delete(const std::string& owner, const std::string& name) override;
  absl::StatusOr<int64_t> CountVersion(const std::string& version) override;
  absl::StatusOr<std::vector<std::string>> AllVersions() override;
  absl::StatusOr<std::vector<std::string>> Names(const std::string& owner, int64_t limit) override;

 private:
  explicit SqliteDatasetStore(SqliteDatabase* database) : database_(database) {}

  SqliteDatabase* const database_;
};

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_SQLITE_DATASET_STORE_H_
