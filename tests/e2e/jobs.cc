#include "tests/e2e/jobs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "core/data/csv_reader.h"
#include "descent/v1/dataset_service.grpc.pb.h"
#include "tests/e2e/server_process.h"

namespace descent::e2e {
namespace {

std::string ReadSource(const std::string& path) {
  std::ifstream file(SourcePath(path), std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

std::string UploadFile(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, const std::string& id) {
  const auto stub = v1::DatasetService::NewStub(channel);
  v1::Upload upload;
  {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    const grpc::Status status = stub->StartUpload(&context, v1::StartUploadRequest(), &upload);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  {
    grpc::ClientContext context;
    const auto writer = stub->WriteUpload(&context, &upload);
    v1::WriteUploadRequest message;
    message.set_name(upload.name());
    message.set_data(ReadSource(path));
    message.set_finish(true);
    writer->Write(message);
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  grpc::ClientContext context;
  v1::CreateDatasetRequest create;
  create.set_dataset_id(id);
  create.set_upload(upload.name());
  v1::Dataset dataset;
  const grpc::Status status = stub->CreateDataset(&context, create, &dataset);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return dataset.name();
}

v1::JobSpec FunctionSpec(const std::string& function, int64_t max_steps) {
  v1::JobSpec spec;
  spec.mutable_problem()->mutable_function()->set_name(function);
  spec.set_seed(1);
  spec.mutable_stopping()->set_max_steps(max_steps);
  return spec;
}

v1::Job CreateJob(const std::shared_ptr<grpc::Channel>& channel, const v1::JobSpec& spec, const std::string& id) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  v1::CreateJobRequest request;
  request.set_job_id(id);
  *request.mutable_spec() = spec;
  v1::Job job;
  const grpc::Status status = v1::JobService::NewStub(channel)->CreateJob(&context, request, &job);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return job;
}

v1::Job GetJob(const std::shared_ptr<grpc::Channel>& channel, const std::string& name) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  v1::GetJobRequest request;
  request.set_name(name);
  v1::Job job;
  const grpc::Status status = v1::JobService::NewStub(channel)->GetJob(&context, request, &job);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return job;
}

core::TrainingData LoadExample(const std::string& path) {
  core::Violations violations;
  core::CsvResult result = core::ReadCsv(ReadSource(path), {}, {}, 0, &violations);
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(result.fatal_count, 0);
  core::TrainingData data;
  data.table = std::make_shared<const core::Table>(std::move(result.table));
  return data;
}

}  // namespace descent::e2e
