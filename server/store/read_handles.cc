#include "server/store/read_handles.h"

#include <algorithm>
#include <utility>

#include "core/base/status.h"

namespace descent::store {

absl::StatusOr<std::shared_ptr<core::RandomAccessFile>> ReadHandles::Get(int64_t id, const std::string& path) {
  {
    core::MutexLock lock(&mu_);
    if (const auto found = handles_.find(id); found != handles_.end()) {
      found->second.last_use = ++uses_;
      return found->second.file;
    }
  }
  DESCENT_ASSIGN_OR_RETURN(std::shared_ptr<core::RandomAccessFile> file, env_->OpenForRead(path));
  core::MutexLock lock(&mu_);
  handles_[id] = {file, ++uses_};
  if (handles_.size() > limit_) {
    handles_.erase(std::min_element(handles_.begin(), handles_.end(), [](const auto& a, const auto& b) {
      return a.second.last_use < b.second.last_use;
    }));
  }
  return file;
}

void ReadHandles::Forget(int64_t id) {
  core::MutexLock lock(&mu_);
  handles_.erase(id);
}

}  // namespace descent::store
