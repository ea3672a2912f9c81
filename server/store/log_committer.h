// The thread that writes step logs: what all jobs have appended since the last round goes to disk together, one write
// and one sync a file (group commit).
#ifndef DESCENT_SERVER_STORE_LOG_COMMITTER_H_
#define DESCENT_SERVER_STORE_LOG_COMMITTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "core/base/env.h"
#include "core/base/mutex.h"
#include "core/base/parallel.h"
#include "server/jobs/log_store.h"
#include "server/store/log_index.h"
#include "server/store/log_writer.h"

namespace descent::store {

// How step logs are cut into files.
struct SegmentLogOptions {
  // A job's own segment is complete at this size. Bytes, default 16 MiB.
  int64_t segment_bytes = 16 << 20;
  // A journal is complete at this size. Bytes, default 64 MiB.
  int64_t journal_bytes = 64 << 20;
  // A job with more than this in journals goes on in segments of its own. Bytes, default 256 KiB; 0: no journals.
  int64_t journal_share_bytes = 256 << 10;
  // Segments open for writing at most; the one not written to for longest is completed early. Default 256.
  int64_t open_segments = 256;
  // Files written and synced at the same time. At least 1, default 8: disks take several syncs at once (measured, 64
  // files: 1,000 syncs/s by one thread, 4,500 by eight).
  int sync_threads = 8;
};

// Thread-safety: all methods, any thread.
class LogCommitter {
 public:
  using Done = std::function<void(absl::StatusOr<std::vector<jobs::RecordRef>>)>;

  // Starts the thread. `next_journal` is the number of the first journal it writes; env and index outlive it.
  LogCommitter(core::Env* env, LogIndex* index, std::string directory, const SegmentLogOptions& options,
               int64_t next_journal);
  // Commits what is pending and seals all files.
  ~LogCommitter();

  void Append(const std::string& uid, std::vector<jobs::PendingRecord> records, Done done);
  // Closes the segment of a deleted log.
  void Forget(const std::string& uid);

 private:
  struct Request {
    std::string uid;
    std::vector<jobs::PendingRecord> records;
    std::vector<uint32_t> payload_crcs;
    Done done;  // none: forget the uid
    absl::StatusOr<std::vector<jobs::RecordRef>> result = absl::UnknownError("not committed");
  };
  // A file being written.
  struct OpenFile {
    std::shared_ptr<LogFile> file;
    std::unique_ptr<LogWriter> writer;
    int64_t last_round = 0;
  };
  // What one round writes to one file.
  struct Batch {
    OpenFile* target = nullptr;
    std::vector<LogWriter::Record> records;
    std::vector<std::shared_ptr<Log>> logs;  // of each record
    std::vector<Request*> requests;          // of each record
    absl::StatusOr<std::vector<int64_t>> offsets = absl::UnknownError("not written");
  };
  // What one round appends to one log, all of it to one file: so a log on disk never has a hole, whichever files of a
  // round reach the disk before a crash.
  struct Plan {
    std::shared_ptr<Log> log;
    OpenFile* target = nullptr;
    int64_t next_sequence = 0;
    int64_t next_ordinal = 0;
    bool failed = false;
  };
  using Plans = absl::flat_hash_map<std::string, Plan>;
  // By LogFile::id, so that the same appends lead to the same writes in the same order.
  using Batches = std::map<int64_t, Batch>;

  void Run();
  void CommitRound(std::vector<Request>& requests);
  // Puts a request's records into the batch of the file they belong in.
  absl::Status PlanRequest(Request& request, Plans& plans, Batches& batches);
  absl::StatusOr<Plan*> FindPlan(const Request& request, Plans& plans);
  absl::StatusOr<OpenFile*> ChooseFile(Log& log, int64_t bytes);
  absl::StatusOr<OpenFile> NewFile(const std::string& path, const FileName& name, bool journal);
  void WriteBatches(Batches& batches);
  void Publish(Batch& batch);
  void Fail(Batch& batch);
  // Seals files that are large enough, and segments beyond the limit of open ones.
  void CompleteFiles();
  void Complete(OpenFile& target);
  void CompleteAll();

  // Constant after construction.
  core::Env* const env_;
  LogIndex* const index_;
  const std::string directory_;
  const SegmentLogOptions options_;

  core::Mutex mu_;
  std::vector<Request> pending_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  // Used by the thread only.
  core::Team team_;
  int64_t next_journal_;
  int64_t round_ = 0;
  std::unique_ptr<OpenFile> journal_;
  std::map<std::string, std::unique_ptr<OpenFile>> segments_;  // by uid

  std::thread thread_;
};

// Paths below the store's directory.
std::string JournalPath(const std::string& directory, int64_t number);
std::string JobDirectory(const std::string& directory, const std::string& uid);
std::string SegmentPath(const std::string& directory, const std::string& uid, int64_t number, bool thinned);

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_LOG_COMMITTER_H_
