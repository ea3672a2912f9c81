// WriteUpload: a stream of bytes into one upload.
#ifndef DESCENT_SERVER_RPC_UPLOAD_REACTOR_H_
#define DESCENT_SERVER_RPC_UPLOAD_REACTOR_H_

#include <memory>
#include <string>

#include "descent/v1/dataset_service.grpc.pb.h"
#include "server/datasets/dataset_manager.h"
#include "server/rpc/call.h"

namespace descent::rpc {

// Deletes itself when the call is over. Thread-safety: one thing happens at a time: a read, or its bytes being written
// on a worker thread.
class UploadReactor final : public grpc::ServerReadReactor<v1::WriteUploadRequest> {
 public:
  UploadReactor(grpc::CallbackServerContext* context, v1::Upload* response, const CallShared& shared,
                datasets::DatasetManager* datasets);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  absl::Status TakeMessage();
  absl::Status Open();
  absl::Status End();

  grpc::CallbackServerContext* const context_;
  v1::Upload* const response_;
  const CallShared& shared_;
  datasets::DatasetManager* const datasets_;

  v1::WriteUploadRequest message_;
  std::string name_;
  std::unique_ptr<datasets::Uploads::Writer> writer_;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_UPLOAD_REACTOR_H_
