// Env over the operating system.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/env.h"
#include "core/base/status.h"

namespace descent::core {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

absl::Status ErrnoStatus(absl::string_view action, const std::string& path, int error) {
  const std::string message = absl::StrCat(action, " ", path, ": ", std::system_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EEXIST:
      return absl::AlreadyExistsError(message);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

// Calls again what a signal interrupted.
template <typename Call>
auto Retrying(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::StatusOr<Descriptor> OpenDescriptor(const std::string& path, int flags) {
  const int fd = Retrying([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); });
  if (fd < 0) return ErrnoStatus("cannot open", path, errno);
  return Descriptor(fd);
}

absl::StatusOr<int64_t> SizeOf(const Descriptor& file, const std::string& path) {
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return ErrnoStatus("cannot stat", path, errno);
  return static_cast<int64_t>(info.st_size);
}

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(std::string path, Descriptor file, int64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  absl::Status Append(absl::Span<const absl::string_view> parts) override {
    std::vector<iovec> vectors;
    vectors.reserve(parts.size());
    for (const absl::string_view part : parts) {
      if (!part.empty()) vectors.push_back({const_cast<char*>(part.data()), part.size()});
    }
    size_t next = 0;
    while (next < vectors.size()) {
      const int count = static_cast<int>(std::min<size_t>(vectors.size() - next, IOV_MAX));
      const ssize_t written = Retrying([&] { return ::pwritev(file_.get(), &vectors[next], count, size_); });
      if (written < 0) return ErrnoStatus("cannot write", path_, errno);
      size_ += written;
      Advance(static_cast<size_t>(written), vectors, next);
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (Retrying([&] { return ::fdatasync(file_.get()); }) != 0) return ErrnoStatus("cannot sync", path_, errno);
    return absl::OkStatus();
  }

 private:
  // Steps over `written` bytes: the system may write less than it was given.
  static void Advance(size_t written, std::vector<iovec>& vectors, size_t& next) {
    while (next < vectors.size() && written >= vectors[next].iov_len) written -= vectors[next++].iov_len;
    if (written == 0) return;
    vectors[next].iov_base = static_cast<char*>(vectors[next].iov_base) + written;
    vectors[next].iov_len -= written;
  }

  const std::string path_;
  const Descriptor file_;
  int64_t size_;
};

class PosixRandomAccessFile : public RandomAccessFile {
 public:
  PosixRandomAccessFile(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Read(int64_t offset, int64_t size, char* out) const override {
    while (size > 0) {
      const ssize_t got = Retrying([&] { return ::pread(file_.get(), out, static_cast<size_t>(size), offset); });
      if (got < 0) return ErrnoStatus("cannot read", path_, errno);
      if (got == 0) return absl::OutOfRangeError(absl::StrCat(path_, " ends at byte ", offset));
      offset += got;
      size -= got;
      out += got;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Size() const override { return SizeOf(file_, path_); }

 private:
  const std::string path_;
  const Descriptor file_;
};

class PosixFileLock : public FileLock {
 public:
  explicit PosixFileLock(Descriptor file) : file_(std::move(file)) {}

 private:
  const Descriptor file_;
};

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

class PosixEnv : public Env {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path, int64_t truncate_to) override {
    DESCENT_ASSIGN_OR_RETURN(Descriptor file, OpenDescriptor(path, O_WRONLY | O_CREAT));
    DESCENT_ASSIGN_OR_RETURN(int64_t size, SizeOf(file, path));
    if (truncate_to >= 0 && truncate_to < size) {
      if (Retrying([&] { return ::ftruncate(file.get(), truncate_to); }) != 0) {
        return ErrnoStatus("cannot cut", path, errno);
      }
      size = truncate_to;
    }
    return std::make_unique<PosixWritableFile>(path, std::move(file), size);
  }

  absl::StatusOr<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override {
    DESCENT_ASSIGN_OR_RETURN(Descriptor file, OpenDescriptor(path, O_RDONLY));
    return std::make_unique<PosixRandomAccessFile>(path, std::move(file));
  }

  absl::Status WriteFileAtomically(const std::string& path, absl::Span<const absl::string_view> parts) override {
    const std::string temporary = absl::StrCat(path, ".tmp");
    absl::Status status = WriteWhole(temporary, parts);
    if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0)
      status = ErrnoStatus("cannot rename to", path, errno);
    if (!status.ok()) {
      ::unlink(temporary.c_str());
      return status;
    }
    return SyncDirectory(ParentOf(path));
  }

  absl::StatusOr<std::string> ReadFile(const std::string& path) override {
    DESCENT_ASSIGN_OR_RETURN(Descriptor file, OpenDescriptor(path, O_RDONLY));
    DESCENT_ASSIGN_OR_RETURN(const int64_t size, SizeOf(file, path));
    std::string contents(static_cast<size_t>(size), '\0');
    DESCENT_RETURN_IF_ERROR(PosixRandomAccessFile(path, std::move(file)).Read(0, size, contents.data()));
    return contents;
  }

  absl::Status DeleteFile(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoStatus("cannot delete", path, errno);
    return absl::OkStatus();
  }

  absl::Status CreateDirectories(const std::string& path) override {
    if (::mkdir(path.c_str(), kDirectoryMode) == 0) return SyncDirectory(ParentOf(path));
    const int error = errno;
    if (error == EEXIST) {
      struct stat info;
      if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return absl::OkStatus();
    }
    if (error != ENOENT || ParentOf(path) == path) return ErrnoStatus("cannot create directory", path, error);
    DESCENT_RETURN_IF_ERROR(CreateDirectories(ParentOf(path)));
    if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      return ErrnoStatus("cannot create directory", path, errno);
    }
    return SyncDirectory(ParentOf(path));
  }

  absl::Status DeleteDirectory(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return ErrnoStatus("cannot delete", path, error.value());
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& path) override {
    DESCENT_ASSIGN_OR_RETURN(const Descriptor directory, OpenDescriptor(path, O_RDONLY | O_DIRECTORY));
    if (Retrying([&] { return ::fsync(directory.get()); }) != 0) return ErrnoStatus("cannot sync", path, errno);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override {
    DIR* const directory = ::opendir(path.c_str());
    if (directory == nullptr) return ErrnoStatus("cannot list", path, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(directory)) {
      const absl::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const int error = errno;
    ::closedir(directory);
    if (error != 0) return ErrnoStatus("cannot list", path, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::StatusOr<int64_t> FileSize(const std::string& path) override {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return ErrnoStatus("cannot stat", path, errno);
    return static_cast<int64_t>(info.st_size);
  }

  absl::StatusOr<std::unique_ptr<FileLock>> LockFile(const std::string& path) override {
    DESCENT_ASSIGN_OR_RETURN(Descriptor file, OpenDescriptor(path, O_RDWR | O_CREAT));
    // flock belongs to the open file, not to the process, so a second holder in this process is refused as well.
    if (Retrying([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return absl::UnavailableError(absl::StrCat(path, " is locked by another holder"));
      return ErrnoStatus("cannot lock", path, errno);
    }
    return std::make_unique<PosixFileLock>(std::move(file));
  }

  absl::Time Now() override { return absl::Now(); }

  absl::Duration MonotonicNow() override {
    return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }

 private:
  absl::Status WriteWhole(const std::string& path, absl::Span<const absl::string_view> parts) {
    DESCENT_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, OpenForAppend(path, 0));
    DESCENT_RETURN_IF_ERROR(file->Append(parts));
    return file->Sync();
  }
};

}  // namespace

Env* Env::Posix() {
  static PosixEnv* const env = new PosixEnv;
  return env;
}

}  // namespace descent::core
