// DatasetService: upload, look, confirm, use.
#ifndef DESCENT_SERVER_RPC_DATASET_SERVICE_H_
#define DESCENT_SERVER_RPC_DATASET_SERVICE_H_

#include "descent/v1/dataset_service.grpc.pb.h"
#include "server/datasets/dataset_manager.h"
#include "server/rpc/call.h"

namespace descent::rpc {

// Thread-safety: gRPC calls its methods on any thread.
class DatasetService final : public v1::DatasetService::CallbackService {
 public:
  DatasetService(const CallShared& shared, datasets::DatasetManager* datasets) : shared_(shared), datasets_(datasets) {}

  grpc::ServerUnaryReactor* StartUpload(grpc::CallbackServerContext* context, const v1::StartUploadRequest* request,
                                        v1::Upload* response) override;
  grpc::ServerReadReactor<v1::WriteUploadRequest>* WriteUpload(grpc::CallbackServerContext* context,
                                                               v1::Upload* response) override;
  grpc::ServerUnaryReactor* GetUpload(grpc::CallbackServerContext* context, const v1::GetUploadRequest* request,
                                      v1::Upload* response) override;
  grpc::ServerUnaryReactor* InspectUpload(grpc::CallbackServerContext* context, const v1::InspectUploadRequest* request,
                                          v1::UploadInspection* response) override;
  grpc::ServerUnaryReactor* CreateDataset(grpc::CallbackServerContext* context, const v1::CreateDatasetRequest* request,
                                          v1::Dataset* response) override;
  grpc::ServerUnaryReactor* GetDataset(grpc::CallbackServerContext* context, const v1::GetDatasetRequest* request,
                                       v1::Dataset* response) override;
  grpc::ServerUnaryReactor* ListDatasets(grpc::CallbackServerContext* context, const v1::ListDatasetsRequest* request,
                                         v1::ListDatasetsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteDataset(grpc::CallbackServerContext* context, const v1::DeleteDatasetRequest* request,
                                          google::protobuf::Empty* response) override;

 private:
  const CallShared& shared_;
  datasets::DatasetManager* const datasets_;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_DATASET_SERVICE_H_
