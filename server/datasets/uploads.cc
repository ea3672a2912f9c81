#include "server/datasets/uploads.h"

#include <openssl/rand.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::datasets {
namespace {

// Without a new byte for so long, an upload is forgotten.
constexpr absl::Duration kLifetime = absl::Hours(24);
// A stream makes what it wrote durable every so many bytes.
constexpr int64_t kBytesASync = 8 << 20;
constexpr size_t kMaxFileName = 255;

std::string MakeId() {
  std::string bytes(8, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return absl::StrCat("u", absl::BytesToHexString(bytes));
}

absl::Status TooLarge(int64_t limit, int64_t requested, absl::string_view what, absl::string_view advice) {
  return core::MakeError(
      core::ErrorReason::kLimitExceeded,
      absl::StrCat("the upload has ", requested, " bytes, more than ", what, " of ", limit, " bytes; ", advice),
      {{"limit", absl::StrCat(limit)}, {"requested", absl::StrCat(requested)}, {"unit", "bytes"}});
}

absl::Status TooLargeForServer(int64_t limit, int64_t requested) {
  return TooLarge(limit, requested, "the server's limit", "upload fewer rows or columns");
}

absl::Status IsComplete(const std::string& id) {
  return core::MakeError(
      core::ErrorReason::kWrongState,
      absl::StrCat("uploads/", id, " is complete; make a dataset of it, or start a new upload"),
      {{"resource", absl::StrCat("uploads/", id)}, {"state", "COMPLETE"}, {"allowed_states", "INCOMPLETE"}});
}

absl::Status WasRemoved(const std::string& id) {
  return core::MakeError(core::ErrorReason::kResourceNotFound,
                         absl::StrCat("there is no uploads/", id.substr(0, 100),
                                      "; it may have expired or become a dataset: start a new one with StartUpload"),
                         {{"resource", absl::StrCat("uploads/", id.substr(0, 100))}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Uploads>> Uploads::Create(core::Env* env, std::string directory, int64_t max_bytes) {
  std::unique_ptr<Uploads> uploads(new Uploads(env, std::move(directory), max_bytes));
  DESCENT_RETURN_IF_ERROR(env->CreateDirectories(uploads->directory_));
  DESCENT_RETURN_IF_ERROR(uploads->Load());
  return uploads;
}

absl::Status Uploads::Load() {
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> names, env_->ListDirectory(directory_));
  for (const std::string& name : names) {
    absl::string_view id = name;
    if (!absl::ConsumeSuffix(&id, ".facts")) continue;
    // A damaged upload is forgotten: its owner sends the file again.
    if (!LoadOne(std::string(id)).ok()) Remove(std::string(id));
  }
  core::MutexLock lock(&mu_);
  for (const std::string& name : names) {
    absl::string_view id = name;
    if (absl::ConsumeSuffix(&id, ".data") && uploads_.count(std::string(id)) == 0) {
      DESCENT_RETURN_IF_ERROR(env_->DeleteFile(absl::StrCat(directory_, "/", name)));
    }
  }
  ForgetExpired();
  return absl::OkStatus();
}

absl::Status Uploads::LoadOne(const std::string& id) {
  DESCENT_ASSIGN_OR_RETURN(const std::string bytes, env_->ReadFile(FactsPath(id)));
  core::ByteReader in(bytes);
  Upload upload;
  upload.info.id = id;
  upload.owner = in.GetString();
  upload.info.file_name = in.GetString();
  const bool has_size = in.GetBool();
  const int64_t size = in.GetI64();
  if (has_size) upload.info.size_bytes = size;
  upload.info.complete = in.GetBool();
  upload.info.expire_time = absl::FromUnixMicros(in.GetI64());
  upload.info.committed_bytes = in.GetI64();
  if (in.failed() || in.remaining() != 0) return absl::DataLossError("damaged");
  // The file may be longer: what was written after the last sync, which a power loss may have garbled. A new writer
  // cuts it off.
  if (upload.info.committed_bytes > 0) {
    DESCENT_ASSIGN_OR_RETURN(const int64_t size, env_->FileSize(DataPath(id)));
    if (size < upload.info.committed_bytes) return absl::DataLossError("shorter than it was");
  }
  core::MutexLock lock(&mu_);
  uploads_[id] = std::move(upload);
  return absl::OkStatus();
}

absl::Status Uploads::Store(const Upload& upload) {
  core::ByteWriter out;
  out.PutString(upload.owner);
  out.PutString(upload.info.file_name);
  out.PutBool(upload.info.size_bytes.has_value());
  out.PutI64(upload.info.size_bytes.value_or(0));
  out.PutBool(upload.info.complete);
  out.PutI64(absl::ToUnixMicros(upload.info.expire_time));
  out.PutI64(upload.info.committed_bytes);
  const absl::string_view bytes = out.bytes();
  return env_->WriteFileAtomically(FactsPath(upload.info.id), absl::MakeConstSpan(&bytes, 1));
}

absl::StatusOr<UploadInfo> Uploads::Start(const std::string& owner, const std::string& file_name,
                                          std::optional<int64_t> size_bytes) {
  core::Violations violations;
  if (file_name.size() > kMaxFileName) {
    violations.Add("file_name",
                   absl::StrCat("has ", file_name.size(), " bytes, at most ", kMaxFileName, " are allowed"));
  }
  if (size_bytes.value_or(0) < 0) violations.Add("size_bytes", absl::StrCat("must be >= 0, was ", *size_bytes));
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  if (size_bytes.value_or(0) > max_bytes_) return TooLargeForServer(max_bytes_, *size_bytes);
  Upload upload;
  upload.info = {MakeId(), file_name, size_bytes, 0, false, env_->Now() + kLifetime};
  upload.owner = owner;
  DESCENT_RETURN_IF_ERROR(Store(upload));
  UploadInfo info = upload.info;
  core::MutexLock lock(&mu_);
  ForgetExpired();
  uploads_[info.id] = std::move(upload);
  return info;
}

absl::StatusOr<Uploads::Upload*> Uploads::Find(const std::string& owner, const std::string& id) {
  const auto found = uploads_.find(id);
  const bool expired =
      found != uploads_.end() && !found->second.is_writing && found->second.info.expire_time <= env_->Now();
  if (found == uploads_.end() || expired || found->second.owner != owner) {
    return WasRemoved(id);
  }
  return &found->second;
}

absl::StatusOr<UploadInfo> Uploads::Get(const std::string& owner, const std::string& id) {
  core::MutexLock lock(&mu_);
  DESCENT_ASSIGN_OR_RETURN(const Upload* upload, Find(owner, id));
  return upload->info;
}

absl::StatusOr<std::string> Uploads::Read(const std::string& owner, const std::string& id) {
  {
    core::MutexLock lock(&mu_);
    DESCENT_ASSIGN_OR_RETURN(const Upload* upload, Find(owner, id));
    if (!upload->info.complete) {
      return core::MakeError(
          core::ErrorReason::kWrongState,
          absl::StrCat("uploads/", id, " is not complete: ", upload->info.committed_bytes,
                       " bytes have arrived; go on with WriteUpload and end with finish"),
          {{"resource", absl::StrCat("uploads/", id)}, {"state", "INCOMPLETE"}, {"allowed_states", "COMPLETE"}});
    }
  }
  return env_->ReadFile(DataPath(id));
}

void Uploads::Remove(const std::string& id) {
  {
    core::MutexLock lock(&mu_);
    uploads_.erase(id);
  }
  // What cannot be removed now is removed at the next start.
  env_->DeleteFile(FactsPath(id)).IgnoreError();
  env_->DeleteFile(DataPath(id)).IgnoreError();
}

void Uploads::ForgetExpired() {
  const absl::Time now = env_->Now();
  for (auto entry = uploads_.begin(); entry != uploads_.end();) {
    if (entry->second.is_writing || entry->second.info.expire_time > now) {
      ++entry;
      continue;
    }
    env_->DeleteFile(FactsPath(entry->first)).IgnoreError();
    env_->DeleteFile(DataPath(entry->first)).IgnoreError();
    entry = uploads_.erase(entry);
  }
}

int64_t Uploads::TotalBytes() const {
  core::MutexLock lock(&mu_);
  int64_t total = 0;
  for (const auto& [id, upload] : uploads_) total += upload.info.committed_bytes;
  return total;
}

absl::StatusOr<std::unique_ptr<Uploads::Writer>> Uploads::OpenWriter(const std::string& owner, const std::string& id) {
  std::unique_ptr<Writer> writer(new Writer(this, id));
  {
    core::MutexLock lock(&mu_);
    DESCENT_ASSIGN_OR_RETURN(Upload * upload, Find(owner, id));
    if (upload->info.complete) return IsComplete(id);
    if (upload->is_writing) {
      return core::MakeError(
          core::ErrorReason::kWrongState,
          absl::StrCat("uploads/", id, " is being written by another stream; let it end first"),
          {{"resource", absl::StrCat("uploads/", id)}, {"state", "BEING_WRITTEN"}, {"allowed_states", "INCOMPLETE"}});
    }
    upload->is_writing = true;
    writer->holds_upload_ = true;
    writer->written_ = writer->synced_ = upload->info.committed_bytes;
  }
  absl::StatusOr<std::unique_ptr<core::WritableFile>> file = env_->OpenForAppend(DataPath(id), writer->written_);
  if (!file.ok()) return file.status();
  writer->file_ = *std::move(file);
  return writer;
}

Uploads::Writer::~Writer() {
  if (!holds_upload_) return;
  if (file_ != nullptr && disk_.ok()) Commit().status().IgnoreError();
  core::MutexLock lock(&uploads_->mu_);
  const auto found = uploads_->uploads_.find(id_);
  if (found != uploads_->uploads_.end()) found->second.is_writing = false;
}

absl::Status Uploads::Writer::Write(int64_t offset, absl::string_view data, std::optional<uint32_t> crc32) {
  DESCENT_RETURN_IF_ERROR(disk_);
  if (finished_) return IsComplete(id_);
  const core::ErrorMetadata committed = {{"committed_bytes", absl::StrCat(written_)}};
  if (crc32.has_value() && crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()) != *crc32) {
    return core::MakeError(
        core::ErrorReason::kChecksumMismatch,
        absl::StrCat("the bytes at offset ", offset, " changed on their way; send again from ", written_), committed);
  }
  if (offset < 0 || offset > written_) {
    return core::MakeError(
        core::ErrorReason::kOffsetOutOfRange,
        absl::StrCat("offset ", offset, " leaves a hole: ", written_, " bytes have arrived; go on from there"),
        committed);
  }
  const auto known = static_cast<size_t>(std::min<int64_t>(written_ - offset, static_cast<int64_t>(data.size())));
  data.remove_prefix(known);
  if (data.empty()) return absl::OkStatus();
  const int64_t end = written_ + static_cast<int64_t>(data.size());
  if (end > uploads_->max_bytes_) return TooLargeForServer(uploads_->max_bytes_, end);
  std::optional<int64_t> announced;
  {
    core::MutexLock lock(&uploads_->mu_);
    const auto found = uploads_->uploads_.find(id_);
    if (found != uploads_->uploads_.end()) announced = found->second.info.size_bytes;
  }
  if (announced.has_value() && end > *announced) {
    return TooLarge(*announced, end, "its announced size", "start another upload with the right size_bytes");
  }
  // A failed append may have left a part of the data in the file.
  disk_ = file_->Append(data);
  DESCENT_RETURN_IF_ERROR(disk_);
  written_ = end;
  return written_ - synced_ >= kBytesASync ? Commit().status() : absl::OkStatus();
}

absl::Status Uploads::Writer::Finish() {
  DESCENT_ASSIGN_OR_RETURN(const UploadInfo info, Commit());
  if (info.size_bytes.has_value() && *info.size_bytes != written_) {
    return core::InvalidField(
        "finish", absl::StrCat("came after ", written_, " bytes, but the upload was announced with ", *info.size_bytes,
                               "; send the rest first"));
  }
  // The name of an empty file was not made durable by Commit.
  if (written_ == 0) DESCENT_RETURN_IF_ERROR(uploads_->env_->SyncDirectory(uploads_->directory_));
  core::MutexLock lock(&uploads_->mu_);
  const auto found = uploads_->uploads_.find(id_);
  if (found == uploads_->uploads_.end()) return WasRemoved(id_);
  Upload complete = found->second;
  complete.info.complete = true;
  DESCENT_RETURN_IF_ERROR(uploads_->Store(complete));
  found->second = std::move(complete);
  finished_ = true;
  return absl::OkStatus();
}

// After a failed sync a later one may succeed without having saved anything.
absl::Status Uploads::Writer::SyncWritten() {
  DESCENT_RETURN_IF_ERROR(disk_);
  if (written_ == synced_) return absl::OkStatus();
  disk_ = file_->Sync();
  if (disk_.ok() && synced_ == 0) disk_ = uploads_->env_->SyncDirectory(uploads_->directory_);
  return disk_;
}

absl::StatusOr<UploadInfo> Uploads::Writer::Commit() {
  DESCENT_RETURN_IF_ERROR(SyncWritten());
  core::MutexLock lock(&uploads_->mu_);
  const auto found = uploads_->uploads_.find(id_);
  if (found == uploads_->uploads_.end()) return WasRemoved(id_);
  if (written_ == synced_) return found->second.info;
  Upload committed = found->second;
  committed.info.committed_bytes = written_;
  committed.info.expire_time = uploads_->env_->Now() + kLifetime;
  DESCENT_RETURN_IF_ERROR(uploads_->Store(committed));
  found->second = std::move(committed);
  synced_ = written_;
  return found->second.info;
}

}  // namespace descent::datasets
