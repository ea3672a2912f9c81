#include "server/rpc/watch_reactor.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/errors.h"
#include "core/base/format.h"
#include "core/base/status.h"
#include "core/base/suggest.h"
#include "core/training/step_block.h"
#include "server/convert/job.h"
#include "server/convert/spec.h"
#include "server/jobs/records.h"

namespace descent::rpc {
namespace {

using jobs::StepLog;

// gRPC gathers small writes when told that more follow; every so many it is made to send.
constexpr int64_t kWritesAFlush = 64;

// A slice of a stored payload, which it keeps alive.
grpc::Slice ShareSlice(const std::shared_ptr<const std::string>& payload, absl::string_view part) {
  auto* owner = new std::shared_ptr<const std::string>(payload);
  return grpc::Slice(
      const_cast<char*>(part.data()), part.size(),
      [](void* data) { delete static_cast<std::shared_ptr<const std::string>*>(data); }, owner);
}

struct ColumnMember {
  const char* name;
  bool convert::ColumnChoice::*member;
};
constexpr ColumnMember kColumnMembers[] = {
    {"loss", &convert::ColumnChoice::loss},
    {"objective", &convert::ColumnChoice::objective},
    {"learning_rate", &convert::ColumnChoice::learning_rate},
    {"gradient_norm", &convert::ColumnChoice::gradient_norm},
    {"parameters", &convert::ColumnChoice::parameters},
};

void ParseColumns(const v1::WatchJobRequest& request, convert::ColumnChoice* columns, core::Violations* violations) {
  if (request.columns().empty()) return;
  *columns = {false, false, false, false, false};
  for (int i = 0; i < request.columns_size(); ++i) {
    bool known = false;
    std::vector<std::string> names;
    for (const ColumnMember& column : kColumnMembers) {
      names.emplace_back(column.name);
      if (request.columns(i) != column.name) continue;
      columns->*column.member = true;
      known = true;
    }
    if (known) continue;
    violations->Add(absl::StrCat("columns[", i, "]"),
                    absl::StrCat("there is no column \"", request.columns(i).substr(0, 100), "\"",
                                 core::Suggestion(request.columns(i), names)));
  }
}

void CheckNotNegative(int64_t value, absl::string_view field, core::Violations* violations) {
  if (value < 0) violations->Add(field, absl::StrCat("must be >= 0, was ", value));
}

}  // namespace

WatchReactor::WatchReactor(grpc::CallbackServerContext* context, grpc::ByteBuffer request, const CallShared& shared,
                           jobs::Manager* jobs)
    : context_(context), raw_request_(std::move(request)), shared_(shared), jobs_(jobs) {
  shared_.streams->Post([this] { Begin(); });
}

void WatchReactor::Begin() {
  if (const absl::Status status = Start(); !status.ok()) return FinishWith(status);
  WriteHeader();
}

absl::Status WatchReactor::Start() {
  DESCENT_ASSIGN_OR_RETURN(const security::Caller caller, Identify(*context_, shared_));
  const grpc::Status parsed = grpc::SerializationTraits<v1::WatchJobRequest>::Deserialize(&raw_request_, &request_);
  if (!parsed.ok())
    return core::InvalidField("request", "is no WatchJobRequest; send the message of job_service.proto");
  core::Violations violations;
  convert::FindUnknownFields(request_, "", &violations);
  const std::string name = convert::IdFromName("jobs", request_.name(), "name", &violations);
  ParseColumns(request_, &columns_, &violations);
  if (request_.has_start_sequence()) CheckNotNegative(request_.start_sequence(), "start_sequence", &violations);
  if (request_.has_start_step()) CheckNotNegative(request_.start_step(), "start_step", &violations);
  if (request_.has_last_rows()) CheckNotNegative(request_.last_rows(), "last_rows", &violations);
  if (request_.has_end_sequence()) CheckNotNegative(request_.end_sequence(), "end_sequence", &violations);
  if (request_.has_end_step()) CheckNotNegative(request_.end_step(), "end_step", &violations);
  const double heartbeat = request_.has_heartbeat_seconds() ? request_.heartbeat_seconds() : 10;
  if (!(heartbeat >= 0.1 && heartbeat <= 3600)) {
    violations.Add("heartbeat_seconds", absl::StrCat("must be in [0.1, 3600], was ", core::ShortestText(heartbeat)));
  }
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  heartbeat_ = absl::Seconds(heartbeat);
  DESCENT_ASSIGN_OR_RETURN(job_, jobs_->Find(caller.owner, name));
  job_name_ = absl::StrCat("jobs/", name);
  const std::string uid = absl::BytesToHexString(job_->uid());
  if (!request_.uid().empty() && request_.uid() != uid) {
    return core::MakeError(
        core::ErrorReason::kUidMismatch,
        absl::StrCat(job_name_, " was replaced by another job of that name; watch it from its start"),
        {{"expected_uid", request_.uid()}, {"actual_uid", uid}});
  }
  return FindPlace();
}

absl::Status WatchReactor::FindPlace() {
  follow_ = !request_.has_follow() || request_.follow();
  if (request_.has_end_sequence()) end_sequence_ = request_.end_sequence();
  if (request_.has_end_step()) end_step_ = request_.end_step();
  const StepLog& log = *job_->log();
  switch (request_.start_case()) {
    case v1::WatchJobRequest::kStartSequence:
      cursor_ = request_.start_sequence();
      // Says where the log begins and ends when the cursor is not in it.
      return log.Read(cursor_).status();
    case v1::WatchJobRequest::kStartStep:
      cursor_ = log.SequenceOfStep(request_.start_step());
      return absl::OkStatus();
    case v1::WatchJobRequest::kLastRows:
      cursor_ = log.SequenceOfLastRows(request_.last_rows());
      return absl::OkStatus();
    case v1::WatchJobRequest::START_NOT_SET:
      cursor_ = log.extent().oldest_sequence;
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void WatchReactor::WriteHeader() {
  const absl::StatusOr<jobs::JobView> view = jobs_->View(*job_);
  if (!view.ok()) return FinishWith(view.status());
  v1::LogRecord record;
  classes_ = view->facts.classes;
  record.set_job(job_name_);
  record.set_first_sequence(cursor_);
  record.set_next_sequence(cursor_);
  v1::WatchHeader* header = record.mutable_header();
  *header->mutable_job() = convert::JobToProto(*view, true);
  for (const ColumnMember& column : kColumnMembers) {
    if (columns_.*column.member) header->add_columns(column.name);
  }
  header->set_oldest_sequence(view->log.oldest_sequence);
  header->set_end_sequence(view->log.end_sequence);
  Write(record);
}

void WatchReactor::Next() {
  if (waker_->cancelled.load()) return Finish(grpc::Status::CANCELLED);
  if (job_ended_) {
    // The log tells the end a moment before the job shows it: who asks for the job after the watch sees it ended.
    return job_->WhenStatus([](const jobs::JobStatus& status) { return jobs::IsTerminal(status.state); },
                            [this] { Finish(grpc::Status::OK); });
  }
  if (ended_ || (end_sequence_ >= 0 && cursor_ >= end_sequence_)) return Finish(grpc::Status::OK);
  const absl::StatusOr<std::optional<StepLog::Piece>> piece = job_->log()->Read(cursor_);
  if (!piece.ok()) return FinishWith(piece.status());
  if (!piece->has_value()) return CaughtUp();
  if (const absl::Status status = WritePiece(**piece); !status.ok()) FinishWith(status);
}

absl::Status WatchReactor::WritePiece(const StepLog::Piece& piece) {
  if (piece.header.kind == jobs::RecordKind::kRows) return WriteRows(piece);
  DESCENT_ASSIGN_OR_RETURN(const v1::LogRecord record, convert::EventToProto(job_name_, piece, classes_));
  cursor_ = piece.header.next_sequence;
  const v1::JobState state = record.state_change().state();
  job_ended_ = state == v1::JOB_STATE_SUCCEEDED || state == v1::JOB_STATE_FAILED || state == v1::JOB_STATE_CANCELLED;
  Write(record);
  return absl::OkStatus();
}

absl::Status WatchReactor::WriteRows(const StepLog::Piece& piece) {
  DESCENT_ASSIGN_OR_RETURN(const jobs::RowsView rows, jobs::ParseRows(*piece.payload));
  const int64_t first_row = cursor_ - piece.header.first_sequence;
  int64_t end_row = rows.rows;
  if (end_sequence_ >= 0) end_row = std::min(end_row, end_sequence_ - piece.header.first_sequence);
  if (end_step_ >= 0 && rows.last_step() >= end_step_) {
    ended_ = true;
    const int64_t rows_to_end = end_step_ < rows.first_step ? 0 : (end_step_ - rows.first_step) / rows.step_stride + 1;
    end_row = std::min(end_row, rows_to_end);
    if (end_row <= first_row) {
      Finish(grpc::Status::OK);
      return absl::OkStatus();
    }
  }
  std::vector<grpc::Slice> slices;
  for (const convert::WirePart& part : convert::RowsToWire(job_name_, cursor_, rows, first_row, end_row, columns_)) {
    if (!part.own.empty()) slices.emplace_back(part.own);
    if (!part.stored.empty()) slices.push_back(ShareSlice(piece.payload, part.stored));
  }
  cursor_ += end_row - first_row;
  message_ = grpc::ByteBuffer(slices.data(), slices.size());
  Send(!ended_ && cursor_ < job_->log()->end_sequence());
  return absl::OkStatus();
}

void WatchReactor::CaughtUp() {
  if (!follow_) return Finish(grpc::Status::OK);
  const jobs::JobStatus status = job_->status();
  if (jobs::IsTerminal(status.state)) {
    // The state change may have become durable between the look at the log and the look at the state.
    if (cursor_ < job_->log()->end_sequence()) return Next();
    return Finish(grpc::Status::OK);
  }
  if (jobs_->drained()) {
    if (cursor_ < job_->log()->end_sequence()) return Next();
    return FinishWith(core::MakeError(
        core::ErrorReason::kDraining,
        absl::StrCat("the server is going away; watch again from start_sequence ", cursor_, " when it is back"),
        {{"next_sequence", absl::StrCat(cursor_)}}));
  }
  if (absl::Now() - last_write_ >= heartbeat_) return WriteHeartbeat();
  Wait();
}

void WatchReactor::WriteHeartbeat() {
  const StepLog::Extent extent = job_->log()->extent();
  v1::LogRecord record;
  record.set_job(job_name_);
  record.set_first_sequence(cursor_);
  record.set_next_sequence(cursor_);
  convert::TimeToProto(absl::Now(), record.mutable_heartbeat()->mutable_time());
  record.mutable_heartbeat()->set_step(std::max<int64_t>(0, extent.last_step));
  record.mutable_heartbeat()->set_end_sequence(extent.end_sequence);
  Write(record);
}

void WatchReactor::Wait() {
  job_->log()->CancelWait(wait_ticket_);
  // Once the waker is armed a callback may disarm it, go on and be done with the reactor at any moment: from then on
  // only what is local here is touched.
  const std::shared_ptr<Waker> waker = waker_;
  const std::shared_ptr<StepLog> log = job_->log();
  const jobs::Manager* const jobs = jobs_;
  const int64_t cursor = cursor_;
  const absl::Time deadline = last_write_ + heartbeat_;
  const auto wake = [this, waker] {
    if (waker->armed.exchange(false)) shared_.streams->Post([this] { Next(); });
  };
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(absl::ToChronoTime(deadline), [wake](bool) { wake(); });
  wait_ticket_ = log->WhenLonger(cursor, wake);
  waker->armed.store(true);
  // What happened before the arming woke nobody: look once more.
  if (waker->cancelled.load() || jobs->drained() || log->end_sequence() > cursor || absl::Now() >= deadline) wake();
}

void WatchReactor::Write(const google::protobuf::Message& message) {
  grpc::Slice slice(message.SerializeAsString());
  message_ = grpc::ByteBuffer(&slice, 1);
  Send(false);
}

void WatchReactor::Send(bool more_follows) {
  grpc::WriteOptions options;
  // The first message is never held back: with nothing sent, nothing would be.
  if (more_follows && writes_ > 0 && writes_ % kWritesAFlush != 0) options.set_buffer_hint();
  ++writes_;
  last_write_ = absl::Now();
  StartWrite(&message_, options);
}

void WatchReactor::OnWriteDone(bool ok) {
  if (!ok) return Finish(grpc::Status::CANCELLED);
  shared_.streams->Post([this] { Next(); });
}

void WatchReactor::OnDone() {
  if (job_ != nullptr) job_->log()->CancelWait(wait_ticket_);
  delete this;
}

void WatchReactor::OnCancel() {
  waker_->cancelled.store(true);
  if (waker_->armed.exchange(false)) shared_.streams->Post([this] { Next(); });
}

void WatchReactor::FinishWith(const absl::Status& status) { Finish(ToGrpc(status, shared_)); }

}  // namespace descent::rpc
