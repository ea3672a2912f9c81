// SegmentLogStore: finding out what is on disk.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"
#include "server/store/segment_log_store.h"

namespace descent::store {
namespace {

// The number in `PREFIXnnnnnnnnSUFFIX`, or -1.
int64_t NumberIn(absl::string_view name, absl::string_view prefix, absl::string_view suffix) {
  if (!absl::ConsumePrefix(&name, prefix) || !absl::ConsumeSuffix(&name, suffix)) return -1;
  int64_t number = -1;
  const bool digits = !name.empty() && std::all_of(name.begin(), name.end(), absl::ascii_isdigit);
  return digits && absl::SimpleAtoi(name, &number) ? number : -1;
}

// The uid a directory is named after, or nothing.
std::string UidOf(absl::string_view directory) {
  const bool hex =
      directory.size() == 2 * kUidBytes && std::all_of(directory.begin(), directory.end(), absl::ascii_isxdigit);
  return hex ? absl::HexStringToBytes(directory) : std::string();
}

}  // namespace

absl::StatusOr<int64_t> SegmentLogStore::LoadJournals() {
  DESCENT_RETURN_IF_ERROR(env_->CreateDirectories(directory_ + "/jobs"));
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> names, env_->ListDirectory(directory_));
  std::vector<int64_t> numbers;
  for (const std::string& name : names) {
    const int64_t number = NumberIn(name, "journal-", ".log");
    if (number >= 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (const int64_t number : numbers) {
    DESCENT_RETURN_IF_ERROR(LoadJournal(JournalPath(directory_, number), number));
  }
  return numbers.empty() ? 0 : numbers.back() + 1;
}

absl::Status SegmentLogStore::LoadJournal(const std::string& path, int64_t number) {
  const FileName name{std::string(kUidBytes, '\0'), number};
  DESCENT_ASSIGN_OR_RETURN(const FileScan scan, ScanAndRecover(path, name));
  if (scan.end == 0) return absl::OkStatus();
  if (scan.jobs.empty() && !scan.damaged) return env_->DeleteFile(path);
  core::MutexLock lock(&index_.mu);
  std::shared_ptr<LogFile> file(
      new LogFile{.id = index_.NewFileId(), .path = path, .name = name, .journal = true, .thinned = false});
  file->size = scan.end;
  index_.AddFile(file);
  for (const auto& [uid, part] : scan.jobs) {
    Log& log = *index_.FindOrAdd(uid);
    log.loaded = false;
    index_.AddSpan(log, file, part);
  }
  for (const std::string& uid : scan.damaged_jobs) {
    Log& log = *index_.FindOrAdd(uid);
    log.loaded = false;
    log.damaged = true;
  }
  return absl::OkStatus();
}

absl::Status SegmentLogStore::FindJobDirectories() {
  const std::string jobs = directory_ + "/jobs";
  DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> names, env_->ListDirectory(jobs));
  for (const std::string& name : names) {
    const std::string uid = UidOf(name);
    if (uid.empty()) continue;
    const std::string directory = absl::StrCat(jobs, "/", name);
    DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> files, env_->ListDirectory(directory));
    int64_t bytes = 0;
    for (const std::string& file : files) {
      DESCENT_ASSIGN_OR_RETURN(const int64_t size, env_->FileSize(absl::StrCat(directory, "/", file)));
      bytes += size;
    }
    core::MutexLock lock(&index_.mu);
    Log& log = *index_.FindOrAdd(uid);
    log.loaded = false;
    log.owns_segments = true;
    log.unloaded_bytes = bytes;
    index_.total_bytes += bytes;
  }
  return absl::OkStatus();
}

absl::Status SegmentLogStore::LoadIfNeeded(Log& log) {
  bool owns_segments = false;
  {
    core::MutexLock lock(&index_.mu);
    if (log.loaded || log.deleted) return absl::OkStatus();
    owns_segments = log.owns_segments;
    // What an attempt that failed half-way has found.
    index_.DropSpans(log, index_.JournalSpans(log), log.spans.size());
  }
  if (owns_segments) {
    const std::string directory = JobDirectory(directory_, log.uid);
    DESCENT_ASSIGN_OR_RETURN(const std::vector<std::string> names, env_->ListDirectory(directory));
    std::map<int64_t, bool> thinned_by_number;
    for (const std::string& name : names) {
      const std::string path = absl::StrCat(directory, "/", name);
      if (const int64_t number = NumberIn(name, "", ".thinned.log"); number >= 0) {
        thinned_by_number[number] = true;
      } else if (const int64_t plain = NumberIn(name, "", ".log"); plain >= 0) {
        thinned_by_number.try_emplace(plain, false);
      } else {
        // Left by a crash while a thinned segment was written.
        DESCENT_RETURN_IF_ERROR(env_->DeleteFile(path));
      }
    }
    bool oldest = true;
    for (const auto& [number, thinned] : thinned_by_number) {
      if (thinned) DESCENT_RETURN_IF_ERROR(RemoveThinnedOriginal(log.uid, number));
      DESCENT_ASSIGN_OR_RETURN(const bool records, LoadSegment(log, number, thinned, oldest));
      oldest = oldest && !records;
    }
  }
  core::MutexLock lock(&index_.mu);
  index_.total_bytes -= std::exchange(log.unloaded_bytes, 0);
  log.loaded = true;
  return absl::OkStatus();
}

absl::StatusOr<bool> SegmentLogStore::LoadSegment(Log& log, int64_t number, bool thinned, bool oldest) {
  const FileName name{log.uid, number};
  const std::string path = SegmentPath(directory_, log.uid, number, thinned);
  DESCENT_ASSIGN_OR_RETURN(const FileScan scan, ScanAndRecover(path, name));
  std::vector<std::string> unneeded;
  const auto found = scan.jobs.find(log.uid);
  const bool known = found != scan.jobs.end();
  JobInFile part;
  if (known) part = found->second;
  const bool records = part.records > 0;
  {
    core::MutexLock lock(&index_.mu);
    log.next_segment = number + 1;
    if (scan.end == 0) return false;
    if (scan.damaged) log.damaged = true;
    std::shared_ptr<LogFile> file(
        new LogFile{.id = index_.NewFileId(), .path = path, .name = name, .journal = false, .thinned = thinned});
    file->size = scan.end;
    if (!records) part.first_sequence = part.next_sequence = log.next_sequence;
    if (!known) part.first_ordinal = part.next_ordinal = log.next_ordinal;
    // Segments before this one were dropped, and with them what journals hold.
    const bool hole = part.first_sequence > log.next_sequence || (!thinned && part.first_ordinal > log.next_ordinal);
    if (oldest && records && number > 0 && hole) {
      unneeded = index_.DropSpans(log, 0, index_.JournalSpans(log));
      log.front_dropped = true;
    }
    index_.AddFile(file);
    index_.AddSpan(log, file, part);
  }
  if (!unneeded.empty()) {
    // Not before it is certain that the dropped segments do not come back.
    DESCENT_RETURN_IF_ERROR(env_->SyncDirectory(DirectoryOf(path)));
    for (const std::string& journal : unneeded) DESCENT_RETURN_IF_ERROR(env_->DeleteFile(journal));
  }
  return records;
}

absl::Status SegmentLogStore::RemoveThinnedOriginal(const std::string& uid, int64_t number) {
  const std::string original = SegmentPath(directory_, uid, number, /*thinned=*/false);
  if (absl::IsNotFound(env_->FileSize(original).status())) return absl::OkStatus();
  // The thinned file is complete when it has its name, but the name itself may not be durable yet.
  DESCENT_RETURN_IF_ERROR(env_->SyncDirectory(DirectoryOf(original)));
  return env_->DeleteFile(original);
}

absl::StatusOr<FileScan> SegmentLogStore::ScanAndRecover(const std::string& path, const FileName& name) {
  DESCENT_ASSIGN_OR_RETURN(const std::unique_ptr<core::RandomAccessFile> file, env_->OpenForRead(path));
  DESCENT_ASSIGN_OR_RETURN(FileScan scan, ScanFile(*file, name));
  DESCENT_ASSIGN_OR_RETURN(const int64_t size, file->Size());
  if (!scan.sealed || scan.end != size) DESCENT_RETURN_IF_ERROR(RecoverFile(env_, path, name, &scan));
  return scan;
}

}  // namespace descent::store
