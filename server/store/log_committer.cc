#include "server/store/log_committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"

namespace descent::store {
namespace {

int64_t StoredSize(const std::vector<jobs::PendingRecord>& records) {
  int64_t bytes = 0;
  for (const jobs::PendingRecord& record : records) {
    bytes += kRecordHeaderBytes + static_cast<int64_t>(record.payload->size());
  }
  return bytes;
}

// The records of one append must go on where the log ends.
absl::Status CheckTiling(const std::vector<jobs::PendingRecord>& records, int64_t next_sequence) {
  for (const jobs::PendingRecord& record : records) {
    if (record.header.first_sequence != next_sequence || record.header.next_sequence < next_sequence) {
      return absl::InternalError(absl::StrCat("a record [", record.header.first_sequence, ", ",
                                              record.header.next_sequence, ") does not follow sequence number ",
                                              next_sequence));
    }
    if (record.payload->size() > kMaxPayloadBytes) {
      return absl::InternalError(absl::StrCat("a record of ", record.payload->size(), " bytes is too large"));
    }
    next_sequence = record.header.next_sequence;
  }
  return absl::OkStatus();
}

}  // namespace

std::string JournalPath(const std::string& directory, int64_t number) {
  return absl::StrFormat("%s/journal-%08d.log", directory, number);
}

std::string JobDirectory(const std::string& directory, const std::string& uid) {
  return absl::StrCat(directory, "/jobs/", absl::BytesToHexString(uid));
}

std::string SegmentPath(const std::string& directory, const std::string& uid, int64_t number, bool thinned) {
  return absl::StrFormat("%s/%08d%s", JobDirectory(directory, uid), number, thinned ? ".thinned.log" : ".log");
}

LogCommitter::LogCommitter(core::Env* env, LogIndex* index, std::string directory, const SegmentLogOptions& options,
                           int64_t next_journal)
    : env_(env),
      index_(index),
      directory_(std::move(directory)),
      options_(options),
      team_(options.sync_threads),
      next_journal_(next_journal) {
  thread_ = std::thread([this] { Run(); });
}

LogCommitter::~LogCommitter() {
  {
    core::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

void LogCommitter::Append(const std::string& uid, std::vector<jobs::PendingRecord> records, Done done) {
  Request request{.uid = uid, .records = std::move(records), .payload_crcs = {}, .done = std::move(done)};
  request.payload_crcs.reserve(request.records.size());
  for (const jobs::PendingRecord& record : request.records) request.payload_crcs.push_back(Crc32(*record.payload));
  core::MutexLock lock(&mu_);
  pending_.push_back(std::move(request));
}

void LogCommitter::Forget(const std::string& uid) {
  core::MutexLock lock(&mu_);
  pending_.push_back({.uid = uid, .records = {}, .payload_crcs = {}, .done = nullptr});
}

void LogCommitter::Run() {
  while (true) {
    std::vector<Request> requests;
    {
      core::MutexLock lock(&mu_);
      const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return stopping_ || !pending_.empty(); };
      mu_.Await(ready);
      if (pending_.empty()) break;
      requests.swap(pending_);
    }
    CommitRound(requests);
  }
  CompleteAll();
}

void LogCommitter::CommitRound(std::vector<Request>& requests) {
  ++round_;
  Plans plans;
  Batches batches;
  for (Request& request : requests) {
    if (request.done == nullptr) continue;
    if (const absl::Status status = PlanRequest(request, plans, batches); !status.ok()) request.result = status;
  }
  WriteBatches(batches);
  for (Request& request : requests) {
    if (request.done != nullptr) {
      request.done(std::move(request.result));
    } else {
      segments_.erase(request.uid);
    }
  }
  CompleteFiles();
}

absl::Status LogCommitter::PlanRequest(Request& request, Plans& plans, Batches& batches) {
  DESCENT_ASSIGN_OR_RETURN(Plan* const plan, FindPlan(request, plans));
  if (plan->failed) return absl::FailedPreconditionError("the log must be opened before anything is appended to it");
  absl::Status status = CheckTiling(request.records, plan->next_sequence);
  if (status.ok() && plan->target == nullptr && !request.records.empty()) {
    absl::StatusOr<OpenFile*> target = ChooseFile(*plan->log, StoredSize(request.records));
    status = target.status();
    if (status.ok()) plan->target = *target;
  }
  if (!status.ok()) {
    // What follows in this round and later would leave a hole.
    plan->failed = true;
    core::MutexLock lock(&index_->mu);
    plan->log->failed = true;
    return status;
  }
  request.result.emplace();
  if (request.records.empty()) return absl::OkStatus();
  Batch& batch = batches[plan->target->file->id];
  batch.target = plan->target;
  for (size_t i = 0; i < request.records.size(); ++i) {
    const jobs::PendingRecord& record = request.records[i];
    batch.records.push_back({.stored = {.header = record.header,
                                        .uid = request.uid,
                                        .ordinal = plan->next_ordinal++,
                                        .payload_bytes = static_cast<int64_t>(record.payload->size()),
                                        .payload_crc = request.payload_crcs[i]},
                             .payload = *record.payload});
    batch.logs.push_back(plan->log);
    batch.requests.push_back(&request);
    plan->next_sequence = record.header.next_sequence;
  }
  return absl::OkStatus();
}

absl::StatusOr<LogCommitter::Plan*> LogCommitter::FindPlan(const Request& request, Plans& plans) {
  const auto [found, added] = plans.try_emplace(request.uid);
  Plan& plan = found->second;
  if (!added) return &plan;
  core::MutexLock lock(&index_->mu);
  plan.log = index_->FindOrAdd(request.uid);
  plan.next_sequence = plan.log->next_sequence;
  plan.next_ordinal = plan.log->next_ordinal;
  plan.failed = plan.log->failed || !plan.log->loaded || plan.log->damaged;
  return &plan;
}

absl::StatusOr<LogCommitter::OpenFile*> LogCommitter::ChooseFile(Log& log, int64_t bytes) {
  bool own = false;
  int64_t number = 0;
  {
    core::MutexLock lock(&index_->mu);
    own = log.owns_segments || log.journal_bytes + bytes > options_.journal_share_bytes;
    number = log.next_segment;
  }
  if (!own) {
    if (journal_ == nullptr) {
      DESCENT_ASSIGN_OR_RETURN(OpenFile file, NewFile(JournalPath(directory_, next_journal_),
                                                      {std::string(kUidBytes, '\0'), next_journal_}, true));
      ++next_journal_;
      journal_ = std::make_unique<OpenFile>(std::move(file));
    }
    journal_->last_round = round_;
    return journal_.get();
  }
  const auto open = segments_.find(log.uid);
  if (open == segments_.end()) {
    if (number == 0) DESCENT_RETURN_IF_ERROR(env_->CreateDirectories(JobDirectory(directory_, log.uid)));
    DESCENT_ASSIGN_OR_RETURN(OpenFile file,
                             NewFile(SegmentPath(directory_, log.uid, number, false), {log.uid, number}, false));
    file.last_round = round_;
    const auto added = segments_.emplace(log.uid, std::make_unique<OpenFile>(std::move(file))).first;
    core::MutexLock lock(&index_->mu);
    ++log.next_segment;
    return added->second.get();
  }
  open->second->last_round = round_;
  return open->second.get();
}

absl::StatusOr<LogCommitter::OpenFile> LogCommitter::NewFile(const std::string& path, const FileName& name,
                                                             bool journal) {
  DESCENT_ASSIGN_OR_RETURN(std::unique_ptr<LogWriter> writer, LogWriter::Create(env_, path, name));
  core::MutexLock lock(&index_->mu);
  std::shared_ptr<LogFile> file(
      new LogFile{.id = index_->NewFileId(), .path = path, .name = name, .journal = journal, .thinned = false});
  file->writing = true;
  return OpenFile{.file = std::move(file), .writer = std::move(writer)};
}

void LogCommitter::WriteBatches(Batches& batches) {
  std::vector<Batch*> list;
  list.reserve(batches.size());
  for (auto& [id, batch] : batches) list.push_back(&batch);
  team_.Run(static_cast<int64_t>(list.size()),
            [&list](int64_t i) { list[i]->offsets = list[i]->target->writer->Commit(list[i]->records); });
  for (Batch* batch : list) {
    if (batch->offsets.ok()) {
      Publish(*batch);
    } else {
      Fail(*batch);
    }
  }
}

void LogCommitter::Publish(Batch& batch) {
  const std::vector<int64_t>& offsets = *batch.offsets;
  OpenFile& target = *batch.target;
  core::MutexLock lock(&index_->mu);
  LogFile& file = *target.file;
  // The segment of a log that was deleted meanwhile is no longer counted.
  const bool counted = file.journal || !batch.logs.front()->deleted;
  if (counted && file.size == 0) index_->AddFile(target.file);
  if (counted) index_->total_bytes += target.writer->size() - file.size;
  file.size = target.writer->size();
  for (size_t i = 0; i < offsets.size(); ++i) {
    const StoredHeader& stored = batch.records[i].stored;
    Log& log = *batch.logs[i];
    if (!log.deleted) {
      if (log.spans.empty() || log.spans.back().file != target.file) {
        JobInFile part;
        part.Add(stored, offsets[i]);
        index_->AddSpan(log, target.file, part);
      } else {
        log.spans.back().part.Add(stored, offsets[i]);
        log.next_sequence = stored.header.next_sequence;
        log.next_ordinal = stored.ordinal + 1;
        if (file.journal) log.journal_bytes += kRecordHeaderBytes + stored.payload_bytes;
      }
    }
    batch.requests[i]->result->push_back({stored.header, file.id, offsets[i], stored.payload_bytes});
  }
}

void LogCommitter::Fail(Batch& batch) {
  OpenFile& target = *batch.target;
  const bool taken_back = target.writer->Abandon().ok();
  {
    core::MutexLock lock(&index_->mu);
    target.file->writing = false;
    for (const std::shared_ptr<Log>& log : batch.logs) {
      log->failed = true;
      if (!taken_back) log->leftovers[target.file->path] = target.writer->size();
    }
  }
  for (Request* request : batch.requests) request->result = batch.offsets.status();
  if (target.file->journal) {
    journal_.reset();
  } else {
    segments_.erase(batch.logs.front()->uid);
  }
}

void LogCommitter::CompleteFiles() {
  if (journal_ != nullptr && journal_->writer->size() >= options_.journal_bytes) {
    Complete(*journal_);
    journal_.reset();
  }
  for (auto it = segments_.begin(); it != segments_.end();) {
    const bool complete = it->second->writer->size() >= options_.segment_bytes;
    if (complete) Complete(*it->second);
    if (complete) {
      it = segments_.erase(it);
    } else {
      ++it;
    }
  }
  while (static_cast<int64_t>(segments_.size()) > options_.open_segments) {
    const auto oldest = std::min_element(segments_.begin(), segments_.end(), [](const auto& a, const auto& b) {
      return a.second->last_round < b.second->last_round;
    });
    Complete(*oldest->second);
    segments_.erase(oldest);
  }
}

void LogCommitter::Complete(OpenFile& target) {
  if (target.writer->size() > 0) target.writer->Seal().IgnoreError();
  bool unneeded = false;
  {
    core::MutexLock lock(&index_->mu);
    LogFile& file = *target.file;
    file.writing = false;
    if (index_->files.contains(file.id)) {
      index_->total_bytes += target.writer->size() - file.size;
      file.size = target.writer->size();
    }
    unneeded = file.journal && file.live_jobs == 0;
    if (unneeded) index_->RemoveFile(file);
  }
  if (unneeded) env_->DeleteFile(target.file->path).IgnoreError();
}

void LogCommitter::CompleteAll() {
  if (journal_ != nullptr) Complete(*journal_);
  for (auto& [uid, segment] : segments_) Complete(*segment);
}

}  // namespace descent::store
