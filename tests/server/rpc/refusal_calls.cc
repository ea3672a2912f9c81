#include "tests/server/rpc/refusal_calls.h"

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "descent/v1/catalog_service.grpc.pb.h"
#include "descent/v1/dataset_service.grpc.pb.h"
#include "descent/v1/job_service.grpc.pb.h"
#include "descent/v1/model_service.grpc.pb.h"
#include "descent/v1/server_service.grpc.pb.h"

namespace descent::rpc {
namespace {

using google::protobuf::Message;

// How one method is called: its kinds of messages are behind it.
struct Method {
  std::function<std::unique_ptr<Message>()> make_request;
  std::function<grpc::Status(const Channel&, grpc::ClientContext*, const Message&, Message*)> call;
};

template <typename Service, typename Request, typename Answer>
Method Unary(grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Answer*)) {
  return {[] { return std::make_unique<Request>(); },
          [method](const Channel& channel, grpc::ClientContext* context, const Message& request, Message* answer) {
            Answer own;
            const auto stub = Service::NewStub(channel);
            const grpc::Status status = ((*stub).*method)(context, dynamic_cast<const Request&>(request), &own);
            if (answer != nullptr) answer->CopyFrom(own);
            return status;
          }};
}

template <typename Service, typename Request, typename Answer>
Method ServerStream(std::unique_ptr<grpc::ClientReader<Answer>> (Service::Stub::*method)(grpc::ClientContext*,
                                                                                         const Request&)) {
  return {[] { return std::make_unique<Request>(); },
          [method](const Channel& channel, grpc::ClientContext* context, const Message& request, Message* answer) {
            Answer own;
            const auto stub = Service::NewStub(channel);
            const auto reader = ((*stub).*method)(context, dynamic_cast<const Request&>(request));
            while (reader->Read(&own)) {
            }
            if (answer != nullptr) answer->CopyFrom(own);
            return reader->Finish();
          }};
}

const std::map<std::string, Method>& Methods() {
  using D = v1::DatasetService;
  using J = v1::JobService;
  using M = v1::ModelService;
  static const auto* const methods = new std::map<std::string, Method>{
      {"StartUpload", Unary<D, v1::StartUploadRequest, v1::Upload>(&D::Stub::StartUpload)},
      {"GetUpload", Unary<D, v1::GetUploadRequest, v1::Upload>(&D::Stub::GetUpload)},
      {"InspectUpload", Unary<D, v1::InspectUploadRequest, v1::UploadInspection>(&D::Stub::InspectUpload)},
      {"CreateDataset", Unary<D, v1::CreateDatasetRequest, v1::Dataset>(&D::Stub::CreateDataset)},
      {"GetDataset", Unary<D, v1::GetDatasetRequest, v1::Dataset>(&D::Stub::GetDataset)},
      {"ListDatasets", Unary<D, v1::ListDatasetsRequest, v1::ListDatasetsResponse>(&D::Stub::ListDatasets)},
      {"DeleteDataset", Unary<D, v1::DeleteDatasetRequest, google::protobuf::Empty>(&D::Stub::DeleteDataset)},
      {"CreateJob", Unary<J, v1::CreateJobRequest, v1::Job>(&J::Stub::CreateJob)},
      {"GetJob", Unary<J, v1::GetJobRequest, v1::Job>(&J::Stub::GetJob)},
      {"ListJobs", Unary<J, v1::ListJobsRequest, v1::ListJobsResponse>(&J::Stub::ListJobs)},
      {"DeleteJob", Unary<J, v1::DeleteJobRequest, google::protobuf::Empty>(&J::Stub::DeleteJob)},
      {"CancelJob", Unary<J, v1::CancelJobRequest, v1::Job>(&J::Stub::CancelJob)},
      {"PauseJob", Unary<J, v1::PauseJobRequest, v1::Job>(&J::Stub::PauseJob)},
      {"ResumeJob", Unary<J, v1::ResumeJobRequest, v1::Job>(&J::Stub::ResumeJob)},
      {"WatchJob", ServerStream<J, v1::WatchJobRequest, v1::LogRecord>(&J::Stub::WatchJob)},
      {"GetParameters", ServerStream<J, v1::GetParametersRequest, v1::ParameterChunk>(&J::Stub::GetParameters)},
      {"Predict", Unary<M, v1::PredictRequest, v1::PredictResponse>(&M::Stub::Predict)},
      {"Evaluate", Unary<M, v1::EvaluateRequest, v1::EvaluateResponse>(&M::Stub::Evaluate)},
      {"GetCatalog",
       Unary<v1::CatalogService, v1::GetCatalogRequest, v1::Catalog>(&v1::CatalogService::Stub::GetCatalog)},
      {"GetServerInfo",
       Unary<v1::ServerService, v1::GetServerInfoRequest, v1::ServerInfo>(&v1::ServerService::Stub::GetServerInfo)},
  };
  return *methods;
}

grpc::Status WriteUpload(const Channel& channel, grpc::ClientContext* context,
                         const std::vector<v1::WriteUploadRequest>& messages) {
  v1::Upload answer;
  const auto stub = v1::DatasetService::NewStub(channel);
  const auto writer = stub->WriteUpload(context, &answer);
  for (const v1::WriteUploadRequest& message : messages) {
    if (!writer->Write(message)) break;
  }
  writer->WritesDone();
  return writer->Finish();
}

void Authorize(const std::string& authorization, grpc::ClientContext* context) {
  if (!authorization.empty()) context->AddMetadata("authorization", authorization);
}

}  // namespace

grpc::Status Invoke(const Channel& channel, const std::string& method, const Message& request,
                    const std::string& authorization, Message* answer) {
  grpc::ClientContext context;
  Authorize(authorization, &context);
  return Methods().at(method).call(channel, &context, request, answer);
}

grpc::Status Invoke(const Channel& channel, const std::string& method, const std::string& request,
                    const std::string& authorization, Message* answer) {
  if (method == "WriteUpload") {
    grpc::ClientContext context;
    Authorize(authorization, &context);
    std::vector<v1::WriteUploadRequest> messages;
    for (const auto text : absl::StrSplit(request, "---", absl::SkipWhitespace())) {
      messages.push_back(Parse<v1::WriteUploadRequest>(std::string(text)));
    }
    return WriteUpload(channel, &context, messages);
  }
  const std::unique_ptr<Message> message = Methods().at(method).make_request();
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(request, message.get())) << method << " " << request;
  return Invoke(channel, method, *message, authorization, answer);
}

void Expect(const Channel& channel, const std::string& method, const std::string& request) {
  const grpc::Status status = Invoke(channel, method, request);
  EXPECT_TRUE(status.ok()) << method << " " << request << ": " << status.error_message();
}

std::string Upload(const Channel& channel, const std::string& bytes) {
  const auto upload = Expect<v1::Upload>(channel, "StartUpload", "");
  v1::WriteUploadRequest message;
  message.set_name(upload.name());
  message.set_data(bytes);
  message.set_finish(true);
  grpc::ClientContext context;
  const grpc::Status status = WriteUpload(channel, &context, {message});
  EXPECT_TRUE(status.ok()) << status.error_message();
  return upload.name();
}

}  // namespace descent::rpc
