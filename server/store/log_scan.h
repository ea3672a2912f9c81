// Reading step log files from one end to the other: what is in them, where a torn tail begins, what is damaged.
#ifndef DESCENT_SERVER_STORE_LOG_SCAN_H_
#define DESCENT_SERVER_STORE_LOG_SCAN_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/env.h"
#include "server/store/log_format.h"

namespace descent::store {

// What a file holds of one job.
struct JobInFile {
  // The records lie in [first_offset, end_offset); in a journal others lie between them.
  int64_t first_offset = 0;
  int64_t end_offset = 0;
  int64_t first_sequence = 0;
  int64_t next_sequence = 0;
  int64_t first_ordinal = 0;
  int64_t next_ordinal = 0;
  int64_t records = 0;
  // Headers and payloads.
  int64_t bytes = 0;

  void Add(const StoredHeader& stored, int64_t offset);
};

struct FileScan {
  bool thinned = false;
  // The file ends with a valid seal: it was completed.
  bool sealed = false;
  // Bytes of the file that count; what follows is a torn tail. 0: nothing was ever acknowledged in this file.
  int64_t end = 0;
  uint32_t next_commit = 0;
  // By uid, in no particular order. A job whose records were all thinned out of the file has no records, and no
  // sequence numbers are known of it.
  absl::flat_hash_map<std::string, JobInFile> jobs;
  // Something before `end` is damaged, and these jobs lost, or may have lost, records by it.
  bool damaged = false;
  std::set<std::string> damaged_jobs;
};

// Scans a whole file. A sealed file is checked by its headers against its seal. A file without a seal was being written
// when its writer went away: payloads are verified too; what is invalid at the end belongs to a commit that was never
// acknowledged, and what is invalid before a later commit is damage. Errors are those of reading only.
absl::StatusOr<FileScan> ScanFile(const core::RandomAccessFile& file, const FileName& name);

// Calls `visit` for every record with a valid header in [begin, end), ascending; unreadable stretches are skipped.
using RecordVisitor = absl::FunctionRef<void(const StoredHeader&, int64_t offset)>;
absl::Status VisitRecords(const core::RandomAccessFile& file, const FileName& name, int64_t begin, int64_t end,
                          RecordVisitor visit);

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_LOG_SCAN_H_
