// The only file of the library that includes gRPC.
#include "client/client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/errors.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "descent/v1/catalog_service.grpc.pb.h"
#include "descent/v1/dataset_service.grpc.pb.h"
#include "descent/v1/job_service.grpc.pb.h"
#include "descent/v1/model_service.grpc.pb.h"
#include "descent/v1/server_service.grpc.pb.h"

namespace descent::client {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;

// The end of gRPC's `failed to connect to all addresses; last error: UNKNOWN: unix:/a/s: No such file or directory`.
absl::string_view Cause(absl::string_view message) {
  constexpr absl::string_view kLastError = "last error: ";
  const size_t at = message.rfind(kLastError);
  if (at == absl::string_view::npos) return message;
  message.remove_prefix(at + kLastError.size());
  const size_t colon = message.rfind(": ");
  return colon == absl::string_view::npos ? message : message.substr(colon + 2);
}

absl::Status FromGrpc(const grpc::Status& status, const Options& options) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result =
      StatusFromWire(static_cast<int>(status.error_code()), status.error_message(), status.error_details());
  if (core::GetErrorInfo(result).has_reason) return result;
  if (result.code() == absl::StatusCode::kUnavailable) {
    return absl::UnavailableError(
        absl::StrCat("no connection to a server at ", options.address, ": ", Cause(result.message())));
  }
  if (result.code() == absl::StatusCode::kDeadlineExceeded) {
    return absl::DeadlineExceededError(absl::StrCat("no answer in time from the server at ", options.address));
  }
  return result;
}

void Prepare(const Options& options, absl::Time deadline, grpc::ClientContext* context) {
  if (deadline != absl::InfiniteFuture()) context->set_deadline(absl::ToChronoTime(deadline));
  if (!options.token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", options.token));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const Options& options) {
  if (!options.use_tls && options.ca_certificate_path.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  if (!options.ca_certificate_path.empty()) {
    std::ifstream file(options.ca_certificate_path);
    tls.pem_root_certs.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (tls.pem_root_certs.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the certificate file ", options.ca_certificate_path, " cannot be read or is empty"));
    }
  }
  return grpc::SslCredentials(tls);
}

grpc::ChannelArguments MakeArguments(const Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(absl::ToInt64Milliseconds(options.keepalive_interval)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Watch and UploadFile pace their own attempts, so the channel must not sleep long.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // In spite of its name this is how long one attempt may take; a busy machine needs more than a moment for a
  // handshake.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // A proxy meant for web pages must not get the calls to a training server.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

class GrpcLogStream : public LogStream {
 public:
  GrpcLogStream(const Options& options, v1::JobService::Stub* stub, const v1::WatchJobRequest& request,
                absl::Time deadline)
      : options_(options) {
    Prepare(options, deadline, &context_);
    reader_ = stub->WatchJob(&context_, request);
  }

  bool Read(v1::LogRecord* record) override { return reader_->Read(record); }
  absl::Status Finish() override { return FromGrpc(reader_->Finish(), options_); }
  void Cancel() override { context_.TryCancel(); }

 private:
  const Options& options_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::LogRecord>> reader_;
};

class GrpcUploadStream : public UploadStream {
 public:
  GrpcUploadStream(const Options& options, v1::DatasetService::Stub* stub) : options_(options) {
    Prepare(options, absl::InfiniteFuture(), &context_);
    writer_ = stub->WriteUpload(&context_, &upload_);
  }
  // A call that was not finished must be, before its context goes.
  ~GrpcUploadStream() override {
    if (writer_ == nullptr) return;
    context_.TryCancel();
    writer_->Finish();
  }

  bool Write(const v1::WriteUploadRequest& message) override { return writer_->Write(message); }
  absl::StatusOr<v1::Upload> Finish() override {
    writer_->WritesDone();
    const absl::Status status = FromGrpc(writer_->Finish(), options_);
    writer_.reset();
    if (!status.ok()) return status;
    return upload_;
  }

 private:
  const Options& options_;
  grpc::ClientContext context_;
  v1::Upload upload_;
  std::unique_ptr<grpc::ClientWriter<v1::WriteUploadRequest>> writer_;
};

template <typename Request>
Request Named(absl::string_view name) {
  Request request;
  request.set_name(std::string(name));
  return request;
}

// Appends a chunk, which must go on where the last one ended.
absl::Status AppendChunk(v1::ParameterChunk chunk, bool is_first, ParameterVector* vector) {
  if (is_first) {
    vector->step = chunk.step();
    vector->layout = std::move(*chunk.mutable_layout());
  }
  if (chunk.offset() != static_cast<int64_t>(vector->values.size())) {
    return absl::DataLossError("the parts of the parameter vector do not follow one another");
  }
  vector->values.insert(vector->values.end(), chunk.values().begin(), chunk.values().end());
  return absl::OkStatus();
}

}  // namespace

struct Client::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel)
      : datasets(v1::DatasetService::NewStub(channel)),
        jobs(v1::JobService::NewStub(channel)),
        models(v1::ModelService::NewStub(channel)),
        catalog(v1::CatalogService::NewStub(channel)),
        server(v1::ServerService::NewStub(channel)) {}

  const std::unique_ptr<v1::DatasetService::Stub> datasets;
  const std::unique_ptr<v1::JobService::Stub> jobs;
  const std::unique_ptr<v1::ModelService::Stub> models;
  const std::unique_ptr<v1::CatalogService::Stub> catalog;
  const std::unique_ptr<v1::ServerService::Stub> server;
};

Client::Client(Options options, std::unique_ptr<Stubs> stubs)
    : options_(std::move(options)), stubs_(std::move(stubs)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const Options& options) {
  DESCENT_RETURN_IF_ERROR(CheckOptions(options));
  DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials, MakeCredentials(options));
  const std::shared_ptr<grpc::Channel> channel =
      grpc::CreateCustomChannel(options.address, credentials, MakeArguments(options));
  return std::unique_ptr<Client>(new Client(options, std::make_unique<Stubs>(channel)));
}

template <typename Response, typename Method, typename Request>
absl::StatusOr<Response> Client::Call(absl::Duration timeout, const Request& request, Method method) const {
  grpc::ClientContext context;
  Prepare(options_, absl::Now() + timeout, &context);
  Response response;
  const absl::Status status = FromGrpc(method(&context, request, &response), options_);
  if (!status.ok()) return status;
  return response;
}

// A call through one of the stubs: CALL(jobs, GetJob, v1::Job, options_.call_timeout, request).
#define DESCENT_CALL(stub, Method, Response, timeout, request)                                \
  Call<Response>(timeout, request, [this](auto* context, const auto& message, auto* answer) { \
    return stubs_->stub->Method(context, message, answer);                                    \
  })

absl::StatusOr<v1::Upload> Client::StartUpload(const v1::StartUploadRequest& request) const {
  return DESCENT_CALL(datasets, StartUpload, v1::Upload, options_.call_timeout, request);
}
absl::StatusOr<v1::Upload> Client::GetUpload(absl::string_view name) const {
  return DESCENT_CALL(datasets, GetUpload, v1::Upload, options_.call_timeout, Named<v1::GetUploadRequest>(name));
}
absl::StatusOr<v1::UploadInspection> Client::InspectUpload(const v1::InspectUploadRequest& request) const {
  return DESCENT_CALL(datasets, InspectUpload, v1::UploadInspection, options_.data_timeout, request);
}
absl::StatusOr<v1::Dataset> Client::CreateDataset(const v1::CreateDatasetRequest& request) const {
  return DESCENT_CALL(datasets, CreateDataset, v1::Dataset, options_.data_timeout, request);
}
absl::StatusOr<v1::Dataset> Client::GetDataset(absl::string_view name) const {
  return DESCENT_CALL(datasets, GetDataset, v1::Dataset, options_.call_timeout, Named<v1::GetDatasetRequest>(name));
}
absl::StatusOr<v1::ListDatasetsResponse> Client::ListDatasets(const v1::ListDatasetsRequest& request) const {
  return DESCENT_CALL(datasets, ListDatasets, v1::ListDatasetsResponse, options_.call_timeout, request);
}
absl::Status Client::DeleteDataset(absl::string_view name) const {
  return DESCENT_CALL(datasets, DeleteDataset, google::protobuf::Empty, options_.call_timeout,
                      Named<v1::DeleteDatasetRequest>(name))
      .status();
}

absl::StatusOr<v1::Job> Client::CreateJob(const v1::CreateJobRequest& request) const {
  return DESCENT_CALL(jobs, CreateJob, v1::Job, options_.call_timeout, request);
}
absl::StatusOr<v1::Job> Client::GetJob(absl::string_view name) const {
  return DESCENT_CALL(jobs, GetJob, v1::Job, options_.call_timeout, Named<v1::GetJobRequest>(name));
}
absl::StatusOr<v1::ListJobsResponse> Client::ListJobs(const v1::ListJobsRequest& request) const {
  return DESCENT_CALL(jobs, ListJobs, v1::ListJobsResponse, options_.call_timeout, request);
}
absl::Status Client::DeleteJob(absl::string_view name) const {
  return DESCENT_CALL(jobs, DeleteJob, google::protobuf::Empty, options_.call_timeout,
                      Named<v1::DeleteJobRequest>(name))
      .status();
}
absl::StatusOr<v1::Job> Client::CancelJob(absl::string_view name) const {
  return DESCENT_CALL(jobs, CancelJob, v1::Job, options_.call_timeout, Named<v1::CancelJobRequest>(name));
}
absl::StatusOr<v1::Job> Client::PauseJob(absl::string_view name) const {
  return DESCENT_CALL(jobs, PauseJob, v1::Job, options_.call_timeout, Named<v1::PauseJobRequest>(name));
}
absl::StatusOr<v1::Job> Client::ResumeJob(absl::string_view name) const {
  return DESCENT_CALL(jobs, ResumeJob, v1::Job, options_.call_timeout, Named<v1::ResumeJobRequest>(name));
}

absl::StatusOr<ParameterVector> Client::GetParameters(const v1::GetParametersRequest& request) const {
  grpc::ClientContext context;
  Prepare(options_, absl::Now() + options_.data_timeout, &context);
  const std::unique_ptr<grpc::ClientReader<v1::ParameterChunk>> reader = stubs_->jobs->GetParameters(&context, request);
  ParameterVector vector;
  absl::Status status;
  bool is_first = true;
  for (v1::ParameterChunk chunk; status.ok() && reader->Read(&chunk); is_first = false) {
    status = AppendChunk(std::move(chunk), is_first, &vector);
    if (!status.ok()) context.TryCancel();
  }
  const absl::Status end = FromGrpc(reader->Finish(), options_);
  DESCENT_RETURN_IF_ERROR(status);
  DESCENT_RETURN_IF_ERROR(end);
  if (vector.layout.value_count() != static_cast<int64_t>(vector.values.size())) {
    return absl::DataLossError(
        absl::StrCat("the server sent ", vector.values.size(), " of ", vector.layout.value_count(), " values"));
  }
  return vector;
}

absl::StatusOr<v1::PredictResponse> Client::Predict(const v1::PredictRequest& request) const {
  return DESCENT_CALL(models, Predict, v1::PredictResponse, options_.data_timeout, request);
}
absl::StatusOr<v1::EvaluateResponse> Client::Evaluate(const v1::EvaluateRequest& request) const {
  return DESCENT_CALL(models, Evaluate, v1::EvaluateResponse, options_.data_timeout, request);
}

absl::StatusOr<v1::Catalog> Client::GetCatalog(v1::CatalogKind kind) const {
  v1::GetCatalogRequest request;
  request.set_kind(kind);
  return DESCENT_CALL(catalog, GetCatalog, v1::Catalog, options_.call_timeout, request);
}
absl::StatusOr<v1::ServerInfo> Client::GetServerInfo() const {
  return DESCENT_CALL(server, GetServerInfo, v1::ServerInfo, options_.call_timeout, v1::GetServerInfoRequest());
}

std::unique_ptr<LogStream> Client::OpenLogStream(const v1::WatchJobRequest& request, absl::Time deadline) const {
  return std::make_unique<GrpcLogStream>(options_, stubs_->jobs.get(), request, deadline);
}

std::unique_ptr<UploadStream> Client::OpenUploadStream() const {
  return std::make_unique<GrpcUploadStream>(options_, stubs_->datasets.get());
}

#undef DESCENT_CALL

}  // namespace descent::client
