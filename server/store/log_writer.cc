#include "server/store/log_writer.h"

#include <algorithm>
#include <utility>

#include "core/base/status.h"

namespace descent::store {
namespace {

std::vector<SealEntry> Sorted(std::vector<SealEntry> entries) {
  std::sort(entries.begin(), entries.end(), [](const SealEntry& a, const SealEntry& b) { return a.uid < b.uid; });
  return entries;
}

}  // namespace

std::string DirectoryOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

LogWriter::LogWriter(core::Env* env, std::string path, FileName name, std::unique_ptr<core::WritableFile> out)
    : env_(env), path_(std::move(path)), name_(std::move(name)), seed_(name_.Seed()), out_(std::move(out)) {}

absl::StatusOr<std::unique_ptr<LogWriter>> LogWriter::Create(core::Env* env, const std::string& path,
                                                             const FileName& name) {
  DESCENT_ASSIGN_OR_RETURN(std::unique_ptr<core::WritableFile> out, env->OpenForAppend(path, /*truncate_to=*/0));
  return std::unique_ptr<LogWriter>(new LogWriter(env, path, name, std::move(out)));
}

absl::StatusOr<std::vector<int64_t>> LogWriter::Commit(std::vector<Record>& records) {
  const bool first = size_ == 0;
  const FileHeaderBytes file_header = EncodeFileHeader(name_, {});
  std::vector<RecordHeaderBytes> headers(records.size());
  std::vector<absl::string_view> parts;
  parts.reserve(2 * records.size() + 1);
  if (first) parts.emplace_back(file_header.data(), file_header.size());

  std::vector<int64_t> offsets(records.size());
  int64_t offset = first ? kFileHeaderBytes : size_;
  for (size_t i = 0; i < records.size(); ++i) {
    StoredHeader& stored = records[i].stored;
    stored.commit = next_commit_;
    stored.ends_commit = i + 1 == records.size();
    headers[i] = EncodeRecordHeader(seed_, stored);
    parts.emplace_back(headers[i].data(), headers[i].size());
    parts.push_back(records[i].payload);
    offsets[i] = offset;
    offset += kRecordHeaderBytes + stored.payload_bytes;
  }
  DESCENT_RETURN_IF_ERROR(out_->Append(parts));
  DESCENT_RETURN_IF_ERROR(out_->Sync());
  if (first) DESCENT_RETURN_IF_ERROR(env_->SyncDirectory(DirectoryOf(path_)));

  size_ = offset;
  ++next_commit_;
  for (const Record& record : records) {
    SealEntry& entry = jobs_[record.stored.uid];
    entry.uid = record.stored.uid;
    ++entry.records;
    entry.next_ordinal = record.stored.ordinal + 1;
  }
  return offsets;
}

absl::Status LogWriter::Seal() {
  std::vector<SealEntry> entries;
  entries.reserve(jobs_.size());
  for (const auto& [uid, entry] : jobs_) entries.push_back(entry);
  const std::string seal = EncodeSeal(seed_, size_, next_commit_, Sorted(std::move(entries)));
  DESCENT_RETURN_IF_ERROR(out_->Append(seal));
  DESCENT_RETURN_IF_ERROR(out_->Sync());
  size_ += static_cast<int64_t>(seal.size());
  return absl::OkStatus();
}

absl::Status LogWriter::Abandon() {
  out_.reset();
  return TakeBack(env_, path_, size_);
}

absl::Status TakeBack(core::Env* env, const std::string& path, int64_t size) {
  if (size == 0) {
    DESCENT_RETURN_IF_ERROR(env->DeleteFile(path));
    return env->SyncDirectory(DirectoryOf(path));
  }
  // Removed with the last job that had records in it.
  if (absl::IsNotFound(env->FileSize(path).status())) return absl::OkStatus();
  // This sync makes the cut durable and nothing else: what was committed was durable before.
  DESCENT_ASSIGN_OR_RETURN(const std::unique_ptr<core::WritableFile> file, env->OpenForAppend(path, size));
  return file->Sync();
}

absl::Status RecoverFile(core::Env* env, const std::string& path, const FileName& name, FileScan* scan) {
  if (scan->end == 0) {
    DESCENT_RETURN_IF_ERROR(env->DeleteFile(path));
    return env->SyncDirectory(DirectoryOf(path));
  }
  if (scan->damaged) {
    // Evidence stays as it is. What is read from it must be durable, though: it may not have been when the writer died.
    DESCENT_ASSIGN_OR_RETURN(const std::unique_ptr<core::WritableFile> file, env->OpenForAppend(path));
    return file->Sync();
  }
  DESCENT_ASSIGN_OR_RETURN(const std::unique_ptr<core::WritableFile> file, env->OpenForAppend(path, scan->end));
  if (!scan->sealed) {
    std::vector<SealEntry> entries;
    entries.reserve(scan->jobs.size());
    for (const auto& [uid, job] : scan->jobs) entries.push_back({uid, job.records, job.next_ordinal});
    const std::string seal = EncodeSeal(name.Seed(), scan->end, scan->next_commit, Sorted(std::move(entries)));
    DESCENT_RETURN_IF_ERROR(file->Append(seal));
    scan->end += static_cast<int64_t>(seal.size());
    scan->sealed = true;
  }
  DESCENT_RETURN_IF_ERROR(file->Sync());
  return env->SyncDirectory(DirectoryOf(path));
}

}  // namespace descent::store
