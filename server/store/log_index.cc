#include "server/store/log_index.h"

namespace descent::store {

std::shared_ptr<Log> LogIndex::FindOrAdd(const std::string& uid) {
  std::shared_ptr<Log>& log = logs[uid];
  if (log == nullptr) log = std::make_shared<Log>(uid);
  return log;
}

std::shared_ptr<Log> LogIndex::Find(const std::string& uid) {
  const auto found = logs.find(uid);
  return found == logs.end() ? nullptr : found->second;
}

void LogIndex::AddFile(const std::shared_ptr<LogFile>& file) {
  files.emplace(file->id, file);
  total_bytes += file->size;
}

void LogIndex::RemoveFile(const LogFile& file) {
  if (files.erase(file.id) != 0) total_bytes -= file.size;
}

void LogIndex::AddSpan(Log& log, const std::shared_ptr<LogFile>& file, const JobInFile& part) {
  for (LogSpan& span : log.spans) {
    if (span.part.next_ordinal > part.first_ordinal) span.part.next_ordinal = part.first_ordinal;
  }
  log.spans.push_back({file, part});
  log.next_sequence = part.next_sequence;
  log.next_ordinal = part.next_ordinal;
  if (file->journal) {
    ++file->live_jobs;
    log.journal_bytes += part.bytes;
  } else {
    log.owns_segments = true;
  }
}

size_t LogIndex::JournalSpans(const Log& log) const {
  size_t count = 0;
  while (count < log.spans.size() && log.spans[count].file->journal) ++count;
  return count;
}

std::vector<std::string> LogIndex::DropSpans(Log& log, size_t begin, size_t end) {
  std::vector<std::string> unneeded;
  for (size_t i = begin; i < end; ++i) {
    LogFile& file = *log.spans[i].file;
    if (!file.journal) {
      RemoveFile(file);
      continue;
    }
    log.journal_bytes -= log.spans[i].part.bytes;
    if (--file.live_jobs == 0 && !file.writing) {
      RemoveFile(file);
      unneeded.push_back(file.path);
    }
  }
  log.spans.erase(log.spans.begin() + static_cast<std::ptrdiff_t>(begin),
                  log.spans.begin() + static_cast<std::ptrdiff_t>(end));
  return unneeded;
}

}  // namespace descent::store
