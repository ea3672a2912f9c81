// Durable bytes of step logs: what jobs need of a store. One record is a block of rows or an event, already encoded.
//
// The format on disk is documented in docs/step_log_format.md; server/store implements it.
#ifndef DESCENT_SERVER_JOBS_LOG_STORE_H_
#define DESCENT_SERVER_JOBS_LOG_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace descent::jobs {

// What a record is. Stored; never renumber.
enum class RecordKind : uint8_t {
  kRows = 1,
  kStateChange = 2,
  kEvaluation = 3,
  kCheckpoint = 4,
  kWarning = 5,
  kMultiStart = 6,
  // A part of a parameter vector too large for its row. Covers no sequence number; goes right before the block that
  // announces it.
  kParameters = 7,
};

// What the store knows of a record without reading its payload.
struct RecordHeader {
  RecordKind kind = RecordKind::kRows;
  // The record covers [first_sequence, next_sequence). The ranges of a job's records tile from 0.
  int64_t first_sequence = 0;
  int64_t next_sequence = 0;
  // Rows: the first and last step. Others: the step they belong to, twice.
  int64_t first_step = 0;
  int64_t last_step = 0;

  bool operator==(const RecordHeader&) const = default;
};

// Where a record is. Opaque to callers but for the header and the size.
struct RecordRef {
  RecordHeader header;
  int64_t file = 0;
  int64_t offset = 0;
  int64_t payload_bytes = 0;
};

// A record to be written. The store keeps the payload alive as long as it needs it and never copies it.
struct PendingRecord {
  RecordHeader header;
  std::shared_ptr<const std::string> payload;
};

// Turns the payload of a rows record into one without parameters; anything else into itself.
using ThinFunction = std::function<std::string(const RecordHeader&, absl::string_view payload)>;

// Step logs by job uid (16 bytes). Thread-safety: all methods, any thread; calls about one uid that change it are the
// caller's to put in order.
class LogStore {
 public:
  virtual ~LogStore() = default;

  // Appends records to a job's log, in order, and makes them durable together with those of other jobs. Calls `done`
  // once, from the store's commit thread, with one ref a record or the error; after an error nothing more is accepted
  // for this uid until Open is called again, and records that were not acknowledged are gone or whole, never torn.
  virtual void Append(const std::string& uid, std::vector<PendingRecord> records,
                      std::function<void(absl::StatusOr<std::vector<RecordRef>>)> done) = 0;

  // All records of a log, ascending, as found on disk; empty for an unknown uid. Records before a hole in the sequence
  // (left by DropOldest) are not listed. DATA_LOSS when a record in the middle is damaged.
  virtual absl::StatusOr<std::vector<RecordRef>> Open(const std::string& uid) = 0;

  // The payload of one record, its checksum verified. DATA_LOSS when damaged, NOT_FOUND when it was thinned or dropped
  // meanwhile: look the record up again.
  virtual absl::StatusOr<std::shared_ptr<const std::string>> Read(const std::string& uid, const RecordRef& ref) = 0;

  // Bytes on disk that are this job's.
  virtual int64_t StoredBytes(const std::string& uid) = 0;
  // Bytes on disk of all logs.
  virtual int64_t TotalBytes() = 0;

  // Rewrites the oldest segment that `thin` has not been applied to, as a whole and atomically; kParameters records are
  // left out. The segment that is being written is never touched. Returns the new refs of the records in it (the old
  // ones stop working), or nothing when there is no such segment.
  virtual absl::StatusOr<std::vector<RecordRef>> ThinOldest(const std::string& uid, const ThinFunction& thin) = 0;
  // Removes the oldest segment that is not being written. Returns the first sequence number that is still there, or -1
  // when there was nothing to remove.
  virtual absl::StatusOr<int64_t> DropOldest(const std::string& uid) = 0;

  // Removes a log. Costs by segment, not by row: records in journals that jobs share go when the journal's last job
  // goes.
  virtual absl::Status Delete(const std::string& uid) = 0;
  // Logs on disk whose uid is not in `known` (ascending) are removed: what a crash between the steps of a deletion
  // left.
  virtual absl::Status DeleteUnknown(const std::vector<std::string>& known) = 0;
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_LOG_STORE_H_
