// All datasets of a server: from uploads or inline rows to immutable tables that jobs train on.
#ifndef DESCENT_SERVER_DATASETS_DATASET_MANAGER_H_
#define DESCENT_SERVER_DATASETS_DATASET_MANAGER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/env.h"
#include "core/base/errors.h"
#include "core/base/mutex.h"
#include "core/data/inline_table.h"
#include "core/data/table.h"
#include "core/data/table_reader.h"
#include "server/datasets/dataset_facts.h"
#include "server/datasets/dataset_store.h"
#include "server/datasets/uploads.h"

namespace descent::datasets {

struct DatasetManagerOptions {
  std::string directory;  // uploads and tables go below it
  int64_t max_upload_bytes = int64_t{4} << 30;
  // OK, or LIMIT_EXCEEDED when the disk budget is used up.
  std::function<absl::Status()> check_room;
  // Runs `remove` unless a job needs the version of dataset `name`; RESOURCE_IN_USE otherwise.
  std::function<absl::Status(const std::string& name, const std::string& version,
                             const std::function<absl::Status()>& remove)>
      if_unused;
};

// A dataset as a client sees it.
struct DatasetView {
  DatasetRecord record;
  DatasetFacts facts;
};

struct CreateDatasetRequest {
  std::string owner;
  std::string dataset_id;  // empty: made from the file name
  // One of the two.
  std::optional<std::string> upload;
  std::optional<core::InlineRows> rows;
  std::optional<core::TextFormat> format;  // none: guessed
  core::Schema schema;
  std::string sha256;       // empty: not checked
  std::string request_id;   // empty: none
  std::string fingerprint;  // of the request's body
  bool validate_only = false;
  core::Violations violations;  // what the caller found wrong already
};

struct Inspection {
  core::TableResult result;
  std::vector<core::ColumnStatistics> statistics;
  std::string sha256;
};

// Tables are files by version: two datasets of the same contents share one.
// Thread-safety: all methods, any thread. Methods touch the disk.
class DatasetManager {
 public:
  // `env` and `store` outlive it.
  static absl::StatusOr<std::unique_ptr<DatasetManager>> Create(core::Env* env, DatasetStore* store,
                                                                DatasetManagerOptions options);

  absl::StatusOr<UploadInfo> StartUpload(const std::string& owner, const std::string& file_name,
                                         std::optional<int64_t> size_bytes);
  Uploads& uploads() { return *uploads_; }

  // What the bytes look like. Without a format it is guessed. Wrong settings are INVALID_FIELD; problems of the data
  // are in the result.
  absl::StatusOr<Inspection> Inspect(const std::string& owner, const std::string& upload,
                                     const std::optional<core::TextFormat>& format, const core::Schema& schema,
                                     int64_t preview_rows);
  absl::StatusOr<DatasetView> CreateDataset(CreateDatasetRequest request);
  // RESOURCE_NOT_FOUND with the nearest name.
  absl::StatusOr<DatasetView> Get(const std::string& owner, const std::string& name);
  absl::StatusOr<std::vector<DatasetView>> List(const std::string& owner, int64_t limit, const std::string& after,
                                                std::string* next);
  absl::Status Delete(const std::string& owner, const std::string& name);
  // The cells of a version; shared, immutable.
  absl::StatusOr<std::shared_ptr<const core::Table>> Load(const std::string& version);
  // Bytes on disk of tables and uploads.
  int64_t TotalBytes() const;

 private:
  // A table that is about to become a dataset.
  struct Draft {
    core::Table table;
    DatasetFacts facts;
    DatasetRecord record;
    std::string file_name;  // of the upload, for the default id
  };

  DatasetManager(core::Env* env, DatasetStore* store, DatasetManagerOptions options)
      : env_(env), store_(store), options_(std::move(options)) {}

  absl::Status RemoveUnknownTables();
  absl::StatusOr<Draft> MakeDraft(const CreateDatasetRequest& request);
  absl::StatusOr<core::Table> TableFromUpload(const CreateDatasetRequest& request, Draft* draft);
  absl::StatusOr<std::optional<DatasetView>> FindMade(const CreateDatasetRequest& request);
  // The dataset of that version that the caller has already, unless another id is asked for.
  absl::StatusOr<std::optional<DatasetRecord>> FindSame(const CreateDatasetRequest& request,
                                                        const std::string& version);
  absl::StatusOr<std::string> ChooseName(const CreateDatasetRequest& request, const std::string& file_name);
  absl::StatusOr<DatasetView> StoreDraft(const CreateDatasetRequest& request, Draft draft);
  absl::Status NotFound(const std::string& owner, const std::string& name);
  std::string TablePath(const std::string& version) const;
  void Remember(const std::string& version, std::shared_ptr<const core::Table> table);

  core::Env* const env_;
  DatasetStore* const store_;
  const DatasetManagerOptions options_;
  std::unique_ptr<Uploads> uploads_;
  std::atomic<int64_t> table_bytes_{0};

  // Held while a dataset is made or removed: files of tables are shared between datasets.
  core::Mutex changes_;

  core::Mutex mu_;
  // Tables in use or used lately, by version.
  std::map<std::string, std::weak_ptr<const core::Table>> loaded_ ABSL_GUARDED_BY(mu_);
  std::list<std::shared_ptr<const core::Table>> recent_ ABSL_GUARDED_BY(mu_);
};

}  // namespace descent::datasets

#endif  // DESCENT_SERVER_DATASETS_DATASET_MANAGER_H_
