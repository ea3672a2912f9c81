#include "server/store/file_checkpoint_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/store/log_format.h"

namespace descent::store {
namespace {

constexpr absl::string_view kMagic = "DSCNTCKP";
constexpr uint32_t kFormatVersion = 1;
constexpr size_t kHeaderBytes = 48;
constexpr size_t kTrailerBytes = sizeof(uint32_t);

std::string EncodeHeader(const std::string& uid, int64_t step, int64_t payload_bytes) {
  core::ByteWriter writer;
  writer.PutU32(kFormatVersion);
  writer.PutU32(0);
  core::ByteWriter numbers;
  numbers.PutI64(step);
  numbers.PutI64(payload_bytes);
  return absl::StrCat(kMagic, writer.bytes(), uid, numbers.bytes());
}

// The payload of a file whose header and checksum are right.
std::optional<std::string> Decode(std::string file, const std::string& uid, int64_t step) {
  if (file.size() < kHeaderBytes + kTrailerBytes) return std::nullopt;
  const size_t payload_bytes = file.size() - kHeaderBytes - kTrailerBytes;
  const absl::string_view view = file;
  if (view.substr(0, kHeaderBytes) != EncodeHeader(uid, step, static_cast<int64_t>(payload_bytes))) return std::nullopt;
  const uint32_t crc = core::ByteReader(view.substr(kHeaderBytes + payload_bytes)).GetU32();
  if (crc != Crc32(view.substr(0, kHeaderBytes + payload_bytes))) return std::nullopt;
  return file.substr(kHeaderBytes, payload_bytes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileCheckpointStore>> FileCheckpointStore::Create(core::Env* env,
                                                                                 const std::string& directory) {
  std::unique_ptr<FileCheckpointStore> store(new FileCheckpointStore(env, directory));
  DESCENT_RETURN_IF_ERROR(store->Load());
  return store;
}

absl::Status FileCheckpointStore::Load() {
  DESCENT_RETURN_IF_ERROR(env_->CreateDirectories(directory_));
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> names, env_->ListDirectory(directory_));
  for (const std::string& name : names) {
    const bool hex = name.size() == 2 * kUidBytes && std::all_of(name.begin(), name.end(), absl::ascii_isxdigit);
    if (hex) DESCENT_RETURN_IF_ERROR(LoadJob(absl::HexStringToBytes(name), absl::StrCat(directory_, "/", name)));
  }
  return absl::OkStatus();
}

absl::Status FileCheckpointStore::LoadJob(const std::string& uid, const std::string& directory) {
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> names, env_->ListDirectory(directory));
  Steps steps;
  for (const std::string& name : names) {
    const std::string path = absl::StrCat(directory, "/", name);
    int64_t step = -1;
    if (absl::SimpleAtoi(name, &step) && step >= 0 && PathOf(uid, step) == path) {
      DESCENT_ASSIGN_OR_RETURN(steps[step], env_->FileSize(path));
    } else {
      // Left by a crash while a checkpoint was written.
      DESCENT_RETURN_IF_ERROR(env_->DeleteFile(path));
    }
  }
  core::MutexLock lock(&mu_);
  for (const auto& [step, bytes] : steps) total_bytes_ += bytes;
  jobs_[uid] = std::move(steps);
  return absl::OkStatus();
}

absl::Status FileCheckpointStore::Put(const std::string& uid, int64_t step, absl::string_view bytes) {
  DESCENT_RETURN_IF_ERROR(env_->CreateDirectories(JobDirectory(uid)));
  const std::string header = EncodeHeader(uid, step, static_cast<int64_t>(bytes.size()));
  core::ByteWriter trailer;
  trailer.PutU32(Crc32(bytes, Crc32(header)));
  const absl::string_view parts[] = {header, bytes, trailer.bytes()};
  DESCENT_RETURN_IF_ERROR(env_->WriteFileAtomically(PathOf(uid, step), parts));
  const int64_t size = static_cast<int64_t>(header.size() + bytes.size() + kTrailerBytes);
  {
    core::MutexLock lock(&mu_);
    int64_t& stored = jobs_[uid][step];
    total_bytes_ += size - stored;
    stored = size;
  }
  return RemoveOthers(uid, step);
}

absl::Status FileCheckpointStore::RemoveOthers(const std::string& uid, int64_t step) {
  const Steps steps = StepsOf(uid);
  const auto put = steps.find(step);
  for (auto it = steps.begin(); it != steps.end(); ++it) {
    // Later ones belong to a run that was taken back to an earlier checkpoint.
    if (it == put || std::next(it) == put) continue;
    DESCENT_RETURN_IF_ERROR(env_->DeleteFile(PathOf(uid, it->first)));
    core::MutexLock lock(&mu_);
    jobs_[uid].erase(it->first);
    total_bytes_ -= it->second;
  }
  return absl::OkStatus();
}

absl::StatusOr<jobs::CheckpointStore::Checkpoint> FileCheckpointStore::Latest(const std::string& uid) {
  const Steps steps = StepsOf(uid);
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) {
    absl::StatusOr<std::string> file = env_->ReadFile(PathOf(uid, it->first));
    // A file that cannot be read is as good as a damaged one.
    if (!file.ok()) continue;
    std::optional<std::string> payload = Decode(*std::move(file), uid, it->first);
    if (payload.has_value()) return Checkpoint{it->first, *std::move(payload)};
  }
  if (steps.empty()) return absl::NotFoundError("the job has no checkpoint");
  return core::MakeError(
      core::ErrorReason::kStoredDataDamaged,
      absl::StrCat("all checkpoints of the job are damaged, the newest is of step ", steps.rbegin()->first,
                   "; restore the data directory from a backup, or submit the "
                   "job again"));
}

int64_t FileCheckpointStore::StoredBytes(const std::string& uid) {
  int64_t bytes = 0;
  for (const auto& [step, size] : StepsOf(uid)) bytes += size;
  return bytes;
}

int64_t FileCheckpointStore::TotalBytes() {
  core::MutexLock lock(&mu_);
  return total_bytes_;
}

absl::Status FileCheckpointStore::Delete(const std::string& uid) {
  {
    core::MutexLock lock(&mu_);
    const auto found = jobs_.find(uid);
    if (found == jobs_.end()) return absl::OkStatus();
    for (const auto& [step, bytes] : found->second) total_bytes_ -= bytes;
    jobs_.erase(found);
  }
  DESCENT_RETURN_IF_ERROR(env_->DeleteDirectory(JobDirectory(uid)));
  return env_->SyncDirectory(directory_);
}

absl::Status FileCheckpointStore::DeleteUnknown(const std::vector<std::string>& known) {
  std::vector<std::string> unknown;
  {
    core::MutexLock lock(&mu_);
    for (const auto& [uid, steps] : jobs_) {
      if (!std::binary_search(known.begin(), known.end(), uid)) unknown.push_back(uid);
    }
  }
  for (const std::string& uid : unknown) DESCENT_RETURN_IF_ERROR(Delete(uid));
  return absl::OkStatus();
}

FileCheckpointStore::Steps FileCheckpointStore::StepsOf(const std::string& uid) {
  core::MutexLock lock(&mu_);
  const auto found = jobs_.find(uid);
  return found == jobs_.end() ? Steps() : found->second;
}

std::string FileCheckpointStore::JobDirectory(const std::string& uid) const {
  return absl::StrCat(directory_, "/", absl::BytesToHexString(uid));
}

std::string FileCheckpointStore::PathOf(const std::string& uid, int64_t step) const {
  return absl::StrFormat("%s/%020d", JobDirectory(uid), step);
}

}  // namespace descent::store
