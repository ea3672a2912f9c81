#include "tests/faults/memory_env.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace descent::faults {
namespace {

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

absl::Status Missing(const std::string& path) { return absl::NotFoundError(absl::StrCat(path, " does not exist")); }

}  // namespace

class MemoryEnv::Appender : public core::WritableFile {
 public:
  Appender(MemoryEnv* env, std::shared_ptr<File> file, int64_t generation)
      : env_(env), file_(std::move(file)), generation_(generation) {}

  absl::Status Append(absl::Span<const absl::string_view> parts) override {
    std::string data;
    for (const absl::string_view part : parts) absl::StrAppend(&data, part);
    core::MutexLock lock(&env_->mu_);
    if (generation_ != env_->generation_) return absl::InternalError("opened before the restart");
    return env_->AppendTo(*file_, data);
  }

  absl::Status Sync() override {
    core::MutexLock lock(&env_->mu_);
    if (generation_ != env_->generation_) return absl::InternalError("opened before the restart");
    return env_->SyncFile(*file_);
  }

 private:
  MemoryEnv* const env_;
  const std::shared_ptr<File> file_;
  const int64_t generation_;
};

class MemoryEnv::Reader : public core::RandomAccessFile {
 public:
  Reader(MemoryEnv* env, std::shared_ptr<File> file, int64_t generation)
      : env_(env), file_(std::move(file)), generation_(generation) {}

  absl::Status Read(int64_t offset, int64_t size, char* out) const override {
    core::MutexLock lock(&env_->mu_);
    DESCENT_RETURN_IF_ERROR(env_->CheckPower());
    if (generation_ != env_->generation_) return absl::InternalError("opened before the restart");
    if (offset + size > static_cast<int64_t>(file_->data.size())) return absl::OutOfRangeError("the file is shorter");
    std::copy_n(file_->data.data() + offset, size, out);
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Size() const override {
    core::MutexLock lock(&env_->mu_);
    DESCENT_RETURN_IF_ERROR(env_->CheckPower());
    return static_cast<int64_t>(file_->data.size());
  }

 private:
  MemoryEnv* const env_;
  const std::shared_ptr<File> file_;
  const int64_t generation_;
};

class MemoryEnv::Lock : public core::FileLock {
 public:
  Lock(MemoryEnv* env, std::string path, int64_t generation)
      : env_(env), path_(std::move(path)), generation_(generation) {}
  ~Lock() override {
    core::MutexLock lock(&env_->mu_);
    if (generation_ == env_->generation_) env_->locks_.erase(path_);
  }

 private:
  MemoryEnv* const env_;
  const std::string path_;
  const int64_t generation_;
};

MemoryEnv::MemoryEnv(uint64_t seed) : random_(seed), now_(absl::FromUnixSeconds(1'700'000'000)) {
  directories_["/"];
  directories_["."];
}

MemoryEnv::~MemoryEnv() = default;

int64_t MemoryEnv::syncs() const {
  core::MutexLock lock(&mu_);
  return syncs_;
}

std::vector<std::string> MemoryEnv::Files() const {
  core::MutexLock lock(&mu_);
  std::vector<std::string> paths;
  for (const auto& [path, directory] : directories_) {
    for (const auto& [name, file] : directory.entries)
      paths.push_back(absl::StrCat(path == "/" ? "" : path, "/", name));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string MemoryEnv::Contents(const std::string& path) const {
  core::MutexLock lock(&mu_);
  const auto directory = directories_.find(ParentOf(path));
  if (directory == directories_.end()) return "";
  const auto file = directory->second.entries.find(NameOf(path));
  return file == directory->second.entries.end() ? "" : file->second->data;
}

void MemoryEnv::SetContents(const std::string& path, std::string contents) {
  core::MutexLock lock(&mu_);
  const absl::StatusOr<std::shared_ptr<File>> file = FindFile(path);
  if (!file.ok()) return;
  (*file)->data = (*file)->durable = std::move(contents);
  (*file)->unsynced.clear();
}

void MemoryEnv::AdvanceTime(absl::Duration duration) {
  core::MutexLock lock(&mu_);
  now_ += duration;
  monotonic_now_ += duration;
}

absl::StatusOr<MemoryEnv::Directory*> MemoryEnv::FindDirectory(const std::string& path) {
  const auto found = directories_.find(path);
  if (found == directories_.end() || found->second.removed) return Missing(path);
  return &found->second;
}

absl::StatusOr<std::shared_ptr<MemoryEnv::File>> MemoryEnv::FindFile(const std::string& path) {
  DESCENT_RETURN_IF_ERROR(CheckPower());
  DESCENT_ASSIGN_OR_RETURN(Directory* const directory, FindDirectory(ParentOf(path)));
  const auto found = directory->entries.find(NameOf(path));
  if (found == directory->entries.end()) return Missing(path);
  return found->second;
}

absl::StatusOr<std::shared_ptr<MemoryEnv::File>> MemoryEnv::FindOrCreate(const std::string& path) {
  DESCENT_RETURN_IF_ERROR(CheckPower());
  DESCENT_ASSIGN_OR_RETURN(Directory* const directory, FindDirectory(ParentOf(path)));
  const auto found = directory->entries.find(NameOf(path));
  if (found != directory->entries.end()) return found->second;
  DESCENT_RETURN_IF_ERROR(BeginChange());
  auto file = std::make_shared<File>();
  directory->entries[NameOf(path)] = file;
  directory->unsynced.push_back({NameOf(path), file, ""});
  return file;
}

absl::StatusOr<std::unique_ptr<core::WritableFile>> MemoryEnv::OpenForAppend(const std::string& path,
                                                                             int64_t truncate_to) {
  core::MutexLock lock(&mu_);
  DESCENT_ASSIGN_OR_RETURN(std::shared_ptr<File> file, FindOrCreate(path));
  if (truncate_to >= 0 && truncate_to < static_cast<int64_t>(file->data.size())) {
    DESCENT_RETURN_IF_ERROR(BeginChange());
    file->data.resize(static_cast<size_t>(truncate_to));
    file->unsynced.push_back({true, truncate_to, "", false});
  }
  return std::make_unique<Appender>(this, std::move(file), generation_);
}

absl::StatusOr<std::unique_ptr<core::RandomAccessFile>> MemoryEnv::OpenForRead(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_ASSIGN_OR_RETURN(std::shared_ptr<File> file, FindFile(path));
  return std::make_unique<Reader>(this, std::move(file), generation_);
}

absl::Status MemoryEnv::WriteFileAtomically(const std::string& path, absl::Span<const absl::string_view> parts) {
  std::string data;
  for (const absl::string_view part : parts) absl::StrAppend(&data, part);
  core::MutexLock lock(&mu_);
  const std::string temporary = path + ".tmp";
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, FindOrCreate(temporary));
  file->data.clear();
  file->unsynced.push_back({true, 0, "", false});
  DESCENT_RETURN_IF_ERROR(AppendTo(*file, data));
  DESCENT_RETURN_IF_ERROR(SyncFile(*file));
  DESCENT_ASSIGN_OR_RETURN(Directory* const directory, FindDirectory(ParentOf(path)));
  DESCENT_RETURN_IF_ERROR(BeginChange());
  directory->entries.erase(NameOf(temporary));
  directory->entries[NameOf(path)] = file;
  directory->unsynced.push_back({NameOf(path), file, NameOf(temporary)});
  return SyncNames(*directory);
}

absl::StatusOr<std::string> MemoryEnv::ReadFile(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, FindFile(path));
  return file->data;
}

absl::Status MemoryEnv::DeleteFile(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_RETURN_IF_ERROR(CheckPower());
  const absl::StatusOr<Directory*> directory = FindDirectory(ParentOf(path));
  if (!directory.ok() || !(*directory)->entries.contains(NameOf(path))) return absl::OkStatus();
  DESCENT_RETURN_IF_ERROR(BeginChange());
  (*directory)->entries.erase(NameOf(path));
  (*directory)->unsynced.push_back({NameOf(path), nullptr, ""});
  return absl::OkStatus();
}

absl::Status MemoryEnv::CreateDirectories(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_RETURN_IF_ERROR(CheckPower());
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    const auto found = directories_.find(part);
    if (found == directories_.end()) {
      DESCENT_RETURN_IF_ERROR(BeginChange());
      directories_[part];
    } else if (found->second.removed) {
      DESCENT_RETURN_IF_ERROR(BeginChange());
      found->second = Directory();
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::Status MemoryEnv::DeleteDirectory(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_RETURN_IF_ERROR(CheckPower());
  const std::string below = path + "/";
  for (auto& [name, directory] : directories_) {
    if ((name != path && name.compare(0, below.size(), below) != 0) || directory.removed) continue;
    for (auto it = directory.entries.begin(); it != directory.entries.end();) {
      DESCENT_RETURN_IF_ERROR(BeginChange());
      directory.unsynced.push_back({it->first, nullptr, ""});
      it = directory.entries.erase(it);
    }
    DESCENT_RETURN_IF_ERROR(BeginChange());
    directory.removed = true;
  }
  return absl::OkStatus();
}

absl::Status MemoryEnv::SyncDirectory(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_RETURN_IF_ERROR(CheckPower());
  DESCENT_ASSIGN_OR_RETURN(Directory* const directory, FindDirectory(path));
  DESCENT_RETURN_IF_ERROR(SyncNames(*directory));
  for (auto it = directories_.begin(); it != directories_.end();) {
    const bool gone = it->second.removed && ParentOf(it->first) == path;
    it = gone ? directories_.erase(it) : std::next(it);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryEnv::ListDirectory(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_RETURN_IF_ERROR(CheckPower());
  DESCENT_ASSIGN_OR_RETURN(const Directory* const directory, FindDirectory(path));
  std::vector<std::string> names;
  for (const auto& [name, file] : directory->entries) names.push_back(name);
  for (const auto& [name, other] : directories_) {
    if (!other.removed && name != path && ParentOf(name) == path) names.push_back(NameOf(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<int64_t> MemoryEnv::FileSize(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, FindFile(path));
  return static_cast<int64_t>(file->data.size());
}

absl::StatusOr<std::unique_ptr<core::FileLock>> MemoryEnv::LockFile(const std::string& path) {
  core::MutexLock lock(&mu_);
  DESCENT_RETURN_IF_ERROR(FindOrCreate(path).status());
  if (!locks_.insert(path).second) return absl::UnavailableError(absl::StrCat(path, " is locked by another holder"));
  return std::make_unique<Lock>(this, path, generation_);
}

absl::Time MemoryEnv::Now() {
  core::MutexLock lock(&mu_);
  return now_;
}

absl::Duration MemoryEnv::MonotonicNow() {
  core::MutexLock lock(&mu_);
  return monotonic_now_;
}

}  // namespace descent::faults
