// SegmentLogStore: thinning and dropping the oldest segments.
#include <algorithm>
#include <utility>

#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/store/segment_log_store.h"

namespace descent::store {

// A segment as it will be.
struct SegmentLogStore::ThinnedSegment {
  std::vector<jobs::RecordRef> refs;
  JobInFile part;
  int64_t size = 0;
};

absl::StatusOr<std::vector<jobs::RecordRef>> SegmentLogStore::ThinOldest(const std::string& uid,
                                                                         const jobs::ThinFunction& thin) {
  std::shared_ptr<Log> log;
  {
    core::MutexLock lock(&index_.mu);
    log = index_.Find(uid);
    if (log == nullptr) return std::vector<jobs::RecordRef>();
  }
  core::MutexLock load_lock(&log->load_mu);
  DESCENT_RETURN_IF_ERROR(LoadIfNeeded(*log));
  while (true) {
    LogSpan oldest;
    {
      core::MutexLock lock(&index_.mu);
      for (const LogSpan& span : log->spans) {
        if (span.file->journal || span.file->thinned || span.file->writing) continue;
        oldest = span;
        break;
      }
    }
    if (oldest.file == nullptr) return std::vector<jobs::RecordRef>();
    DESCENT_ASSIGN_OR_RETURN(ThinnedSegment thinned, ThinSegment(*log, oldest, thin));
    DESCENT_RETURN_IF_ERROR(ReplaceSegment(*log, oldest, thinned));
    // A segment of nothing but parameters leaves nothing to tell.
    if (!thinned.refs.empty()) return std::move(thinned.refs);
  }
}

absl::StatusOr<SegmentLogStore::ThinnedSegment> SegmentLogStore::ThinSegment(const Log& log, const LogSpan& span,
                                                                             const jobs::ThinFunction& thin) {
  DESCENT_ASSIGN_OR_RETURN(const std::vector<jobs::RecordRef> refs, ListSpans(log.uid, {span}, -1));
  const FileName& name = span.file->name;
  const FileHeaderBytes file_header = EncodeFileHeader(name, {.thinned = true});
  std::string bytes(file_header.data(), file_header.size());
  ThinnedSegment thinned;
  // What is left out has no number of its own, so the first number and the last say what the file covers.
  thinned.part.first_sequence = span.part.first_sequence;
  thinned.part.next_sequence = span.part.first_sequence;
  thinned.part.first_ordinal = span.part.first_ordinal;
  int64_t ordinal = span.part.first_ordinal;
  for (const jobs::RecordRef& ref : refs) {
    const int64_t record_ordinal = ordinal++;
    if (ref.header.kind == jobs::RecordKind::kParameters) continue;
    DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> payload, ReadRecord(*span.file, log.uid, ref));
    const std::string kept = thin(ref.header, *payload);
    const StoredHeader stored{.header = ref.header,
                              .uid = log.uid,
                              .ordinal = record_ordinal,
                              .payload_bytes = static_cast<int64_t>(kept.size()),
                              .payload_crc = Crc32(kept)};
    const RecordHeaderBytes header = EncodeRecordHeader(name.Seed(), stored);
    const int64_t offset = static_cast<int64_t>(bytes.size());
    thinned.part.Add(stored, offset);
    thinned.refs.push_back({stored.header, 0, offset, stored.payload_bytes});
    bytes.append(header.data(), header.size()).append(kept);
  }
  thinned.part.next_ordinal = span.part.next_ordinal;
  bytes += EncodeSeal(name.Seed(), static_cast<int64_t>(bytes.size()), /*commit=*/1,
                      {{log.uid, thinned.part.records, thinned.part.next_ordinal}});
  thinned.size = static_cast<int64_t>(bytes.size());
  const absl::string_view parts[] = {bytes};
  DESCENT_RETURN_IF_ERROR(
      env_->WriteFileAtomically(SegmentPath(directory_, log.uid, name.number, /*thinned=*/true), parts));
  return thinned;
}

absl::Status SegmentLogStore::ReplaceSegment(Log& log, const LogSpan& old, ThinnedSegment& thinned) {
  const FileName& name = old.file->name;
  {
    core::MutexLock lock(&index_.mu);
    std::shared_ptr<LogFile> file(new LogFile{.id = index_.NewFileId(),
                                              .path = SegmentPath(directory_, log.uid, name.number, true),
                                              .name = name,
                                              .journal = false,
                                              .thinned = true});
    file->size = thinned.size;
    for (jobs::RecordRef& ref : thinned.refs) ref.file = file->id;
    for (LogSpan& span : log.spans) {
      if (span.file->id != old.file->id) continue;
      index_.RemoveFile(*old.file);
      index_.AddFile(file);
      span = {file, thinned.part};
      break;
    }
  }
  handles_.Forget(old.file->id);
  return env_->DeleteFile(old.file->path);
}

absl::StatusOr<int64_t> SegmentLogStore::DropOldest(const std::string& uid) {
  std::shared_ptr<Log> log;
  {
    core::MutexLock lock(&index_.mu);
    log = index_.Find(uid);
    if (log == nullptr) return -1;
  }
  core::MutexLock load_lock(&log->load_mu);
  DESCENT_RETURN_IF_ERROR(LoadIfNeeded(*log));
  int64_t number = 0;
  size_t oldest = 0;
  {
    core::MutexLock lock(&index_.mu);
    oldest = index_.JournalSpans(*log);
    // Some segment with sequence numbers stays: it tells where the log goes on.
    const auto numbered = [](const LogSpan& span) { return span.part.first_sequence < span.part.next_sequence; };
    const auto rest = log->spans.begin() + static_cast<std::ptrdiff_t>(std::min(oldest + 1, log->spans.size()));
    if (std::none_of(rest, log->spans.end(), numbered)) return -1;
    number = log->spans[oldest].file->name.number;
  }
  // Both: thinning may have failed between writing the one and removing the other.
  for (const bool thinned : {false, true}) {
    DESCENT_RETURN_IF_ERROR(env_->DeleteFile(SegmentPath(directory_, uid, number, thinned)));
  }
  DESCENT_RETURN_IF_ERROR(env_->SyncDirectory(JobDirectory(directory_, uid)));
  std::vector<std::string> unneeded;
  int64_t first_sequence = 0;
  {
    core::MutexLock lock(&index_.mu);
    handles_.Forget(log->spans[oldest].file->id);
    unneeded = index_.DropSpans(*log, 0, oldest + 1);
    log->front_dropped = true;
    first_sequence = log->spans.front().part.first_sequence;
  }
  for (const std::string& journal : unneeded) DESCENT_RETURN_IF_ERROR(env_->DeleteFile(journal));
  return first_sequence;
}

}  // namespace descent::store
