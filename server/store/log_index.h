// What is known of the step logs on disk: which files there are and which part of which file belongs to which job.
#ifndef DESCENT_SERVER_STORE_LOG_INDEX_H_
#define DESCENT_SERVER_STORE_LOG_INDEX_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "core/base/mutex.h"
#include "server/store/log_format.h"
#include "server/store/log_scan.h"

namespace descent::store {

// One file. What a path holds never changes but by growing, so a reader can open it at any time: it finds what it looks
// for or no file.
struct LogFile {
  // Unique among all files of this process: jobs::RecordRef::file.
  const int64_t id;
  const std::string path;
  const FileName name;
  const bool journal;
  const bool thinned;

  // Guarded by LogIndex::mu.
  int64_t size = 0;
  bool writing = false;
  // Journals: jobs that have records in it.
  int64_t live_jobs = 0;
};

// The part of a file that belongs to one job.
struct LogSpan {
  std::shared_ptr<LogFile> file;
  // Records from next_ordinal on do not count: they were never acknowledged, and a later file begins with that number.
  JobInFile part;
};

// One job's log. Guarded by LogIndex::mu but for load_mu.
struct Log {
  explicit Log(std::string uid) : uid(std::move(uid)) {}

  const std::string uid;
  // Held while segments are looked up on disk or replaced. Taken before LogIndex::mu.
  core::Mutex load_mu;

  // In order: journals, then own segments.
  std::vector<LogSpan> spans;
  int64_t next_sequence = 0;
  int64_t next_ordinal = 0;
  int64_t journal_bytes = 0;
  // Its own segments.
  int64_t next_segment = 0;
  bool owns_segments = false;
  // Bytes of segments found at start that nobody has looked into yet.
  int64_t unloaded_bytes = 0;
  // False for logs found at start until Open; they may have segments that are not in `spans` yet.
  bool loaded = true;
  // Its oldest segments were dropped: it does not begin at 0.
  bool front_dropped = false;
  // An append failed; Open clears it.
  bool failed = false;
  // Files with a failed commit that could not be taken back, and what was committed of them; Open tries again.
  std::map<std::string, int64_t> leftovers;
  bool damaged = false;
  bool deleted = false;

  bool has_records() const { return !spans.empty(); }
};

// Thread-safety: members guarded as annotated; functions ask for the lock.
class LogIndex {
 public:
  core::Mutex mu;
  absl::flat_hash_map<std::string, std::shared_ptr<Log>> logs ABSL_GUARDED_BY(mu);
  // By LogFile::id.
  absl::flat_hash_map<int64_t, std::shared_ptr<LogFile>> files ABSL_GUARDED_BY(mu);
  // Of all files, looked into or not.
  int64_t total_bytes ABSL_GUARDED_BY(mu) = 0;

  // The log of a uid; made when there is none.
  std::shared_ptr<Log> FindOrAdd(const std::string& uid) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // Nothing when there is none.
  std::shared_ptr<Log> Find(const std::string& uid) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

  int64_t NewFileId() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) { return next_file_id_++; }
  void AddFile(const std::shared_ptr<LogFile>& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void RemoveFile(const LogFile& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

  // Adds what a later file holds of a log. What earlier files hold from its first record on was never acknowledged and
  // counts no more.
  void AddSpan(Log& log, const std::shared_ptr<LogFile>& file, const JobInFile& part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // How many of a log's spans are in journals: the first ones.
  size_t JournalSpans(const Log& log) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // Forgets the spans [begin, end) of a log; journals that nobody needs any more are removed from here and returned, to
  // be deleted.
  std::vector<std::string> DropSpans(Log& log, size_t begin, size_t end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

 private:
  int64_t next_file_id_ ABSL_GUARDED_BY(mu) = 1;
};

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_LOG_INDEX_H_
