#include "client/watch.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/errors.h"
#include "core/base/status.h"

namespace descent::client {

Watch::Watch(const Client* client, v1::WatchJobRequest request, WatchOptions options)
    : client_(client), options_(std::move(options)), request_(std::move(request)), backoff_(options_.retry) {}

Watch::~Watch() {
  Cancel();
  CloseStream().IgnoreError();
}

absl::StatusOr<bool> Watch::Next(v1::LogRecord* record) {
  while (error_.ok() && !ended_) {
    const absl::StatusOr<LogStream*> stream = Open();
    error_ = stream.status();
    if (!error_.ok()) break;
    if (!(*stream)->Read(record)) {
      error_ = EndOfConnection();
      continue;
    }
    const bool is_repeated_header = has_header_ && expects_header_;
    error_ = Accept(*record);
    if (error_.ok() && !is_repeated_header) return true;
  }
  if (!error_.ok()) {
    Cancel();
    CloseStream().IgnoreError();
    return error_;
  }
  return false;
}

void Watch::Cancel() {
  core::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (stream_ != nullptr) stream_->Cancel();
}

absl::Status Watch::CancelledStatus() const { return absl::CancelledError("the watch was cancelled"); }

absl::StatusOr<LogStream*> Watch::Open() {
  core::MutexLock lock(&mutex_);
  if (cancelled_) return CancelledStatus();
  if (stream_ == nullptr) {
    expects_header_ = true;
    stream_ = client_->OpenLogStream(request_, options_.deadline);
  }
  return stream_.get();
}

absl::Status Watch::CloseStream() {
  std::unique_ptr<LogStream> stream;
  {
    core::MutexLock lock(&mutex_);
    stream = std::move(stream_);
  }
  if (stream == nullptr) return absl::OkStatus();
  // A stream that is left early has records under way, which must be taken before it ends.
  v1::LogRecord ignored;
  while (stream->Read(&ignored)) {
  }
  return stream->Finish();
}

absl::Status Watch::EndOfConnection() {
  const absl::Status status = CloseStream();
  {
    core::MutexLock lock(&mutex_);
    if (cancelled_) return CancelledStatus();
  }
  if (status.ok()) {
    // Where nothing came after what was there at the beginning, the job may have ended in between.
    const bool may_end = job_has_ended_ || next_sequence_ == log_end_ ||
                         request_.end_case() != v1::WatchJobRequest::END_NOT_SET ||
                         (request_.has_follow() && !request_.follow());
    if (!may_end) return absl::InternalError("the server ended the watch although the job has not ended");
    ended_ = true;
    return absl::OkStatus();
  }
  if (has_header_ && IsConnectionLost(status)) return WaitBeforeRetry(status);
  return status;
}

absl::Status Watch::WaitBeforeRetry(const absl::Status& reason) {
  absl::Duration delay;
  if (!backoff_.Next(&delay)) return reason;
  if (options_.on_reconnect) options_.on_reconnect(reason, delay);
  core::MutexLock lock(&mutex_);
  const auto is_cancelled = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return cancelled_; };
  mutex_.AwaitWithTimeout(is_cancelled, std::min(delay, options_.deadline - absl::Now()));
  return cancelled_ ? CancelledStatus() : absl::OkStatus();
}

absl::Status Watch::Accept(const v1::LogRecord& record) {
  if (expects_header_) {
    if (!record.has_header()) return absl::InternalError("the watch did not begin with a header");
    if (has_header_ && record.header().job().uid() != uid_) {
      return absl::FailedPreconditionError(absl::StrCat(request_.name(), " was replaced by another job of that name"));
    }
    job_has_ended_ = IsTerminal(record.header().job().state());
    log_end_ = record.header().end_sequence();
  }
  if (has_header_ && record.first_sequence() != next_sequence_) {
    return absl::DataLossError(absl::StrCat("the log of ", request_.name(), " goes on at sequence ",
                                            record.first_sequence(), " instead of ", next_sequence_));
  }
  if (record.next_sequence() < record.first_sequence()) {
    return absl::DataLossError(absl::StrCat("a record of ", request_.name(), " ends before it begins"));
  }
  if (expects_header_) {
    has_header_ = true;
    expects_header_ = false;
    uid_ = record.header().job().uid();
    request_.set_uid(uid_);
  } else {
    backoff_.Reset();
  }
  next_sequence_ = record.next_sequence();
  request_.set_start_sequence(next_sequence_);
  if (record.has_state_change() && IsTerminal(record.state_change().state())) {
    // Nothing follows; a cut from here on does not matter.
    job_has_ended_ = true;
    ended_ = true;
  }
  return absl::OkStatus();
}

}  // namespace descent::client
