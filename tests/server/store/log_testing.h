// What tests of step logs share: records, appends that are waited for, and places where stores live.
#ifndef DESCENT_TESTS_SERVER_STORE_LOG_TESTING_H_
#define DESCENT_TESTS_SERVER_STORE_LOG_TESTING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/env.h"
#include "server/jobs/log_store.h"
#include "tests/faults/memory_env.h"

namespace descent::store {

// A uid whose bytes are made of `n`.
std::string Uid(int64_t n);

// A record as jobs make it. Rows [first, first + count); no rows: a kParameters record.
jobs::PendingRecord MakeRecord(int64_t first_sequence, int64_t count, std::string payload);

// One call of Append and what came of it.
struct Append {
  std::string uid;
  std::vector<jobs::PendingRecord> records;
  absl::StatusOr<std::vector<jobs::RecordRef>> result = absl::UnknownError("done was not called");
};

// Appends all of them so that the store commits them together, and waits.
void AppendTogether(jobs::LogStore& store, std::vector<Append>& appends);

// Appends records to one log and waits.
absl::StatusOr<std::vector<jobs::RecordRef>> AppendAndWait(jobs::LogStore& store, const std::string& uid,
                                                           std::vector<jobs::PendingRecord> records);

// A directory on the real disk, removed in the end, or in memory.
class StorePlace {
 public:
  explicit StorePlace(bool on_disk);
  ~StorePlace();

  core::Env* env() const { return env_; }
  const std::string& directory() const { return directory_; }

 private:
  faults::MemoryEnv memory_{1};
  const bool on_disk_;
  core::Env* env_;
  std::string directory_;
};

}  // namespace descent::store

#endif  // DESCENT_TESTS_SERVER_STORE_LOG_TESTING_H_
