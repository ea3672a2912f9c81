// The two streaming calls under Watch and Upload, without gRPC in sight.
#ifndef DESCENT_CLIENT_STREAMS_H_
#define DESCENT_CLIENT_STREAMS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "descent/v1/dataset_service.pb.h"
#include "descent/v1/step_log.pb.h"

namespace descent::client {

// One WatchJob call. Thread-safety: Cancel from any thread, the rest from one.
class LogStream {
 public:
  virtual ~LogStream() = default;
  // Waits for the next record; false when there is none any more.
  virtual bool Read(v1::LogRecord* record) = 0;
  // How the call ended; once, after Read gave false.
  virtual absl::Status Finish() = 0;
  virtual void Cancel() = 0;
};

// One WriteUpload call. Thread-safety: one thread.
class UploadStream {
 public:
  virtual ~UploadStream() = default;
  // False when the call is over; Finish says why.
  virtual bool Write(const v1::WriteUploadRequest& message) = 0;
  // Says that no more is coming and waits for the answer; once.
  virtual absl::StatusOr<v1::Upload> Finish() = 0;
};

}  // namespace descent::client

#endif  // DESCENT_CLIENT_STREAMS_H_
