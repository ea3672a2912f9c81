// Step logs in files: short ones share journals, long ones have segments of their own.
//
//   DIRECTORY/journal-00000003.log             records of many jobs
//   DIRECTORY/jobs/<uid>/00000000.thinned.log  a segment whose parameters were thinned out
//   DIRECTORY/jobs/<uid>/00000001.log          a segment
//
// A job's log is the chain of its records over the journals, ascending, then over its own segments. A file is written
// by one process and completed with a seal that lists what is in it; a new process begins new files.
// docs/step_log_format.md has the bytes, docs/adr/0002-segments-and-shared-journals.md the reasons.
#ifndef DESCENT_SERVER_STORE_SEGMENT_LOG_STORE_H_
#define DESCENT_SERVER_STORE_SEGMENT_LOG_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/env.h"
#include "server/jobs/log_store.h"
#include "server/store/log_committer.h"
#include "server/store/log_index.h"
#include "server/store/read_handles.h"

namespace descent::store {

// jobs::LogStore over an Env. The caller holds the lock of the data directory: one store a directory. A log found at
// start must be opened before it is appended to.
// Thread-safety: as jobs::LogStore; reads go on beside commits, thinning and deletion.
class SegmentLogStore : public jobs::LogStore {
 public:
  // Makes the directory if needed, scans the journals and starts the commit thread. `env` outlives the store.
  static absl::StatusOr<std::unique_ptr<SegmentLogStore>> Create(core::Env* env, const std::string& directory,
                                                                 const SegmentLogOptions& options = {});
  // Commits what was appended, calling `done`, and seals the files.
  ~SegmentLogStore() override;

  void Append(const std::string& uid, std::vector<jobs::PendingRecord> records,
              std::function<void(absl::StatusOr<std::vector<jobs::RecordRef>>)> done) override;
  absl::StatusOr<std::vector<jobs::RecordRef>> Open(const std::string& uid) override;
  absl::StatusOr<std::shared_ptr<const std::string>> Read(const std::string& uid, const jobs::RecordRef& ref) override;
  int64_t StoredBytes(const std::string& uid) override;
  int64_t TotalBytes() override;
  absl::StatusOr<std::vector<jobs::RecordRef>> ThinOldest(const std::string& uid,
                                                          const jobs::ThinFunction& thin) override;
  absl::StatusOr<int64_t> DropOldest(const std::string& uid) override;
  absl::Status Delete(const std::string& uid) override;
  absl::Status DeleteUnknown(const std::vector<std::string>& known) override;

 private:
  SegmentLogStore(core::Env* env, std::string directory);

  // At start (log_load.cc). Returns the number of the next journal.
  absl::StatusOr<int64_t> LoadJournals();
  absl::Status LoadJournal(const std::string& path, int64_t number);
  absl::Status FindJobDirectories();

  // Looks into a log's own segments (log_load.cc). The caller holds log.load_mu.
  absl::Status LoadIfNeeded(Log& log);
  // Returns whether the segment has records. `oldest`: no earlier segment has.
  absl::StatusOr<bool> LoadSegment(Log& log, int64_t number, bool thinned, bool oldest);
  // Removes a segment of which there is a thinned one: a crash came between.
  absl::Status RemoveThinnedOriginal(const std::string& uid, int64_t number);
  // Scans a file and recovers it if its writer did not complete it.
  absl::StatusOr<FileScan> ScanAndRecover(const std::string& path, const FileName& name);

  absl::Status TakeBackLeftovers(Log& log);
  // The refs of the records in some spans that follow each other; `first` tells where they must begin, -1: anywhere.
  absl::StatusOr<std::vector<jobs::RecordRef>> ListSpans(const std::string& uid, const std::vector<LogSpan>& spans,
                                                         int64_t first);
  absl::StatusOr<std::shared_ptr<const std::string>> ReadRecord(const LogFile& file, const std::string& uid,
                                                                const jobs::RecordRef& ref);

  // Thinning (log_retention.cc).
  struct ThinnedSegment;
  absl::StatusOr<ThinnedSegment> ThinSegment(const Log& log, const LogSpan& span, const jobs::ThinFunction& thin);
  absl::Status ReplaceSegment(Log& log, const LogSpan& old, ThinnedSegment& thinned);

  core::Env* const env_;
  const std::string directory_;
  LogIndex index_;
  ReadHandles handles_;
  // Last: its thread stops first.
  std::unique_ptr<LogCommitter> committer_;
};

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_SEGMENT_LOG_STORE_H_
