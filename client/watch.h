// Following a job's log to its end, through cuts of the connection and restarts of the server, without losing a row or
// seeing one twice.
#ifndef DESCENT_CLIENT_WATCH_H_
#define DESCENT_CLIENT_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/backoff.h"
#include "client/client.h"
#include "core/base/mutex.h"
#include "descent/v1/job_service.pb.h"
#include "descent/v1/step_log.pb.h"

namespace descent::client {

struct WatchOptions {
  // After a cut. The first connection is tried once: a wrong address is told at once.
  RetryPolicy retry;
  // Next gives DEADLINE_EXCEEDED from then on. Default: never.
  absl::Time deadline = absl::InfiniteFuture();
  // Called, from Next, when the connection was lost and before it is waited for. Default: nothing.
  std::function<void(const absl::Status& reason, absl::Duration delay)> on_reconnect;
};

// One watch. It keeps the cursor, the last next_sequence, and the job's uid; after a cut it goes on from there and
// checks that the server does too, so the records tile the log exactly.
//
//   Watch watch(client, request);
//   v1::LogRecord record;
//   for (;;) {
//     absl::StatusOr<bool> more = watch.Next(&record);
//     if (!more.ok()) return more.status();
//     if (!*more) break;
//     ...
//   }
//
// The first record is the header; headers of later connections are not passed on. Does not own the client, which must
// outlive it. Thread-safety: Cancel from any thread, the rest from one.
class Watch {
 public:
  Watch(const Client* client, v1::WatchJobRequest request, WatchOptions options = {});
  ~Watch();

  // Waits for the next record. False at the end: after the record of a terminal state, or where the request ends.
  // CANCELLED after Cancel. Errors stay.
  absl::StatusOr<bool> Next(v1::LogRecord* record);

  // Makes Next return CANCELLED, also one that waits. The job is not touched.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

  // The cursor: where a later watch goes on. Valid once the header was received.
  int64_t next_sequence() const { return next_sequence_; }
  const std::string& uid() const { return uid_; }

 private:
  // The stream of this connection, which only Next replaces: it may use it without the lock.
  absl::StatusOr<LogStream*> Open() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CloseStream() ABSL_LOCKS_EXCLUDED(mutex_);
  // Decides what the end of a connection means: OK for the end of the watch, or that another is to be opened, or an
  // error.
  absl::Status EndOfConnection();
  absl::Status WaitBeforeRetry(const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mutex_);
  // Checks that the record continues the log, and advances the cursor.
  absl::Status Accept(const v1::LogRecord& record);
  absl::Status CancelledStatus() const;

  // Constant after construction.
  const Client* const client_;
  const WatchOptions options_;

  // Used by Next only.
  v1::WatchJobRequest request_;
  Backoff backoff_;
  absl::Status error_;
  std::string uid_;
  int64_t next_sequence_ = 0;
  bool has_header_ = false;     // of any connection
  bool expects_header_ = true;  // of this connection
  bool ended_ = false;
  bool job_has_ended_ = false;  // its log has no more records than those that were there at the header
  int64_t log_end_ = 0;         // end of the log at the header of this connection

  mutable core::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<LogStream> stream_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace descent::client

#endif  // DESCENT_CLIENT_WATCH_H_
