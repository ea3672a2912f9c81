// All jobs of a server: creation, commands, recovery, and the way to their logs and parameters.
#ifndef DESCENT_SERVER_JOBS_MANAGER_H_
#define DESCENT_SERVER_JOBS_MANAGER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "core/training/job_spec.h"
#include "core/training/trainer.h"
#include "server/jobs/checkpoint_store.h"
#include "server/jobs/job.h"
#include "server/jobs/job_queue.h"
#include "server/jobs/job_store.h"
#include "server/jobs/log_store.h"
#include "server/jobs/runner.h"

namespace descent::jobs {

struct ManagerOptions {
  int max_running_jobs = 1;
  core::SpecLimits limits;
  std::string build;
};

// What a manager is made of. All pointers outlive it.
struct ManagerParts {
  core::Env* env = nullptr;
  JobStore* jobs = nullptr;
  LogStore* logs = nullptr;
  CheckpointStore* checkpoints = nullptr;
  DataSource* data = nullptr;
  // Specs to the wire's bytes and back.
  std::function<std::string(const core::JobSpec&)> encode_spec;
  std::function<absl::StatusOr<core::JobSpec>(const std::string&)> decode_spec;
  // OK, or LIMIT_EXCEEDED when the disk budget is used up.
  std::function<absl::Status()> check_room;
  // Where errors go that no client waits for.
  std::function<void(const std::string&)> log_error;
};

struct CreateRequest {
  std::string owner;
  std::string job_id;  // empty: made here
  core::JobSpec spec;
  std::string given_spec;   // the wire's bytes
  std::string request_id;   // empty: none
  std::string fingerprint;  // of the request's body
  bool validate_only = false;
  // What the caller found wrong already; reported together with the rest.
  core::Violations violations;
};

// A job as a client sees it.
struct JobView {
  JobRecord record;
  JobStatus status;
  core::JobSpec spec;  // resolved
  ProblemFacts facts;
  StepLog::Extent log;
  int64_t jobs_ahead = 0;
};

// Which of a job's parameter vectors.
struct ParameterPoint {
  enum class Kind { kKept, kLast, kBest, kStep };
  Kind kind = Kind::kKept;
  int64_t step = 0;
};

// Commands answer through callbacks, on any thread, when the change is durable.
using ViewCallback = std::function<void(absl::StatusOr<JobView>)>;

// Thread-safety: all methods, any thread. Methods touch the disk.
class Manager {
 public:
  // Takes up where the last server stopped: projects logs to the store, queues what was running or waiting, removes
  // what crashes left behind.
  static absl::StatusOr<std::unique_ptr<Manager>> Create(ManagerOptions options, ManagerParts parts);
  // Drains.
  ~Manager();

  absl::StatusOr<JobView> CreateJob(CreateRequest request);
  absl::StatusOr<JobView> Get(const std::string& owner, const std::string& name);
  absl::StatusOr<std::vector<JobView>> List(const JobQuery& query, std::string* next);
  absl::Status Delete(const std::string& owner, const std::string& name);
  void Cancel(const std::string& owner, const std::string& name, ViewCallback done);
  void Pause(const std::string& owner, const std::string& name, ViewCallback done);
  absl::StatusOr<JobView> Resume(const std::string& owner, const std::string& name);

  // The job itself, for watching. Keep it only as long as needed.
  absl::StatusOr<std::shared_ptr<Job>> Find(const std::string& owner, const std::string& name);
  absl::StatusOr<JobView> View(const Job& job) const;

  // STEP_NOT_RECORDED with the nearest steps when they are not kept.
  absl::StatusOr<core::ParameterVector> Parameters(const Job& job, const ParameterPoint& point) const;
  // The data that a job trains on.
  absl::StatusOr<core::TrainingData> Data(const Job& job) const;

  // Runs `remove` unless a job needs this version of dataset `name`; no job can begin to need it meanwhile.
  // RESOURCE_IN_USE with the jobs.
  absl::Status WithUnusedDataset(const std::string& name, const std::string& version,
                                 const std::function<absl::Status()>& remove);

  // Checkpoints what runs and stops. Then watches are woken and find drained(): nothing more will come. Once.
  void Drain();
  bool draining() const { return draining_.load(); }
  bool drained() const { return drained_.load(); }

 private:
  using Key = std::pair<std::string, std::string>;  // owner and name

  Manager(ManagerOptions options, ManagerParts parts);

  absl::Status Recover();
  absl::Status RecoverJob(JobRecord record);
  absl::StatusOr<std::shared_ptr<Job>> Load(JobRecord record);
  absl::StatusOr<JobView> Resolve(const CreateRequest& request);
  absl::Status ResolveDatasets(const std::string& owner, core::JobSpec* spec, core::TrainingData* data,
                               JobRecord* record, core::Violations* violations);
  absl::StatusOr<std::optional<JobView>> FindRequest(const CreateRequest& request);
  absl::StatusOr<JobView> InsertJob(const CreateRequest& request, JobRecord record, core::JobSpec spec);
  // Around the insertion of a job: nobody may find it in the store before it is in memory. Null: it was not inserted.
  void Announce(const Key& key);
  void Settle(const Key& key, std::shared_ptr<Job> job);
  void Command(const std::string& owner, const std::string& name, jobs::Command command, JobState goal,
               ViewCallback done);
  void RunJob(const std::shared_ptr<Job>& job);
  // The job in memory, or null; waits for one that is being created.
  std::shared_ptr<Job> FindInMemory(const Key& key);
  void Forget(const Job& job);
  absl::Status NotFound(const std::string& owner, const std::string& name) const;
  absl::Status NoCheckpoint(const Job& job, absl::string_view what) const;
  absl::Status NotKept(const Job& job, int64_t step) const;
  absl::StatusOr<core::ParameterVector> NewestParameters(const Job& job) const;
  absl::StatusOr<core::ParameterVector> BestParameters(const Job& job) const;

  const ManagerOptions options_;
  const ManagerParts parts_;
  const RunnerContext runner_context_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> drained_{false};

  // Held shared from the moment a creation looks at its datasets until the job is stored.
  core::SharedMutex datasets_in_use_;
  // Held while a creation with a request id is under way.
  core::Mutex requests_;

  mutable core::Mutex mu_;
  // Jobs that are not over, by owner and name.
  std::map<Key, std::shared_ptr<Job>> live_ ABSL_GUARDED_BY(mu_);
  // Names of jobs that may be in the store already and are not yet among the above.
  std::set<Key> creating_ ABSL_GUARDED_BY(mu_);
  // Jobs that are over and were looked at lately.
  std::map<Key, std::weak_ptr<Job>> ended_ ABSL_GUARDED_BY(mu_);

  std::unique_ptr<JobQueue> queue_;  // last: its threads use all of the above
};

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_MANAGER_H_
