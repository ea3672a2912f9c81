// WatchJob: replays a job's log from a point and then follows it, at the watcher's pace.
//
// One thing happens at a time: a look at the log (on a worker thread), a write (gRPC's), or waiting for the log to
// grow. At most one message is on its way, so a watcher that does not read costs that message and nothing else.
#ifndef DESCENT_SERVER_RPC_WATCH_REACTOR_H_
#define DESCENT_SERVER_RPC_WATCH_REACTOR_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "descent/v1/job_service.pb.h"
#include "server/convert/rows.h"
#include "server/jobs/manager.h"
#include "server/jobs/step_log.h"
#include "server/rpc/call.h"

namespace descent::rpc {

// Deletes itself when the call is over.
class WatchReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  WatchReactor(grpc::CallbackServerContext* context, grpc::ByteBuffer request, const CallShared& shared,
               jobs::Manager* jobs);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Outlives the reactor in callbacks that come late. Armed while the reactor waits: the first to disarm it goes on.
  struct Waker {
    std::atomic<bool> armed{false};
    std::atomic<bool> cancelled{false};
  };

  // All on a worker thread.
  void Begin();
  absl::Status Start();
  absl::Status FindPlace();
  void Next();
  void WriteHeader();
  // Writes a piece's rows from the cursor on, or its event.
  absl::Status WritePiece(const jobs::StepLog::Piece& piece);
  absl::Status WriteRows(const jobs::StepLog::Piece& piece);
  void WriteHeartbeat();
  void CaughtUp();
  void Wait();
  void Write(const google::protobuf::Message& message);
  void Send(bool more_follows);
  void FinishWith(const absl::Status& status);

  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer raw_request_;
  const CallShared& shared_;
  jobs::Manager* const jobs_;
  const std::shared_ptr<Waker> waker_ = std::make_shared<Waker>();

  // Written by Start, constant afterwards.
  v1::WatchJobRequest request_;
  std::shared_ptr<jobs::Job> job_;
  std::string job_name_;
  std::vector<std::string> classes_;
  convert::ColumnChoice columns_;
  int64_t end_sequence_ = -1;  // -1: none
  int64_t end_step_ = -1;
  bool follow_ = true;
  absl::Duration heartbeat_;

  int64_t cursor_ = 0;
  bool ended_ = false;      // the last piece that was asked for is written
  bool job_ended_ = false;  // the job's last piece is written
  int64_t writes_ = 0;
  int64_t wait_ticket_ = 0;
  std::unique_ptr<grpc::Alarm> alarm_;
  absl::Time last_write_;
  grpc::ByteBuffer message_;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_WATCH_REACTOR_H_
