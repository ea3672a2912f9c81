// Writing one step log file: commits, then the seal.
#ifndef DESCENT_SERVER_STORE_LOG_WRITER_H_
#define DESCENT_SERVER_STORE_LOG_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/env.h"
#include "server/store/log_format.h"
#include "server/store/log_scan.h"

namespace descent::store {

// A file that is written by this process, from its creation to its seal. Nothing is ever appended to a file of an
// earlier process, and nothing after an error: the system may have dropped pages that it could not write, and a second
// sync would then report success. Thread-safety: one thread.
class LogWriter {
 public:
  // A record to be written; the payload must live until Commit returns. Commit fills in `stored.commit` and the like.
  struct Record {
    StoredHeader stored;
    absl::string_view payload;
  };

  static absl::StatusOr<std::unique_ptr<LogWriter>> Create(core::Env* env, const std::string& path,
                                                           const FileName& name);

  // Writes records as one gathered append and makes them durable, and with the first ones the file's name. Gives the
  // offset of each record. After an error only Abandon may be called.
  absl::StatusOr<std::vector<int64_t>> Commit(std::vector<Record>& records);
  // Writes the seal; the file is complete. An error is harmless: what was committed stays durable.
  absl::Status Seal();
  // Closes the file and takes back what was not committed, see TakeBack.
  absl::Status Abandon();

  // Bytes committed, file header included.
  int64_t size() const { return size_; }

 private:
  LogWriter(core::Env* env, std::string path, FileName name, std::unique_ptr<core::WritableFile> out);

  core::Env* const env_;
  const std::string path_;
  const FileName name_;
  const uint32_t seed_;
  std::unique_ptr<core::WritableFile> out_;
  int64_t size_ = 0;
  uint32_t next_commit_ = 0;
  // By uid, for the seal.
  absl::flat_hash_map<std::string, SealEntry> jobs_;
};

// Cuts a file that nobody writes any more to the `size` that was committed, or removes it if that is 0, durably. Until
// this has worked, whole records that were never acknowledged may be found at the next start.
absl::Status TakeBack(core::Env* env, const std::string& path, int64_t size);

// Makes a file of an earlier process that was not sealed a complete one: cuts the torn tail, writes the seal and syncs.
// A damaged file is left as it is, but synced. A file without anything acknowledged is removed, and scan->end is 0.
absl::Status RecoverFile(core::Env* env, const std::string& path, const FileName& name, FileScan* scan);

// The directory of a path.
std::string DirectoryOf(const std::string& path);

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_LOG_WRITER_H_
