// Jobs by name: what jobs need of a store. After creation the step log is the truth and this is its projection: what is
// here may lag behind the log by one state change after a crash.
#ifndef DESCENT_SERVER_JOBS_JOB_STORE_H_
#define DESCENT_SERVER_JOBS_JOB_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace descent::jobs {

// Where a job is in its life. In the order of descent.v1.JobState. Stored; never renumber.
enum class JobState { kUnspecified = 0, kQueued, kRunning, kPaused, kSucceeded, kFailed, kCancelled };

// Whether the state is final.
constexpr bool IsTerminal(JobState state) { return state >= JobState::kSucceeded; }

// What is stored of a job.
struct JobRecord {
  std::string uid;      // 16 bytes
  std::string owner;    // tenant; names are unique in it
  std::string name;     // without `jobs/`
  std::string dataset;  // name it trains on, for filters; empty for functions
  // Dataset versions that the job needs; datasets in use cannot go.
  std::vector<std::string> dataset_versions;
  std::map<std::string, std::string> labels;
  // Specs as the wire has them, opaque here.
  std::string given_spec;
  std::string resolved_spec;
  // What its problem came to (tensors, classes), encoded by job.cc.
  std::string facts;
  std::string build;
  JobState state = JobState::kQueued;
  int64_t create_sequence = 0;  // ascending with creation: breaks ties of create_time; set by Insert
  absl::Time create_time = absl::InfinitePast();
  std::optional<absl::Time> start_time;
  std::optional<absl::Time> end_time;
  // The rest of what a job shows (state reason and message, termination, progress), encoded by job.cc.
  std::string details;
  // For safe retries; empty: none.
  std::string request_id;
  std::string request_fingerprint;
};

// One condition `field = value` or `field != value`.
struct JobCondition {
  enum class Field { kState, kOwner, kDataset, kLabel };
  Field field = Field::kState;
  std::string label;  // for kLabel
  std::string value;  // for kState, the number of the state as text
  bool negated = false;
};

struct JobQuery {
  enum class Order { kCreateTime, kEndTime, kName };
  std::string owner;
  std::vector<JobCondition> conditions;
  Order order = Order::kCreateTime;
  bool descending = true;
  int64_t limit = 50;
  // Opaque position after which to go on, as returned; empty: from the beginning.
  std::string after;
};

struct JobPage {
  std::vector<JobRecord> jobs;
  std::string next;  // empty on the last page
};

// Every change is durable when the call returns. Thread-safety: all methods, any thread.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // RESOURCE_EXISTS (core/base/errors.h) when the owner has a job of that name.
  virtual absl::Status Insert(JobRecord* record) = 0;
  // Writes state, times and details of the record with that uid; the rest never changes.
  virtual absl::Status Update(const JobRecord& record) = 0;
  // RESOURCE_NOT_FOUND when there is none.
  virtual absl::StatusOr<JobRecord> Get(const std::string& owner, const std::string& name) = 0;
  // The job made by a request, if one younger than `oldest` is there.
  virtual absl::StatusOr<std::optional<JobRecord>> FindRequest(const std::string& owner, const std::string& request_id,
                                                               absl::Time oldest) = 0;
  // INVALID_FIELD on `page_token` when `query.after` is not of this store and query.
  virtual absl::StatusOr<JobPage> List(const JobQuery& query) = 0;
  // Jobs whose state is not terminal, by create_sequence.
  virtual absl::StatusOr<std::vector<JobRecord>> Unfinished() = 0;
  // Uids of all jobs, ascending.
  virtual absl::StatusOr<std::vector<std::string>> AllUids() = 0;
  // Names of at most `limit` jobs of any owner that need a dataset version.
  virtual absl::StatusOr<std::vector<std::string>> JobsUsing(const std::string& dataset_version, int64_t limit) = 0;
  // Up to `limit` names of an owner's jobs, for suggestions.
  virtual absl::StatusOr<std::vector<std::string>> Names(const std::string& owner, int64_t limit) = 0;
  // Missing ones are not an error.
  virtual absl::Status Delete(const std::string& uid) = 0;
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_JOB_STORE_H_
