// A server that does what a test writes down, faults included, behind a real socket.
#ifndef DESCENT_TESTS_CLIENT_FAKE_SERVER_H_
#define DESCENT_TESTS_CLIENT_FAKE_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"
#include "descent/v1/catalog_service.grpc.pb.h"
#include "descent/v1/dataset_service.grpc.pb.h"
#include "descent/v1/job_service.grpc.pb.h"
#include "descent/v1/server_service.grpc.pb.h"

namespace descent::client {

// What a call of WatchJob gets.
struct ScriptedWatch {
  std::vector<v1::LogRecord> records;
  grpc::Status end;
  bool hangs = false;  // waits, before the end, until the client goes away
};

// Writes it. Owns itself, as reactors do. Thread-safety: gRPC calls it from several threads.
class ScriptedReactor final : public grpc::ServerWriteReactor<v1::LogRecord> {
 public:
  explicit ScriptedReactor(ScriptedWatch watch) : watch_(std::move(watch)) { WriteNext(); }

  void OnWriteDone(bool ok) override { ok ? WriteNext() : End(); }
  void OnCancel() override {
    {
      core::MutexLock lock(&mutex_);
      is_cancelled_ = true;
      if (!is_waiting_) return;  // what is under way ends by itself
    }
    End();
  }
  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    if (written_ < watch_.records.size()) return StartWrite(&watch_.records[written_++]);
    {
      core::MutexLock lock(&mutex_);
      is_waiting_ = watch_.hangs && !is_cancelled_;
      if (is_waiting_) return;
    }
    End();
  }
  void End() { Finish(watch_.end); }

  const ScriptedWatch watch_;
  size_t written_ = 0;
  core::Mutex mutex_;
  bool is_cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_waiting_ ABSL_GUARDED_BY(mutex_) = false;
};

// Answers WatchJob by its script: one entry a call. After the last entry calls fail NOT_FOUND.
class FakeJobService : public v1::JobService::WithCallbackMethod_WatchJob<v1::JobService::Service> {
 public:
  using Call = ScriptedWatch;

  void Expect(Call call) {
    core::MutexLock lock(&mutex_);
    script_.push_back(std::move(call));
  }
  std::vector<v1::WatchJobRequest> requests() const {
    core::MutexLock lock(&mutex_);
    return requests_;
  }
  // Answers GetJob and CreateJob.
  std::function<grpc::Status(const std::string& name, v1::Job* job)> get_job;
  std::function<grpc::Status(const v1::CreateJobRequest& request, v1::Job* job)> create_job;
  // Value of `authorization` of the last GetJob.
  std::string authorization;

  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request, v1::Job* job) override {
    const auto it = context->client_metadata().find("authorization");
    authorization = it == context->client_metadata().end() ? "" : std::string(it->second.data(), it->second.size());
    return get_job ? get_job(request->name(), job) : grpc::Status(grpc::StatusCode::NOT_FOUND, "no such job");
  }

  grpc::Status CreateJob(grpc::ServerContext*, const v1::CreateJobRequest* request, v1::Job* job) override {
    return create_job ? create_job(*request, job) : grpc::Status(grpc::StatusCode::INTERNAL, "not scripted");
  }

  grpc::ServerWriteReactor<v1::LogRecord>* WatchJob(grpc::CallbackServerContext*,
                                                    const v1::WatchJobRequest* request) override {
    core::MutexLock lock(&mutex_);
    requests_.push_back(*request);
    if (script_.empty()) {
      return new ScriptedReactor({.records = {}, .end = {grpc::StatusCode::NOT_FOUND, "not scripted"}});
    }
    Call call = std::move(script_.front());
    script_.erase(script_.begin());
    return new ScriptedReactor(std::move(call));
  }

  // Answers with these chunks.
  std::vector<v1::ParameterChunk> chunks;
  grpc::Status GetParameters(grpc::ServerContext*, const v1::GetParametersRequest*,
                             grpc::ServerWriter<v1::ParameterChunk>* writer) override {
    for (const v1::ParameterChunk& chunk : chunks) writer->Write(chunk);
    return grpc::Status::OK;
  }

 private:
  mutable core::Mutex mutex_;
  std::vector<Call> script_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::WatchJobRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

// Keeps one upload. Cuts the first calls of WriteUpload after so many bytes each.
class FakeDatasetService : public v1::DatasetService::Service {
 public:
  std::vector<int64_t> cuts;
  std::string bytes;
  v1::StartUploadRequest start;
  std::vector<int64_t> offsets;  // first of each WriteUpload
  bool crcs_are_right = true;
  bool is_complete = false;

  grpc::Status StartUpload(grpc::ServerContext*, const v1::StartUploadRequest* request, v1::Upload* upload) override {
    start = *request;
    *upload = Describe();
    return grpc::Status::OK;
  }
  grpc::Status GetUpload(grpc::ServerContext*, const v1::GetUploadRequest*, v1::Upload* upload) override {
    *upload = Describe();
    return grpc::Status::OK;
  }
  grpc::Status WriteUpload(grpc::ServerContext*, grpc::ServerReader<v1::WriteUploadRequest>* reader,
                           v1::Upload* upload) override {
    const bool is_cut = !cuts.empty();
    const size_t limit = is_cut ? bytes.size() + static_cast<size_t>(cuts.front()) : ~size_t{0};
    if (is_cut) cuts.erase(cuts.begin());
    bool is_first = true;
    for (v1::WriteUploadRequest message; reader->Read(&message); is_first = false) {
      if (is_first) offsets.push_back(message.offset());
      const std::string& data = message.data();
      crcs_are_right &= message.has_crc32() &&
                        message.crc32() == crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size());
      if (message.offset() != static_cast<int64_t>(bytes.size())) return {grpc::StatusCode::OUT_OF_RANGE, "offset"};
      if (bytes.size() + data.size() > limit) return {grpc::StatusCode::UNAVAILABLE, "cut"};
      bytes += data;
      is_complete = message.finish();
    }
    *upload = Describe();
    return grpc::Status::OK;
  }

 private:
  v1::Upload Describe() const {
    v1::Upload upload;
    upload.set_name("uploads/u1");
    if (start.has_size_bytes()) upload.set_size_bytes(start.size_bytes());
    upload.set_committed_bytes(static_cast<int64_t>(bytes.size()));
    upload.set_complete(is_complete);
    return upload;
  }
};

// The services on a socket of their own.
class FakeServer {
 public:
  FakeServer() {
    char folder[] = "/tmp/descent-test-XXXXXX";
    folder_ = mkdtemp(folder);
    Start();
  }
  ~FakeServer() {
    Stop();
    rmdir(folder_.c_str());
  }

  std::string address() const { return absl::StrCat("unix:", folder_, "/s"); }
  FakeJobService& jobs() { return jobs_; }
  FakeDatasetService& datasets() { return datasets_; }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(&jobs_);
    builder.RegisterService(&datasets_);
    server_ = builder.BuildAndStart();
  }
  // Cuts every connection.
  void Stop() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

 private:
  std::string folder_;
  FakeJobService jobs_;
  FakeDatasetService datasets_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace descent::client

#endif  // DESCENT_TESTS_CLIENT_FAKE_SERVER_H_
