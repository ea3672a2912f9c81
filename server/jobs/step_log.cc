#include "server/jobs/step_log.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::jobs {
namespace {

// Bytes that may be on their way to the disk before the writer waits.
constexpr int64_t kMaxInFlightBytes = 8 << 20;

absl::Status OutOfRange(int64_t sequence, int64_t oldest, int64_t end) {
  return core::MakeError(core::ErrorReason::kSequenceOutOfRange,
                         absl::StrCat("sequence ", sequence, " is not in the log, which holds [", oldest, ", ", end,
                                      "); start at one of these or without a start"),
                         {{"oldest_sequence", absl::StrCat(oldest)}, {"end_sequence", absl::StrCat(end)}});
}

// Rows records have one sequence number a row at a constant stride.
int64_t StrideOf(const RecordHeader& header) {
  const int64_t rows = header.next_sequence - header.first_sequence;
  return rows > 1 ? (header.last_step - header.first_step) / (rows - 1) : 1;
}

}  // namespace

absl::StatusOr<std::shared_ptr<StepLog>> StepLog::Open(LogStore* store, std::string uid) {
  std::shared_ptr<StepLog> log(new StepLog(store, std::move(uid)));
  DESCENT_RETURN_IF_ERROR(log->Load());
  return log;
}

absl::Status StepLog::Load() {
  DESCENT_ASSIGN_OR_RETURN(std::vector<RecordRef> refs, store_->Open(uid_));
  int64_t thinned_before = 0;
  for (auto ref = refs.rbegin(); ref != refs.rend(); ++ref) {
    if (ref->header.kind != RecordKind::kWarning) continue;
    DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> payload, store_->Read(uid_, *ref));
    DESCENT_ASSIGN_OR_RETURN(const Warning warning, DecodeWarning(*payload));
    if (warning.code != kParametersThinned) continue;
    thinned_before = warning.step;
    break;
  }
  std::vector<std::function<void()>> due;
  {
    core::MutexLock lock(&mu_);
    records_.assign(refs.begin(), refs.end());
    end_sequence_ = records_.empty() ? 0 : records_.back().header.next_sequence;
    last_step_ = -1;
    for (auto ref = records_.rbegin(); ref != records_.rend() && last_step_ < 0; ++ref) {
      if (ref->header.kind == RecordKind::kRows) last_step_ = ref->header.last_step;
    }
    thinned_before_step_ = thinned_before;
    next_sequence_ = end_sequence_;
    store_status_ = absl::OkStatus();
    due = TakeDue();
  }
  for (const std::function<void()>& callback : due) callback();
  return absl::OkStatus();
}

absl::Status StepLog::Reopen() {
  if (Flush().ok()) return absl::OkStatus();
  return Load();
}

std::vector<std::function<void()>> StepLog::TakeDue() {
  std::vector<std::function<void()>> due;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (waiter->second.end_sequence < end_sequence_) {
      due.push_back(std::move(waiter->second.callback));
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
  return due;
}

absl::Status StepLog::Submit(RecordKind kind, int64_t sequences, int64_t first_step, int64_t last_step,
                             std::string payload) {
  PendingRecord record;
  record.header = {kind, next_sequence_, next_sequence_ + sequences, first_step, last_step};
  const auto bytes = static_cast<int64_t>(payload.size());
  record.payload = std::make_shared<const std::string>(std::move(payload));
  {
    core::MutexLock lock(&mu_);
    const auto has_room = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return in_flight_bytes_ < kMaxInFlightBytes || !store_status_.ok();
    };
    mu_.Await(has_room);
    DESCENT_RETURN_IF_ERROR(store_status_);
    in_flight_bytes_ += bytes;
    ++in_flight_records_;
  }
  next_sequence_ += sequences;
  store_->Append(uid_, {std::move(record)},
                 [self = shared_from_this(), bytes](absl::StatusOr<std::vector<RecordRef>> refs) {
                   self->OnDurable(bytes, std::move(refs));
                 });
  return absl::OkStatus();
}

void StepLog::OnDurable(int64_t bytes, absl::StatusOr<std::vector<RecordRef>> refs) {
  std::vector<std::function<void()>> due;
  {
    core::MutexLock lock(&mu_);
    in_flight_bytes_ -= bytes;
    --in_flight_records_;
    if (!refs.ok()) {
      store_status_.Update(refs.status());
      return;
    }
    for (const RecordRef& ref : *refs) {
      records_.push_back(ref);
      end_sequence_ = ref.header.next_sequence;
      if (ref.header.kind == RecordKind::kRows) last_step_ = ref.header.last_step;
    }
    due = TakeDue();
  }
  for (const std::function<void()>& callback : due) callback();
}

absl::Status StepLog::AppendRows(const core::StepBlock& block, int32_t attempt, double elapsed_seconds) {
  const bool is_large = block.parameter_vectors > 0 &&
                        block.parameter_width * static_cast<int64_t>(sizeof(double)) > core::kMaxInlineParameterBytes;
  // The vector goes before the rows that announce it: where the rows are durable, it is.
  if (is_large) DESCENT_RETURN_IF_ERROR(AppendLargeParameters(block));
  return Submit(RecordKind::kRows, block.rows(), block.first_step, block.last_step(),
                EncodeRows(block, attempt, elapsed_seconds, !is_large));
}

absl::Status StepLog::AppendEvent(RecordKind kind, int64_t step, std::string payload) {
  return Submit(kind, 1, step, step, std::move(payload));
}

absl::Status StepLog::Flush() {
  core::MutexLock lock(&mu_);
  const auto is_done = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return in_flight_records_ == 0; };
  mu_.Await(is_done);
  return store_status_;
}

absl::StatusOr<std::vector<Warning>> StepLog::KeepWithin(int64_t budget_bytes) {
  std::vector<Warning> warnings;
  while (store_->StoredBytes(uid_) > budget_bytes) {
    DESCENT_ASSIGN_OR_RETURN(const std::vector<RecordRef> refs, store_->ThinOldest(uid_, ThinRows));
    if (!refs.empty()) {
      const int64_t before = refs.back().header.last_step + 1;
      warnings.push_back(
          {kParametersThinned,
           absl::StrCat("the log reached its budget of ", budget_bytes, " bytes: parameters of steps before ", before,
                        " are no longer kept; losses are. Record parameters less often "
                        "(record.parameters_every_steps) or raise record.log_byte_budget"),
           before});
      core::MutexLock lock(&mu_);
      Replace(refs);
      thinned_before_step_ = before;
      continue;
    }
    DESCENT_ASSIGN_OR_RETURN(const int64_t oldest, store_->DropOldest(uid_));
    if (oldest < 0) break;  // only the segment being written is left
    core::MutexLock lock(&mu_);
    while (!records_.empty() && records_.front().header.next_sequence <= oldest) records_.pop_front();
    const int64_t step = records_.empty() ? 0 : records_.front().header.first_step;
    warnings.push_back({kOldestDropped,
                        absl::StrCat("the log reached its budget of ", budget_bytes, " bytes: rows before sequence ",
                                     oldest, " (step ", step,
                                     ") are no longer kept. Record rows less often (record.every_steps) or raise "
                                     "record.log_byte_budget"),
                        step});
  }
  return warnings;
}

void StepLog::Replace(const std::vector<RecordRef>& refs) {
  // The thinned segment holds a run of records; its parts of large vectors are gone, all others have new places.
  auto first = std::find_if(records_.begin(), records_.end(), [&](const RecordRef& record) {
    return record.header.first_sequence == refs.front().header.first_sequence &&
           record.header.kind != RecordKind::kParameters;
  });
  const int64_t file = first->file;
  auto last = first;
  while (first != records_.begin() && std::prev(first)->file == file) --first;
  while (last != records_.end() && last->file == file) ++last;
  const auto gap = records_.erase(first, last);
  records_.insert(gap, refs.begin(), refs.end());
}

StepLog::Extent StepLog::extent() const {
  Extent extent;
  extent.stored_bytes = store_->StoredBytes(uid_);
  core::MutexLock lock(&mu_);
  extent.end_sequence = end_sequence_;
  extent.oldest_sequence = records_.empty() ? end_sequence_ : records_.front().header.first_sequence;
  extent.last_step = last_step_;
  extent.thinned_before_step = thinned_before_step_;
  return extent;
}

int64_t StepLog::end_sequence() const {
  core::MutexLock lock(&mu_);
  return end_sequence_;
}

size_t StepLog::IndexOf(int64_t sequence) const {
  const auto record =
      std::upper_bound(records_.begin(), records_.end(), sequence,
                       [](int64_t wanted, const RecordRef& ref) { return wanted < ref.header.next_sequence; });
  return static_cast<size_t>(record - records_.begin());
}

absl::StatusOr<std::optional<StepLog::Piece>> StepLog::Read(int64_t sequence) const {
  while (true) {
    RecordRef ref;
    {
      core::MutexLock lock(&mu_);
      if (closed_) return core::MakeError(core::ErrorReason::kResourceNotFound, "the job was deleted");
      if (sequence == end_sequence_) return std::nullopt;
      const int64_t oldest = records_.empty() ? end_sequence_ : records_.front().header.first_sequence;
      if (sequence < oldest || sequence > end_sequence_) return OutOfRange(sequence, oldest, end_sequence_);
      ref = records_[IndexOf(sequence)];
    }
    absl::StatusOr<std::shared_ptr<const std::string>> payload = store_->Read(uid_, ref);
    if (payload.ok()) return Piece{ref.header, *std::move(payload)};
    // Retention moved or dropped it meanwhile: the index, which is changed right after, knows.
    if (!absl::IsNotFound(payload.status())) return payload.status();
    core::MutexLock lock(&mu_);
    const auto has_changed = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      const size_t index = IndexOf(sequence);
      return closed_ || index >= records_.size() || records_[index].file != ref.file ||
             records_[index].offset != ref.offset || records_[index].payload_bytes != ref.payload_bytes;
    };
    if (!mu_.AwaitWithTimeout(has_changed, absl::Seconds(10))) return payload.status();
  }
}

size_t StepLog::IndexOfStep(int64_t step) const {
  auto record = std::lower_bound(records_.begin(), records_.end(), step,
                                 [](const RecordRef& ref, int64_t wanted) { return ref.header.last_step < wanted; });
  while (record != records_.end() && record->header.kind != RecordKind::kRows) ++record;
  return static_cast<size_t>(record - records_.begin());
}

int64_t StepLog::SequenceOfStep(int64_t step) const {
  core::MutexLock lock(&mu_);
  const size_t index = IndexOfStep(step);
  if (index == records_.size()) return end_sequence_;
  const RecordHeader& header = records_[index].header;
  const int64_t stride = StrideOf(header);
  return header.first_sequence + std::max<int64_t>(0, (step - header.first_step + stride - 1) / stride);
}

int64_t StepLog::SequenceOfLastRows(int64_t n) const {
  core::MutexLock lock(&mu_);
  int64_t sequence = end_sequence_;
  for (auto ref = records_.rbegin(); ref != records_.rend() && n > 0; ++ref) {
    if (ref->header.kind != RecordKind::kRows) continue;
    const int64_t rows = std::min(n, ref->header.next_sequence - ref->header.first_sequence);
    sequence = ref->header.next_sequence - rows;
    n -= rows;
  }
  return sequence;
}

absl::StatusOr<std::optional<StepLog::Piece>> StepLog::Newest(RecordKind kind) const {
  int64_t sequence = -1;
  {
    core::MutexLock lock(&mu_);
    for (auto ref = records_.rbegin(); ref != records_.rend() && sequence < 0; ++ref) {
      if (ref->header.kind == kind) sequence = ref->header.first_sequence;
    }
  }
  if (sequence < 0) return std::nullopt;
  return Read(sequence);
}

absl::StatusOr<std::optional<StepLog::Piece>> StepLog::Event(RecordKind kind, int64_t step) const {
  int64_t sequence = -1;
  {
    core::MutexLock lock(&mu_);
    for (auto ref = records_.rbegin(); ref != records_.rend() && ref->header.last_step >= step && sequence < 0; ++ref) {
      if (ref->header.kind == kind && ref->header.first_step == step) sequence = ref->header.first_sequence;
    }
  }
  if (sequence < 0) return std::nullopt;
  return Read(sequence);
}

int64_t StepLog::WhenLonger(int64_t end_sequence, std::function<void()> callback) {
  {
    core::MutexLock lock(&mu_);
    if (end_sequence_ <= end_sequence) {
      const int64_t ticket = next_ticket_++;
      waiters_.emplace(ticket, Waiter{end_sequence, std::move(callback)});
      return ticket;
    }
  }
  callback();
  return 0;
}

bool StepLog::CancelWait(int64_t ticket) {
  core::MutexLock lock(&mu_);
  return waiters_.erase(ticket) > 0;
}

void StepLog::WakeAll() {
  std::map<int64_t, Waiter> waiters;
  {
    core::MutexLock lock(&mu_);
    waiters.swap(waiters_);
  }
  for (auto& [ticket, waiter] : waiters) waiter.callback();
}

void StepLog::Close() {
  {
    core::MutexLock lock(&mu_);
    closed_ = true;
  }
  WakeAll();
}

}  // namespace descent::jobs
