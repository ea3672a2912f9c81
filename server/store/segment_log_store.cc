#include "server/store/segment_log_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::store {
namespace {

constexpr size_t kReadHandles = 256;

absl::Status Damaged(absl::string_view what) {
  return core::MakeError(core::ErrorReason::kStoredDataDamaged,
                         absl::StrCat("the stored step log is damaged: ", what,
                                      "; restore the data directory from a backup, or delete the job"));
}

absl::Status Gone() { return absl::NotFoundError("the record was thinned or dropped; look it up again"); }

}  // namespace

SegmentLogStore::SegmentLogStore(core::Env* env, std::string directory)
    : env_(env), directory_(std::move(directory)), handles_(env, kReadHandles) {}

SegmentLogStore::~SegmentLogStore() = default;

absl::StatusOr<std::unique_ptr<SegmentLogStore>> SegmentLogStore::Create(core::Env* env, const std::string& directory,
                                                                         const SegmentLogOptions& options) {
  std::unique_ptr<SegmentLogStore> store(new SegmentLogStore(env, directory));
  DESCENT_ASSIGN_OR_RETURN(const int64_t next_journal, store->LoadJournals());
  DESCENT_RETURN_IF_ERROR(store->FindJobDirectories());
  store->committer_ = std::make_unique<LogCommitter>(env, &store->index_, directory, options, next_journal);
  return store;
}

void SegmentLogStore::Append(const std::string& uid, std::vector<jobs::PendingRecord> records,
                             std::function<void(absl::StatusOr<std::vector<jobs::RecordRef>>)> done) {
  committer_->Append(uid, std::move(records), std::move(done));
}

absl::StatusOr<std::vector<jobs::RecordRef>> SegmentLogStore::Open(const std::string& uid) {
  std::shared_ptr<Log> log;
  {
    core::MutexLock lock(&index_.mu);
    log = index_.Find(uid);
    if (log == nullptr) return std::vector<jobs::RecordRef>();
  }
  core::MutexLock load_lock(&log->load_mu);
  DESCENT_RETURN_IF_ERROR(LoadIfNeeded(*log));
  DESCENT_RETURN_IF_ERROR(TakeBackLeftovers(*log));
  std::vector<LogSpan> spans;
  bool front_dropped = false;
  {
    core::MutexLock lock(&index_.mu);
    if (log->deleted) return std::vector<jobs::RecordRef>();
    if (log->damaged) return Damaged("records are missing");
    spans = log->spans;
    front_dropped = log->front_dropped;
  }
  DESCENT_ASSIGN_OR_RETURN(std::vector<jobs::RecordRef> refs, ListSpans(uid, spans, front_dropped ? -1 : 0));
  core::MutexLock lock(&index_.mu);
  log->failed = false;
  return refs;
}

absl::Status SegmentLogStore::TakeBackLeftovers(Log& log) {
  std::map<std::string, int64_t> leftovers;
  {
    core::MutexLock lock(&index_.mu);
    leftovers = log.leftovers;
  }
  for (const auto& [path, size] : leftovers) {
    // Otherwise records that this Open does not list might be back after a power loss.
    DESCENT_RETURN_IF_ERROR(TakeBack(env_, path, size));
    core::MutexLock lock(&index_.mu);
    log.leftovers.erase(path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<jobs::RecordRef>> SegmentLogStore::ListSpans(const std::string& uid,
                                                                        const std::vector<LogSpan>& spans,
                                                                        int64_t first) {
  std::vector<jobs::RecordRef> refs;
  int64_t next_sequence = first;
  int64_t next_ordinal = first;
  for (const LogSpan& span : spans) {
    const LogFile& file = *span.file;
    const absl::StatusOr<std::shared_ptr<core::RandomAccessFile>> handle = handles_.Get(file.id, file.path);
    if (absl::IsNotFound(handle.status())) return Damaged("a file is missing");
    DESCENT_RETURN_IF_ERROR(handle.status());
    bool tiles = true;
    const auto visit = [&](const StoredHeader& stored, int64_t offset) {
      if (stored.uid != uid || stored.ordinal >= span.part.next_ordinal) return;
      const bool follows = stored.header.first_sequence == next_sequence &&
                           (file.thinned ? stored.ordinal >= next_ordinal : stored.ordinal == next_ordinal);
      if (!follows && next_sequence >= 0) tiles = false;
      next_sequence = stored.header.next_sequence;
      next_ordinal = stored.ordinal + 1;
      refs.push_back({stored.header, file.id, offset, stored.payload_bytes});
    };
    DESCENT_RETURN_IF_ERROR(VisitRecords(**handle, file.name, span.part.first_offset, span.part.end_offset, visit));
    if (file.thinned) next_ordinal = span.part.next_ordinal;
    if (!tiles || (next_sequence >= 0 && next_ordinal != span.part.next_ordinal)) {
      return Damaged(absl::StrCat("records up to sequence number ", span.part.next_sequence, " are missing"));
    }
  }
  return refs;
}

absl::StatusOr<std::shared_ptr<const std::string>> SegmentLogStore::Read(const std::string& uid,
                                                                         const jobs::RecordRef& ref) {
  std::shared_ptr<LogFile> file;
  {
    core::MutexLock lock(&index_.mu);
    const auto found = index_.files.find(ref.file);
    if (found == index_.files.end()) return Gone();
    file = found->second;
  }
  absl::StatusOr<std::shared_ptr<const std::string>> payload = ReadRecord(*file, uid, ref);
  if (absl::IsNotFound(payload.status())) return Gone();
  return payload;
}

absl::StatusOr<std::shared_ptr<const std::string>> SegmentLogStore::ReadRecord(const LogFile& file,
                                                                               const std::string& uid,
                                                                               const jobs::RecordRef& ref) {
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<core::RandomAccessFile> handle, handles_.Get(file.id, file.path));
  const std::string where = absl::StrCat("the record of sequence numbers ", ref.header.first_sequence, " to ",
                                         ref.header.next_sequence, " does not match its checksum");
  RecordHeaderBytes bytes;
  auto payload = std::make_shared<std::string>(static_cast<size_t>(ref.payload_bytes), '\0');
  absl::Status status = handle->Read(ref.offset, kRecordHeaderBytes, bytes.data());
  if (status.ok()) {
    status = handle->Read(ref.offset + kRecordHeaderBytes, ref.payload_bytes, payload->data());
  }
  if (absl::IsOutOfRange(status)) return Damaged(where);
  DESCENT_RETURN_IF_ERROR(status);
  const std::optional<StoredHeader> stored =
      DecodeRecordHeader(file.name.Seed(), absl::string_view(bytes.data(), bytes.size()));
  if (!stored.has_value() || stored->uid != uid || stored->header != ref.header ||
      stored->payload_bytes != ref.payload_bytes || stored->payload_crc != Crc32(*payload)) {
    return Damaged(where);
  }
  return payload;
}

int64_t SegmentLogStore::StoredBytes(const std::string& uid) {
  core::MutexLock lock(&index_.mu);
  const std::shared_ptr<Log> log = index_.Find(uid);
  if (log == nullptr) return 0;
  int64_t bytes = log->unloaded_bytes;
  for (const LogSpan& span : log->spans) bytes += span.file->journal ? span.part.bytes : span.file->size;
  return bytes;
}

int64_t SegmentLogStore::TotalBytes() {
  core::MutexLock lock(&index_.mu);
  return index_.total_bytes;
}

absl::Status SegmentLogStore::Delete(const std::string& uid) {
  std::shared_ptr<Log> log;
  {
    core::MutexLock lock(&index_.mu);
    log = index_.Find(uid);
    if (log == nullptr) return absl::OkStatus();
  }
  core::MutexLock load_lock(&log->load_mu);
  std::vector<std::string> paths;
  bool owns_segments = false;
  {
    core::MutexLock lock(&index_.mu);
    if (log->deleted) return absl::OkStatus();
    log->deleted = true;
    owns_segments = log->owns_segments || log->next_segment > 0;
    for (const LogSpan& span : log->spans) {
      if (!span.file->journal) handles_.Forget(span.file->id);
      if (!span.file->journal) paths.push_back(span.file->path);
    }
    for (std::string& journal : index_.DropSpans(*log, 0, log->spans.size())) paths.push_back(std::move(journal));
    index_.total_bytes -= std::exchange(log->unloaded_bytes, 0);
    index_.logs.erase(uid);
  }
  committer_->Forget(uid);
  // Oldest first: what a crash leaves in between looks like a log whose oldest segments were dropped.
  for (const std::string& path : paths) DESCENT_RETURN_IF_ERROR(env_->DeleteFile(path));
  if (!owns_segments) return absl::OkStatus();
  DESCENT_RETURN_IF_ERROR(env_->DeleteDirectory(JobDirectory(directory_, uid)));
  return env_->SyncDirectory(directory_ + "/jobs");
}

absl::Status SegmentLogStore::DeleteUnknown(const std::vector<std::string>& known) {
  std::vector<std::string> unknown;
  {
    core::MutexLock lock(&index_.mu);
    for (const auto& [uid, log] : index_.logs) {
      if (!std::binary_search(known.begin(), known.end(), uid)) unknown.push_back(uid);
    }
  }
  std::sort(unknown.begin(), unknown.end());
  for (const std::string& uid : unknown) DESCENT_RETURN_IF_ERROR(Delete(uid));
  return absl::OkStatus();
}

}  // namespace descent::store
