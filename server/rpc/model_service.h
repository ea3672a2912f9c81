// ModelService: predictions and evaluations with a job's parameters.
#ifndef DESCENT_SERVER_RPC_MODEL_SERVICE_H_
#define DESCENT_SERVER_RPC_MODEL_SERVICE_H_

#include <memory>
#include <string>

#include "descent/v1/model_service.grpc.pb.h"
#include "server/jobs/data_source.h"
#include "server/jobs/manager.h"
#include "server/models/predictor_cache.h"
#include "server/rpc/call.h"

namespace descent::rpc {

// Thread-safety: gRPC calls its methods on any thread.
class ModelService final : public v1::ModelService::CallbackService {
 public:
  ModelService(const CallShared& shared, jobs::Manager* jobs, jobs::DataSource* data, models::PredictorCache* models)
      : shared_(shared), jobs_(jobs), data_(data), models_(models) {}

  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context, const v1::PredictRequest* request,
                                    v1::PredictResponse* response) override;
  grpc::ServerUnaryReactor* Evaluate(grpc::CallbackServerContext* context, const v1::EvaluateRequest* request,
                                     v1::EvaluateResponse* response) override;

 private:
  // A job's model with one of its parameter vectors.
  struct Trained {
    std::shared_ptr<jobs::Job> job;
    std::shared_ptr<const core::Predictor> predictor;
    core::ParameterVector parameters;
  };
  absl::StatusOr<Trained> Load(Call* call, const std::string& job_name, const v1::ParameterPoint& point);
  // The schema that a job's rows have.
  absl::StatusOr<core::Schema> TrainingSchema(const jobs::Job& job);
  // Adds what is wrong with the choice of data; the id of the dataset if that is what was chosen.
  static std::string ParseData(const v1::EvaluateRequest& request, core::Violations* violations);
  absl::StatusOr<core::Evaluation> Measure(const Call& call, const v1::EvaluateRequest& request,
                                           const std::string& dataset, const Trained& trained);

  const CallShared& shared_;
  jobs::Manager* const jobs_;
  jobs::DataSource* const data_;
  models::PredictorCache* const models_;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_MODEL_SERVICE_H_
