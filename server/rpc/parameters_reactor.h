// GetParameters: one vector, in chunks.
#ifndef DESCENT_SERVER_RPC_PARAMETERS_REACTOR_H_
#define DESCENT_SERVER_RPC_PARAMETERS_REACTOR_H_

#include <cstdint>
#include <vector>

#include "descent/v1/job_service.grpc.pb.h"
#include "server/jobs/manager.h"
#include "server/models/predictor_cache.h"
#include "server/rpc/call.h"

namespace descent::rpc {

// Deletes itself when the call is over. Thread-safety: one thing happens at a time: loading, then one write after
// another.
class ParametersReactor final : public grpc::ServerWriteReactor<v1::ParameterChunk> {
 public:
  ParametersReactor(grpc::CallbackServerContext* context, v1::GetParametersRequest request, const CallShared& shared,
                    jobs::Manager* jobs, models::PredictorCache* models);

  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  absl::Status Load();
  absl::Status Select(const jobs::Job& job, const core::ParameterLayout& layout, std::vector<double> values);
  void WriteNext();

  grpc::CallbackServerContext* const context_;
  const v1::GetParametersRequest request_;
  const CallShared& shared_;
  jobs::Manager* const jobs_;
  models::PredictorCache* const models_;

  v1::ParameterChunk chunk_;
  std::vector<double> values_;
  int64_t written_ = 0;
};

}  // namespace descent::rpc

#endif  // DESCENT_SERVER_RPC_PARAMETERS_REACTOR_H_
