// Uploads: bytes on their way, in files that grow and survive a restart.
#ifndef DESCENT_SERVER_DATASETS_UPLOADS_H_
#define DESCENT_SERVER_DATASETS_UPLOADS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/env.h"
#include "core/base/mutex.h"

namespace descent::datasets {

// What a client may know of an upload.
struct UploadInfo {
  std::string id;
  std::string file_name;
  std::optional<int64_t> size_bytes;
  int64_t committed_bytes = 0;  // durable
  bool complete = false;
  absl::Time expire_time;
};

// Two files an upload: `<id>.data` grows, `<id>.facts` is small and is replaced as a whole. The facts say how many
// bytes are durable: they are written after a sync of the data, and a restart cuts the data there. Thread-safety: all
// methods, any thread; one writer an upload at a time, others get WRONG_STATE.
class Uploads {
 public:
  // Finds the uploads of the last server and forgets expired ones.
  static absl::StatusOr<std::unique_ptr<Uploads>> Create(core::Env* env, std::string directory, int64_t max_bytes);

  absl::StatusOr<UploadInfo> Start(const std::string& owner, const std::string& file_name,
                                   std::optional<int64_t> size_bytes);
  absl::StatusOr<UploadInfo> Get(const std::string& owner, const std::string& id);
  // All bytes of a complete upload.
  absl::StatusOr<std::string> Read(const std::string& owner, const std::string& id);
  // Missing ones are not an error.
  void Remove(const std::string& id);
  int64_t TotalBytes() const;

  // One stream that writes to an upload. When it goes, what it wrote is durable.
  class Writer {
   public:
    ~Writer();
    // Bytes at `offset`; what overlaps with what is there is skipped. OFFSET_OUT_OF_RANGE for a hole, CHECKSUM_MISMATCH
    // when `crc32` is given and is not that of `data`, LIMIT_EXCEEDED above the largest upload or the announced size,
    // WRONG_STATE after Finish. After an error of the disk nothing more is written: a new writer goes on from what was
    // durable before.
    absl::Status Write(int64_t offset, absl::string_view data, std::optional<uint32_t> crc32);
    // The last byte is there. INVALID_FIELD when the announced size was another.
    absl::Status Finish();
    // Makes what was written durable.
    absl::StatusOr<UploadInfo> Commit();

   private:
    friend class Uploads;
    Writer(Uploads* uploads, std::string id) : uploads_(uploads), id_(std::move(id)) {}
    absl::Status SyncWritten();

    Uploads* const uploads_;
    const std::string id_;
    bool holds_upload_ = false;  // is_writing is this writer's
    std::unique_ptr<core::WritableFile> file_;
    absl::Status disk_;  // the first error of the disk
    bool finished_ = false;
    int64_t written_ = 0;  // bytes in the file
    int64_t synced_ = 0;
  };
  absl::StatusOr<std::unique_ptr<Writer>> OpenWriter(const std::string& owner, const std::string& id);

 private:
  struct Upload {
    UploadInfo info;
    std::string owner;
    bool is_writing = false;
  };

  Uploads(core::Env* env, std::string directory, int64_t max_bytes)
      : env_(env), directory_(std::move(directory)), max_bytes_(max_bytes) {}

  absl::Status Load();
  absl::Status LoadOne(const std::string& id);
  absl::Status Store(const Upload& upload);
  absl::StatusOr<Upload*> Find(const std::string& owner, const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string DataPath(const std::string& id) const { return directory_ + "/" + id + ".data"; }
  std::string FactsPath(const std::string& id) const { return directory_ + "/" + id + ".facts"; }

  core::Env* const env_;
  const std::string directory_;
  const int64_t max_bytes_;

  mutable core::Mutex mu_;
  std::map<std::string, Upload> uploads_ ABSL_GUARDED_BY(mu_);
};

}  // namespace descent::datasets

#endif  // DESCENT_SERVER_DATASETS_UPLOADS_H_
