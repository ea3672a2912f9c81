// An Env in memory that models what power loss and failing disks do to files.
//
// What was written but not synced may survive a power loss whole, in part or not at all: every write, every cut and
// every change of a directory is decided by itself, by the seed. After a failed sync the writes it should have saved
// are no longer dirty: a later sync reports success and does not save them (as Linux has it). Directories made by
// CreateDirectories are durable at once, as its contract says.
//
//   MemoryEnv env(seed);
//   env.LosePowerAfter(17);       // the 18th change of the disk does not happen, nor anything after it
//   ... use it until env.power_lost() ...
//   env.Restart();                // the disk as it may be found
#ifndef DESCENT_TESTS_FAULTS_MEMORY_ENV_H_
#define DESCENT_TESTS_FAULTS_MEMORY_ENV_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/base/env.h"
#include "core/base/mutex.h"

namespace descent::faults {

// Thread-safety: all methods, any thread. The same calls in the same order give the same results for the same seed.
class MemoryEnv : public core::Env {
 public:
  explicit MemoryEnv(uint64_t seed);
  ~MemoryEnv() override;

  // --- Faults ---

  // After so many more changes of the disk (writes, syncs, cuts, names made and removed) every call fails.
  void LosePowerAfter(int64_t changes);
  bool power_lost() const;
  // Gives the disk as it may be found after the power loss (or after one at this very moment). Files and locks that are
  // open stop working; faults that did not come are off.
  void Restart();
  // The n-th write from now (0: the next) writes a part and fails with `status`. Once.
  void FailWrite(int64_t n, absl::Status status);
  // The n-th sync of a file from now fails with `status`. Once.
  void FailSync(int64_t n, absl::Status status);
  // As FailSync, for directories.
  void FailDirectorySync(int64_t n, absl::Status status);

  // --- Looking and meddling ---

  // Of files, successful ones, since the beginning.
  int64_t syncs() const;
  // All files, ascending.
  std::vector<std::string> Files() const;
  // Whole contents, "" for a missing file.
  std::string Contents(const std::string& path) const;
  // Replaces contents, durably, in a file that exists.
  void SetContents(const std::string& path, std::string contents);

  // The clocks stand still but for this.
  void AdvanceTime(absl::Duration duration);

  // --- core::Env ---

  absl::StatusOr<std::unique_ptr<core::WritableFile>> OpenForAppend(const std::string& path,
                                                                    int64_t truncate_to = -1) override;
  absl::StatusOr<std::unique_ptr<core::RandomAccessFile>> OpenForRead(const std::string& path) override;
  absl::Status WriteFileAtomically(const std::string& path, absl::Span<const absl::string_view> parts) override;
  absl::StatusOr<std::string> ReadFile(const std::string& path) override;
  absl::Status DeleteFile(const std::string& path) override;
  absl::Status CreateDirectories(const std::string& path) override;
  absl::Status DeleteDirectory(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override;
  absl::StatusOr<int64_t> FileSize(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<core::FileLock>> LockFile(const std::string& path) override;
  absl::Time Now() override;
  absl::Duration MonotonicNow() override;

 private:
  class Appender;
  class Reader;
  class Lock;

  // A write of `data` at `offset`, or a cut to `offset`.
  struct Change {
    bool cut = false;
    int64_t offset = 0;
    std::string data;
    // A sync of this write failed: later ones do not save it.
    bool doomed = false;
  };
  struct File {
    std::string data;
    std::string durable;
    std::vector<Change> unsynced;
  };
  using Entries = std::map<std::string, std::shared_ptr<File>>;
  // One name set (or, without a file, removed), and with it another one removed: a rename.
  struct NameChange {
    std::string name;
    std::shared_ptr<File> file;
    std::string removed;
  };
  struct Directory {
    Entries entries;
    Entries durable;
    std::vector<NameChange> unsynced;
    // Removed, but the removal is not synced.
    bool removed = false;
  };
  struct Fault {
    int64_t countdown = -1;
    absl::Status status;

    // The fault if it is due now.
    absl::Status Next();
  };

  // Counts a change; an error when the power is gone.
  absl::Status BeginChange() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckPower() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Directory*> FindDirectory(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::shared_ptr<File>> FindFile(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::shared_ptr<File>> FindOrCreate(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status AppendTo(File& file, const std::string& data) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status SyncFile(File& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status SyncNames(Directory& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Chooses what survives.
  void Survive(File& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Survive(Directory& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t Random(int64_t bound) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable core::Mutex mu_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Directory> directories_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> locks_ ABSL_GUARDED_BY(mu_);
  // Of restarts; handles of earlier ones are dead.
  int64_t generation_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t changes_left_ ABSL_GUARDED_BY(mu_) = -1;
  bool power_lost_ ABSL_GUARDED_BY(mu_) = false;
  Fault write_fault_ ABSL_GUARDED_BY(mu_);
  Fault sync_fault_ ABSL_GUARDED_BY(mu_);
  Fault directory_sync_fault_ ABSL_GUARDED_BY(mu_);
  int64_t syncs_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time now_ ABSL_GUARDED_BY(mu_);
  absl::Duration monotonic_now_ ABSL_GUARDED_BY(mu_);
};

}  // namespace descent::faults

#endif  // DESCENT_TESTS_FAULTS_MEMORY_ENV_H_
