// Datasets by name: what datasets need of a store.
#ifndef DESCENT_SERVER_DATASETS_DATASET_STORE_H_
#define DESCENT_SERVER_DATASETS_DATASET_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace descent::datasets {

// What is stored of a dataset; its cells are in a file by version.
struct DatasetRecord {
  std::string owner;  // tenant; names are unique in it
  std::string name;   // without `datasets/`
  std::string version;
  std::string source_sha256;  // empty for inline rows
  int64_t row_count = 0;
  int64_t source_bytes = 0;
  int64_t stored_bytes = 0;
  absl::Time create_time = absl::InfinitePast();
  // Schema, statistics and format, encoded by dataset_facts.cc.
  std::string facts;
  // For safe retries; empty: none.
  std::string request_id;
  std::string request_fingerprint;
};

struct DatasetPage {
  std::vector<DatasetRecord> datasets;  // newest first
  std::string next;                     // empty on the last page
};

// Every change is durable when the call returns. Thread-safety: all methods, any thread.
class DatasetStore {
 public:
  virtual ~DatasetStore() = default;

  // RESOURCE_EXISTS when the owner has a dataset of that name.
  virtual absl::Status Insert(const DatasetRecord& record) = 0;
  // RESOURCE_NOT_FOUND when there is none.
  virtual absl::StatusOr<DatasetRecord> Get(const std::string& owner, const std::string& name) = 0;
  // The owner's oldest dataset of a version.
  virtual absl::StatusOr<std::optional<DatasetRecord>> FindVersion(const std::string& owner,
                                                                   const std::string& version) = 0;
  // The dataset made by a request, if one younger than `oldest` is there.
  virtual absl::StatusOr<std::optional<DatasetRecord>> FindRequest(const std::string& owner,
                                                                   const std::string& request_id,
                                                                   absl::Time oldest) = 0;
  // INVALID_FIELD on `page_token` when `after` is not of this store.
  virtual absl::StatusOr<DatasetPage> List(const std::string& owner, int64_t limit, const std::string& after) = 0;
  // Missing ones are not an error.
  virtual absl::Status Delete(const std::string& owner, const std::string& name) = 0;
  // Datasets of any owner that have a version.
  virtual absl::StatusOr<int64_t> CountVersion(const std::string& version) = 0;
  // Versions of all datasets, ascending, each once.
  virtual absl::StatusOr<std::vector<std::string>> AllVersions() = 0;
  // Up to `limit` names of an owner's datasets, for suggestions.
  virtual absl::StatusOr<std::vector<std::string>> Names(const std::string& owner, int64_t limit) = 0;
};

}  // namespace descent::datasets

#endif  // DESCENT_SERVER_DATASETS_DATASET_STORE_H_
