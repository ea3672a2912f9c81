// What the tests of jobs share: a manager over the real stores, answers that can be waited for, and logs read back.
#ifndef DESCENT_TESTS_SERVER_JOBS_JOBS_TESTING_H_
#define DESCENT_TESTS_SERVER_JOBS_JOBS_TESTING_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/errors.h"
#include "core/base/mutex.h"
#include "core/data/table.h"
#include "server/jobs/manager.h"
#include "server/store/file_checkpoint_store.h"
#include "server/store/segment_log_store.h"
#include "server/store/sqlite_database.h"
#include "server/store/sqlite_job_store.h"
#include "tests/faults/memory_env.h"

namespace descent::jobs {

inline constexpr char kOwner[] = "ann";

// Runs `work(i)` on `count` threads and joins them.
template <typename Work>
void OnThreads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

// The reason of an error; kInternal, with a failure, for anything else.
core::ErrorReason ReasonOf(const absl::Status& status);

// A value that a callback brings.
template <typename T>
class Answer {
 public:
  // For the one who answers; may be called once, and outlive this.
  std::function<void(T)> Callback() {
    return [shared = shared_](T value) {
      core::MutexLock lock(&shared->mu);
      shared->value = std::move(value);
    };
  }
  bool HasCome() const {
    core::MutexLock lock(&shared_->mu);
    return shared_->value.has_value();
  }
  T Wait() const {
    core::MutexLock lock(&shared_->mu);
    shared_->mu.Await([&] { return shared_->value.has_value(); });
    return *shared_->value;
  }

 private:
  struct Shared {
    core::Mutex mu;
    std::optional<T> value;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

// One dataset, `data` of version `v1`, until it is removed.
class OneTable : public DataSource {
 public:
  OneTable();
  absl::StatusOr<std::string> Version(const std::string& owner, const std::string& dataset) override;
  absl::StatusOr<std::shared_ptr<const core::Table>> Load(const std::string& version) override;
  void Remove();
  std::shared_ptr<const core::Table> table() const { return table_; }

 private:
  const std::shared_ptr<const core::Table> table_;
  core::Mutex mu_;
  bool removed_ ABSL_GUARDED_BY(mu_) = false;
};

// All of descentd that has to do with jobs. Logs and checkpoints lie on a disk in memory that can fail, names in SQLite
// in a folder of its own. Thread-safety: Start and Stop alone; all else on any thread between them.
class JobServer {
 public:
  explicit JobServer(int places = 2, int64_t segment_bytes = 16 << 20);
  ~JobServer();

  // Stop drains; what was running waits for the next Start.
  void Start();
  void Stop();

  faults::MemoryEnv& env() { return env_; }
  OneTable& data() { return data_; }
  Manager& manager() { return *manager_; }

  static CreateRequest RequestOf(const core::JobSpec& spec, const std::string& job_id = "");
  // Creates a job that must be accepted; returns its name.
  std::string Create(const core::JobSpec& spec, const std::string& job_id = "");
  JobView Get(const std::string& name);
  std::shared_ptr<Job> Find(const std::string& name);
  absl::StatusOr<JobView> Cancel(const std::string& name);
  absl::StatusOr<JobView> Pause(const std::string& name);
  // Waits until the job is in `state`.
  void AwaitState(const std::string& name, JobState state);
  // Waits until the job is over; returns its last status.
  JobStatus AwaitEnd(const std::string& name);
  JobStatus AwaitStatus(const std::string& name, const std::function<bool(const JobStatus&)>& until);
  static JobStatus AwaitStatus(const std::shared_ptr<Job>& job, const std::function<bool(const JobStatus&)>& until);

 private:
  const int places_;
  const int64_t segment_bytes_;
  faults::MemoryEnv env_{7};
  OneTable data_;
  std::string directory_;
  core::Mutex specs_mu_;
  std::map<std::string, core::JobSpec> specs_ ABSL_GUARDED_BY(specs_mu_);
  std::unique_ptr<store::SqliteDatabase> database_;
  std::unique_ptr<store::SqliteJobStore> jobs_;
  std::unique_ptr<store::SegmentLogStore> logs_;
  std::unique_ptr<store::FileCheckpointStore> checkpoints_;
  std::unique_ptr<Manager> manager_;
};

// Descends a slope so slowly that it never ends by itself.
core::JobSpec EndlessSpec();
// Ends by itself after `steps` steps, a row each.
core::JobSpec ShortSpec(int64_t steps);
// Trains on the one table, with random batches.
core::JobSpec TableSpec(int64_t steps);

// The rows of a log: steps, and loss, objective, learning rate and gradient norm of each.
struct LoggedRows {
  std::vector<int64_t> steps;
  std::vector<double> values;
  std::vector<JobState> states;  // of the state changes, in order
};
// Reads a log from its oldest record and expects that sequences tile.
LoggedRows ReadLog(const StepLog& log);

// Expects the rows of a job to be, bit for bit, those of an uninterrupted run, or the first of them.
void ExpectRowsOfUninterruptedRun(JobServer& server, const std::string& name, bool whole = true);

}  // namespace descent::jobs

#endif  // DESCENT_TESTS_SERVER_JOBS_JOBS_TESTING_H_
