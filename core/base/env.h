// The one way to files and clocks, so that faults, power loss and time can be simulated: store, step log and runner
// take an Env and never call the operating system themselves. (SQLite has its own way to the disk.)
#ifndef DESCENT_CORE_BASE_ENV_H_
#define DESCENT_CORE_BASE_ENV_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace descent::core {

// A file that only grows. Thread-safety: one thread at a time; Sync may run beside nothing else.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // Appends the parts one after another.
  virtual absl::Status Append(absl::Span<const absl::string_view> parts) = 0;
  absl::Status Append(absl::string_view data) { return Append(absl::MakeConstSpan(&data, 1)); }
  // Makes all that was appended survive power loss. After an error the file must not be trusted any more.
  virtual absl::Status Sync() = 0;
};

// A file to read. Thread-safety: any number of threads.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  // Reads exactly `size` bytes; OUT_OF_RANGE when the file is shorter.
  virtual absl::Status Read(int64_t offset, int64_t size, char* out) const = 0;
  virtual absl::StatusOr<int64_t> Size() const = 0;
};

// Held as long as the object lives.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Errors are NOT_FOUND, ALREADY_EXISTS, RESOURCE_EXHAUSTED (no room), UNAVAILABLE (lock held) or INTERNAL, with the
// path in the message: callers must not show it to clients. Thread-safety: all methods, any thread.
class Env {
 public:
  virtual ~Env() = default;
  // The operating system. Never deleted.
  static Env* Posix();

  // A new file, or an existing one to append to; `truncate_to` >= 0 cuts an existing file to that size first.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path,
                                                                      int64_t truncate_to = -1) = 0;
  virtual absl::StatusOr<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) = 0;
  // Replaces a file as a whole: temporary file, sync, rename, directory sync. After power loss either the old or the
  // new contents are there.
  virtual absl::Status WriteFileAtomically(const std::string& path, absl::Span<const absl::string_view> parts) = 0;
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path) = 0;
  // Missing files are not an error.
  virtual absl::Status DeleteFile(const std::string& path) = 0;
  // With parents; existing ones are not an error. Made with mode 0700; new names survive power loss without a further
  // SyncDirectory.
  virtual absl::Status CreateDirectories(const std::string& path) = 0;
  // With everything in it; a missing one is not an error.
  virtual absl::Status DeleteDirectory(const std::string& path) = 0;
  // Makes names created in and removed from a directory survive power loss.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  // Names in a directory, ascending, without `.` and `..`.
  virtual absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) = 0;
  virtual absl::StatusOr<int64_t> FileSize(const std::string& path) = 0;
  // UNAVAILABLE when another process, or another holder in this one, has it.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> LockFile(const std::string& path) = 0;

  // Wall-clock time.
  virtual absl::Time Now() = 0;
  // Time since some moment, never going back.
  virtual absl::Duration MonotonicNow() = 0;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_ENV_H_
