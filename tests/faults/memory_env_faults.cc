// MemoryEnv: writes, syncs, and what is left of them after a power loss.
#include <algorithm>
#include <utility>

#include "core/base/status.h"
#include "tests/faults/memory_env.h"

namespace descent::faults {
namespace {

// What a disk writes as a whole, small enough that short records are torn as well.
constexpr int64_t kSector = 64;

// As a disk does it: a gap before the offset reads as zeros.
void WriteAt(std::string& contents, int64_t offset, const std::string& data) {
  const size_t end = static_cast<size_t>(offset) + data.size();
  if (contents.size() < end) contents.resize(end, '\0');
  std::copy(data.begin(), data.end(), contents.begin() + static_cast<std::ptrdiff_t>(offset));
}

void CutTo(std::string& contents, int64_t size) {
  if (static_cast<int64_t>(contents.size()) > size) contents.resize(static_cast<size_t>(size));
}

}  // namespace

absl::Status MemoryEnv::Fault::Next() {
  if (countdown < 0 || countdown-- > 0) return absl::OkStatus();
  return status;
}

void MemoryEnv::LosePowerAfter(int64_t changes) {
  core::MutexLock lock(&mu_);
  changes_left_ = changes;
}

bool MemoryEnv::power_lost() const {
  core::MutexLock lock(&mu_);
  return power_lost_;
}

void MemoryEnv::FailWrite(int64_t n, absl::Status status) {
  core::MutexLock lock(&mu_);
  write_fault_ = {n, std::move(status)};
}

void MemoryEnv::FailSync(int64_t n, absl::Status status) {
  core::MutexLock lock(&mu_);
  sync_fault_ = {n, std::move(status)};
}

void MemoryEnv::FailDirectorySync(int64_t n, absl::Status status) {
  core::MutexLock lock(&mu_);
  directory_sync_fault_ = {n, std::move(status)};
}

void MemoryEnv::Restart() {
  core::MutexLock lock(&mu_);
  ++generation_;
  power_lost_ = false;
  changes_left_ = -1;
  write_fault_ = sync_fault_ = directory_sync_fault_ = Fault();
  locks_.clear();
  for (auto it = directories_.begin(); it != directories_.end();) {
    // What was in a removed directory was removed first, each name by itself, and may be back.
    const bool gone = it->second.removed && Random(2) == 0;
    if (gone) {
      it = directories_.erase(it);
      continue;
    }
    it->second.removed = false;
    Survive(it->second);
    ++it;
  }
}

void MemoryEnv::Survive(Directory& directory) {
  for (const NameChange& change : directory.unsynced) {
    if (Random(2) == 0) continue;
    if (change.file != nullptr) {
      directory.durable[change.name] = change.file;
    } else {
      directory.durable.erase(change.name);
    }
    if (!change.removed.empty()) directory.durable.erase(change.removed);
  }
  directory.unsynced.clear();
  directory.entries = directory.durable;
  for (auto& [name, file] : directory.entries) Survive(*file);
}

void MemoryEnv::Survive(File& file) {
  for (const Change& change : file.unsynced) {
    const int64_t fate = Random(4);
    if (fate == 0) continue;
    if (change.cut) {
      CutTo(file.durable, change.offset);
    } else if (fate == 1) {
      WriteAt(file.durable, change.offset, change.data);
    } else if (fate == 2) {
      WriteAt(file.durable, change.offset,
              change.data.substr(0, static_cast<size_t>(Random(static_cast<int64_t>(change.data.size()) + 1))));
    } else {
      // Pages go to the disk in any order.
      for (size_t at = 0; at < change.data.size(); at += kSector) {
        if (Random(2) == 0)
          WriteAt(file.durable, change.offset + static_cast<int64_t>(at), change.data.substr(at, kSector));
      }
    }
  }
  file.unsynced.clear();
  file.data = file.durable;
}

absl::Status MemoryEnv::CheckPower() const {
  return power_lost_ ? absl::InternalError("the power is gone") : absl::OkStatus();
}

absl::Status MemoryEnv::BeginChange() {
  if (changes_left_ == 0) power_lost_ = true;
  DESCENT_RETURN_IF_ERROR(CheckPower());
  if (changes_left_ > 0) --changes_left_;
  return absl::OkStatus();
}

absl::Status MemoryEnv::AppendTo(File& file, const std::string& data) {
  DESCENT_RETURN_IF_ERROR(BeginChange());
  const absl::Status fault = write_fault_.Next();
  const std::string written =
      fault.ok() ? data : data.substr(0, static_cast<size_t>(Random(static_cast<int64_t>(data.size()) + 1)));
  file.unsynced.push_back({false, static_cast<int64_t>(file.data.size()), written, false});
  file.data += written;
  return fault;
}

absl::Status MemoryEnv::SyncFile(File& file) {
  DESCENT_RETURN_IF_ERROR(BeginChange());
  if (const absl::Status fault = sync_fault_.Next(); !fault.ok()) {
    for (Change& change : file.unsynced) change.doomed = !change.cut;
    return fault;
  }
  std::vector<Change> doomed;
  for (Change& change : file.unsynced) {
    if (change.doomed) {
      doomed.push_back(std::move(change));
    } else if (change.cut) {
      CutTo(file.durable, change.offset);
      // What the cut removed never reaches the disk.
      for (Change& earlier : doomed) CutTo(earlier.data, std::max<int64_t>(change.offset - earlier.offset, 0));
    } else {
      WriteAt(file.durable, change.offset, change.data);
    }
  }
  file.unsynced = std::move(doomed);
  ++syncs_;
  return absl::OkStatus();
}

absl::Status MemoryEnv::SyncNames(Directory& directory) {
  DESCENT_RETURN_IF_ERROR(BeginChange());
  DESCENT_RETURN_IF_ERROR(directory_sync_fault_.Next());
  directory.durable = directory.entries;
  directory.unsynced.clear();
  return absl::OkStatus();
}

int64_t MemoryEnv::Random(int64_t bound) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(bound)); }

}  // namespace descent::faults
