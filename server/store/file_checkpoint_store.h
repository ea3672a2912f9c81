// Checkpoints in files: DIRECTORY/<hex uid>/<step>, 20 digits so that names sort like steps.
//
// A file is a 48-byte header (magic `DSCNTCKP`, format version, a zero, uid, step, payload size), the payload, and a
// CRC-32 of all before it in the last 4 bytes. Numbers are little-endian.
#ifndef DESCENT_SERVER_STORE_FILE_CHECKPOINT_STORE_H_
#define DESCENT_SERVER_STORE_FILE_CHECKPOINT_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/env.h"
#include "core/base/mutex.h"
#include "server/jobs/checkpoint_store.h"

namespace descent::store {

// jobs::CheckpointStore over an Env. Thread-safety: as jobs::CheckpointStore.
class FileCheckpointStore : public jobs::CheckpointStore {
 public:
  // Makes the directory if needed and looks at what is there. `env` outlives the store.
  static absl::StatusOr<std::unique_ptr<FileCheckpointStore>> Create(core::Env* env, const std::string& directory);

  absl::Status Put(const std::string& uid, int64_t step, absl::string_view bytes) override;
  absl::StatusOr<Checkpoint> Latest(const std::string& uid) override;
  int64_t StoredBytes(const std::string& uid) override;
  int64_t TotalBytes() override;
  absl::Status Delete(const std::string& uid) override;
  absl::Status DeleteUnknown(const std::vector<std::string>& known) override;

 private:
  // Steps on disk of one job, with the size of each file.
  using Steps = std::map<int64_t, int64_t>;

  FileCheckpointStore(core::Env* env, std::string directory) : env_(env), directory_(std::move(directory)) {}

  absl::Status Load();
  absl::Status LoadJob(const std::string& uid, const std::string& directory);
  Steps StepsOf(const std::string& uid);
  // Removes the checkpoints of a job but for that of `step` and the one before it.
  absl::Status RemoveOthers(const std::string& uid, int64_t step);
  std::string JobDirectory(const std::string& uid) const;
  std::string PathOf(const std::string& uid, int64_t step) const;

  core::Env* const env_;
  const std::string directory_;

  core::Mutex mu_;
  absl::flat_hash_map<std::string, Steps> jobs_ ABSL_GUARDED_BY(mu_);
  int64_t total_bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_FILE_CHECKPOINT_STORE_H_
