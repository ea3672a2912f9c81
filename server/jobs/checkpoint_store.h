// Checkpoints: what jobs need of a store. A checkpoint is a trainer's snapshot at a step.
#ifndef DESCENT_SERVER_JOBS_CHECKPOINT_STORE_H_
#define DESCENT_SERVER_JOBS_CHECKPOINT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace descent::jobs {

// Thread-safety: all methods, any thread; one thread at a time for one uid.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  struct Checkpoint {
    int64_t step = 0;
    std::string bytes;
  };

  // Replaces the job's checkpoint, atomically: after power loss the old or the new one is there. The one before is kept
  // until the next Put, should the newest turn out damaged.
  virtual absl::Status Put(const std::string& uid, int64_t step, absl::string_view bytes) = 0;
  // The newest whose checksum holds. NOT_FOUND when there is none; DATA_LOSS when all are damaged.
  virtual absl::StatusOr<Checkpoint> Latest(const std::string& uid) = 0;
  virtual int64_t StoredBytes(const std::string& uid) = 0;
  virtual int64_t TotalBytes() = 0;
  virtual absl::Status Delete(const std::string& uid) = 0;
  // Removes those whose uid is not in `known` (ascending).
  virtual absl::Status DeleteUnknown(const std::vector<std::string>& known) = 0;
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_CHECKPOINT_STORE_H_
