// JobService: jobs and their step logs.
#ifndef DESCENT_SERVER_RPC_JOB_SERVICE_H_
#define DESCENT_SERVER_RPC_JOB_SERVICE_H_

#include "descent/v1/job_service.grpc.pb.h"
#include "server/jobs/manager.h"
#include "server/models/predictor_cache.h"
#include "server/rpc/call.h"

namespace descent::rpc {

// Thread-safety: gRPC calls its methods on any thread.
class JobService final : public v1::JobService::WithRawCallbackMethod_WatchJob<v1::JobService::CallbackService> {
 public:
  JobService(const CallShared& shared, jobs::Manager* jobs, models::PredictorCache* models)
      : shared_(shared), jobs_(jobs), models_(models) {}

  grpc::ServerUnaryReactor* CreateJob(grpc::CallbackServerContext* context, const v1::CreateJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context, const v1::GetJobRequest* request,
                                   v1::Job* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context, const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteJob(grpc::CallbackServerContext* context, const v1::DeleteJobRequest* request,
                                      google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* context, const v1::CancelJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* PauseJob(grpc::CallbackServerContext* context, const v1::PauseJobRequest* request,
                                     v1::Job* response) override;
  grpc::ServerUnaryReactor* ResumeJob(grpc::CallbackServerContext* context, const v1::ResumeJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchJob(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<v1::ParameterChunk>* GetParameters(grpc::CallbackServerContext* context,
                                                              const v1::GetParametersRequest* request) override;

 private:
  const CallShared& shared_;
  jobs::Manager* const jobs_;
  models::PredictorCache* const models_;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_JOB_SERVICE_H_
