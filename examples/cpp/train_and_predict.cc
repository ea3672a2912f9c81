// Uploads a table, trains a model on it, follows every step to the end, and predicts.
//
//   train_and_predict examples/data/iris.csv
//
// The server is that of DESCENT_SERVER, or this user's own on the local socket.
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/client.h"
#include "client/spec_file.h"
#include "client/upload.h"
#include "client/watch.h"
#include "core/base/status.h"  // DESCENT_ASSIGN_OR_RETURN, DESCENT_RETURN_IF_ERROR

namespace {

using descent::client::Client;
namespace v1 = descent::v1;

// The same text as in a spec file; a v1::JobSpec can be filled in by hand as well.
constexpr char kSpec[] = R"(
problem:
  dataset:
    model: {softmax: {}}
    preprocessing: {scaling: standardize}
optimizer: {adam: {learning_rate: 0.05}}
stopping: {max_steps: 2000}
evaluation: {held_out_fraction: 0.2}
)";

absl::StatusOr<v1::Dataset> Upload(const Client& client, const std::string& path) {
  DESCENT_ASSIGN_OR_RETURN(const v1::Upload upload, descent::client::UploadFile(client, path, {}));
  v1::CreateDatasetRequest request;
  request.set_upload(upload.name());
  return client.CreateDataset(request);
}

absl::StatusOr<v1::Job> Submit(const Client& client, const v1::Dataset& dataset) {
  DESCENT_ASSIGN_OR_RETURN(const descent::client::SpecFile file, descent::client::ParseSpec("spec", kSpec));
  v1::CreateJobRequest request;
  *request.mutable_spec() = file.spec;
  request.mutable_spec()->mutable_problem()->mutable_dataset()->set_dataset(dataset.name());
  return client.CreateJob(request);
}

// Every step of the job, without a loss, through cuts of the connection and restarts of the server.
absl::Status Follow(const Client& client, const v1::Job& job) {
  v1::WatchJobRequest request;
  request.set_name(job.name());
  descent::client::Watch watch(&client, request);
  v1::LogRecord record;
  int64_t rows = 0;
  while (true) {
    DESCENT_ASSIGN_OR_RETURN(const bool has_more, watch.Next(&record));
    if (!has_more) break;
    rows += record.steps().row_count();
    if (record.has_evaluation()) {
      std::printf("step %5lld  held-out loss %.4f\n", static_cast<long long>(record.evaluation().step()),
                  record.evaluation().held_out().loss());
    }
  }
  std::printf("%lld rows\n", static_cast<long long>(rows));
  return absl::OkStatus();
}

absl::Status Predict(const Client& client, const v1::Job& job) {
  v1::PredictRequest request;
  request.set_job(job.name());
  v1::Table& rows = *request.mutable_rows();
  rows.set_row_count(1);
  const auto add = [&rows](const char* column, double value) {
    v1::TableColumn& added = *rows.add_columns();
    added.set_name(column);
    added.add_numbers(value);
  };
  add("sepal_length_cm", 5.1);
  add("sepal_width_cm", 3.5);
  add("petal_length_cm", 1.4);
  add("petal_width_cm", 0.2);
  DESCENT_ASSIGN_OR_RETURN(const v1::PredictResponse response, client.Predict(request));
  std::printf("predicted: %s\n", response.labels(0).c_str());
  return absl::OkStatus();
}

absl::Status Run(const std::string& path) {
  DESCENT_ASSIGN_OR_RETURN(const descent::client::Options options, descent::client::OptionsFromEnvironment());
  DESCENT_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, Client::Connect(options));
  DESCENT_ASSIGN_OR_RETURN(const v1::Dataset dataset, Upload(*client, path));
  DESCENT_ASSIGN_OR_RETURN(const v1::Job job, Submit(*client, dataset));
  DESCENT_RETURN_IF_ERROR(Follow(*client, job));
  return Predict(*client, job);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: train_and_predict FILE.csv\n");
    return 2;
  }
  const absl::Status status = Run(argv[1]);
  if (!status.ok()) std::fprintf(stderr, "error: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
