// The C++ client of a descent server: one method a call, StatusOr throughout, and on top of them uploads that resume
// (upload.h), watches that survive a cut (watch.h) and waiting.
//
//   absl::StatusOr<Options> options = OptionsFromEnvironment();
//   absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(*options);
//   v1::CreateJobRequest request;
//   request.mutable_spec()->...
//   absl::StatusOr<v1::Job> job = (*client)->CreateJob(request);
//   absl::StatusOr<v1::Job> ended = (*client)->Wait(job->name(), absl::InfiniteDuration());
//
// A refused call carries its reason, metadata and field violations: core::GetErrorInfo(status). A server that cannot be
// reached is UNAVAILABLE without a reason.
#ifndef DESCENT_CLIENT_CLIENT_H_
#define DESCENT_CLIENT_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/options.h"
#include "client/streams.h"
#include "descent/v1/catalog_service.pb.h"
#include "descent/v1/dataset_service.pb.h"
#include "descent/v1/job_service.pb.h"
#include "descent/v1/model_service.pb.h"
#include "descent/v1/server_service.pb.h"

namespace descent::client {

// All chunks of GetParameters as one vector.
struct ParameterVector {
  int64_t step = 0;
  v1::ParameterLayout layout;
  std::vector<double> values;
};

// A connection. Owns its channel; streams must not outlive it. Thread-safety: all methods, any thread.
class Client {
 public:
  // Fails on options that cannot work. The connection itself is made by the first call.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const Options& options);
  ~Client();

  const Options& options() const { return options_; }

  absl::StatusOr<v1::Upload> StartUpload(const v1::StartUploadRequest& request) const;
  absl::StatusOr<v1::Upload> GetUpload(absl::string_view name) const;
  absl::StatusOr<v1::UploadInspection> InspectUpload(const v1::InspectUploadRequest& request) const;
  absl::StatusOr<v1::Dataset> CreateDataset(const v1::CreateDatasetRequest& request) const;
  absl::StatusOr<v1::Dataset> GetDataset(absl::string_view name) const;
  absl::StatusOr<v1::ListDatasetsResponse> ListDatasets(const v1::ListDatasetsRequest& request) const;
  absl::Status DeleteDataset(absl::string_view name) const;

  absl::StatusOr<v1::Job> CreateJob(const v1::CreateJobRequest& request) const;
  absl::StatusOr<v1::Job> GetJob(absl::string_view name) const;
  absl::StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request) const;
  absl::Status DeleteJob(absl::string_view name) const;
  absl::StatusOr<v1::Job> CancelJob(absl::string_view name) const;
  absl::StatusOr<v1::Job> PauseJob(absl::string_view name) const;
  absl::StatusOr<v1::Job> ResumeJob(absl::string_view name) const;
  absl::StatusOr<ParameterVector> GetParameters(const v1::GetParametersRequest& request) const;

  absl::StatusOr<v1::PredictResponse> Predict(const v1::PredictRequest& request) const;
  absl::StatusOr<v1::EvaluateResponse> Evaluate(const v1::EvaluateRequest& request) const;

  absl::StatusOr<v1::Catalog> GetCatalog(v1::CatalogKind kind = v1::CATALOG_KIND_UNSPECIFIED) const;
  absl::StatusOr<v1::ServerInfo> GetServerInfo() const;

  // Waits until the job is in a terminal state and returns it. DEADLINE_EXCEEDED when `timeout` passes before; the job
  // runs on.
  absl::StatusOr<v1::Job> Wait(absl::string_view name, absl::Duration timeout);

  // The bare streaming calls; prefer Watch and UploadFile. A stream ends DEADLINE_EXCEEDED at `deadline`.
  std::unique_ptr<LogStream> OpenLogStream(const v1::WatchJobRequest& request,
                                           absl::Time deadline = absl::InfiniteFuture()) const;
  std::unique_ptr<UploadStream> OpenUploadStream() const;

 private:
  struct Stubs;
  Client(Options options, std::unique_ptr<Stubs> stubs);
  // Calls `method` with a fresh context; defined in client.cc, where gRPC is known.
  template <typename Response, typename Method, typename Request>
  absl::StatusOr<Response> Call(absl::Duration timeout, const Request& request, Method method) const;

  const Options options_;
  const std::unique_ptr<Stubs> stubs_;
};

// Whether a job in this state has ended.
bool IsTerminal(v1::JobState state);

// `jobs/a` of (`jobs`, `a`) and of (`jobs`, `jobs/a`).
std::string ResourceName(absl::string_view collection, absl::string_view name);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_CLIENT_H_
