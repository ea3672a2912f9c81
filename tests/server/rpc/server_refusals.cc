// Tokens, the server's own troubles, and a server that goes away.
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/env.h"
#include "core/base/mutex.h"
#include "descent/v1/catalog_service.pb.h"
#include "descent/v1/job_service.grpc.pb.h"
#include "descent/v1/server_service.pb.h"
#include "tests/server/rpc/refusal.h"
#include "tests/server/rpc/refusal_servers.h"

namespace descent::rpc {
namespace {

// The operating system, until told otherwise. Thread-safety: all methods, any thread.
class TroubledEnv final : public core::Env {
 public:
  // What writing a whole file fails with from now on.
  void FailWrites(absl::Status status) {
    core::MutexLock lock(&mu_);
    write_error_ = std::move(status);
  }
  // Whether checkpoints wait.
  void HoldCheckpoints(bool hold) {
    core::MutexLock lock(&mu_);
    checkpoints_are_held_ = hold;
  }

  absl::Status WriteFileAtomically(const std::string& path, absl::Span<const absl::string_view> parts) override {
    {
      core::MutexLock lock(&mu_);
      if (absl::StrContains(path, "/checkpoints/")) mu_.Await([this] { return !checkpoints_are_held_; });
      if (!write_error_.ok()) return write_error_;
    }
    return posix_->WriteFileAtomically(path, parts);
  }

  absl::StatusOr<std::unique_ptr<core::WritableFile>> OpenForAppend(const std::string& path, int64_t size) override {
    return posix_->OpenForAppend(path, size);
  }
  absl::StatusOr<std::unique_ptr<core::RandomAccessFile>> OpenForRead(const std::string& path) override {
    return posix_->OpenForRead(path);
  }
  absl::StatusOr<std::string> ReadFile(const std::string& path) override { return posix_->ReadFile(path); }
  absl::Status DeleteFile(const std::string& path) override { return posix_->DeleteFile(path); }
  absl::Status CreateDirectories(const std::string& path) override { return posix_->CreateDirectories(path); }
  absl::Status DeleteDirectory(const std::string& path) override { return posix_->DeleteDirectory(path); }
  absl::Status SyncDirectory(const std::string& path) override { return posix_->SyncDirectory(path); }
  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override {
    return posix_->ListDirectory(path);
  }
  absl::StatusOr<int64_t> FileSize(const std::string& path) override { return posix_->FileSize(path); }
  absl::StatusOr<std::unique_ptr<core::FileLock>> LockFile(const std::string& path) override {
    return posix_->LockFile(path);
  }
  absl::Time Now() override { return posix_->Now(); }
  absl::Duration MonotonicNow() override { return posix_->MonotonicNow(); }

 private:
  core::Env* const posix_ = core::Env::Posix();
  core::Mutex mu_;
  bool checkpoints_are_held_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status write_error_ ABSL_GUARDED_BY(mu_);
};

server::ServerOptions OptionsIn(const TempDirectory& directory, core::Env* env) {
  server::ServerOptions options;
  options.data_directory = directory.path() + "/data";
  options.max_running_jobs = 1;
  options.env = env;
  return options;
}

// StartUpload when the file system fails it, with words that name a file.
grpc::Status FailingDisk(const absl::Status& error) {
  const TempDirectory directory;
  TroubledEnv env;
  const auto server = StartServer(OptionsIn(directory, &env));
  env.FailWrites(error);
  return Invoke(server->InProcessChannel(), "StartUpload", "");
}

// CreateJob on a table that was stored, and then changed by `harm`.
grpc::Status DamagedTable(const std::function<void(const std::string& path)>& harm) {
  const TempDirectory directory;
  core::Env* const env = core::Env::Posix();
  Expect(StartServer(OptionsIn(directory, env))->InProcessChannel(), "CreateDataset",
         "dataset_id: 'harmed' rows { row_count: 1 columns { name: 'a' numbers: 1 } }");
  const std::string tables = directory.path() + "/data/tables";
  const absl::StatusOr<std::vector<std::string>> names = env->ListDirectory(tables);
  EXPECT_EQ(names->size(), 1u);
  const auto server = StartServer(OptionsIn(directory, env));
  harm(absl::StrCat(tables, "/", names->front()));
  return Invoke(server->InProcessChannel(), "CreateJob",
                "spec { problem { dataset { dataset: 'datasets/harmed' model { linear {} } } } optimizer { sgd {} } }");
}

// A watch that has seen all there is when the server shuts down. On a socket: inside a process, connections end with
// the server at once.
grpc::Status WatchUntilTheEnd() {
  const TempDirectory directory;
  server::ServerOptions options = OptionsIn(directory, nullptr);
  options.address = absl::StrCat("unix:", directory.path(), "/socket");
  const auto server = StartServer(options);
  const Channel channel = grpc::CreateChannel(options.address, grpc::InsecureChannelCredentials());
  Expect(channel, "CreateJob", EndlessJob("endless"));
  Expect(channel, "PauseJob", "name: 'jobs/endless'");
  const auto stub = v1::JobService::NewStub(channel);
  grpc::ClientContext context;
  const auto reader = stub->WatchJob(&context, Parse<v1::WatchJobRequest>("name: 'jobs/endless'"));
  v1::LogRecord record;
  while (reader->Read(&record) && record.state_change().state() != v1::JOB_STATE_PAUSED) {
  }
  std::thread shutdown([&server] { server->Shutdown(absl::InfiniteDuration()); });
  while (reader->Read(&record)) {
  }
  const grpc::Status status = reader->Finish();
  shutdown.join();
  return status;
}

// CreateJob while the server waits for a running job's checkpoint.
grpc::Status CreateWhileDraining() {
  const TempDirectory directory;
  TroubledEnv env;
  const auto server = StartServer(OptionsIn(directory, &env));
  const Channel channel = server->InProcessChannel();
  Expect(channel, "CreateJob", EndlessJob("endless"));
  while (Expect<v1::Job>(channel, "GetJob", "name: 'jobs/endless'").state() != v1::JOB_STATE_RUNNING) {
  }
  env.HoldCheckpoints(true);
  std::thread shutdown([&server] { server->Shutdown(absl::InfiniteDuration()); });
  grpc::Status status;
  while (status.ok()) {
    status = Invoke(channel, "CreateJob",
                    "validate_only: true spec { problem { function { name: 'bowl' } } optimizer { sgd {} } }");
  }
  env.HoldCheckpoints(false);
  shutdown.join();
  return status;
}

Refusal Guarded(const std::string& id, const std::string& call, const std::string& authorization) {
  return {.id = id, .call = call, .provoke = [call, authorization](RefusalServers& servers) {
            // A good token, so that the refusals are of the bad ones.
            EXPECT_TRUE(
                Invoke(servers.guarded(), "GetServerInfo", "", absl::StrCat("Bearer ", RefusalServers::kToken)).ok());
            return Invoke(servers.guarded(), call, "", authorization);
          }};
}

template <typename Do>
Refusal Provoked(const std::string& id, const std::string& call, Do act) {
  return {.id = id, .call = call, .provoke = [act](RefusalServers&) { return act(); }};
}

}  // namespace

std::vector<Refusal> ServerRefusals() {
  const std::string other_token = absl::StrCat("Bearer ", std::string(32, 'f'));
  return {
      Guarded("token-missing", "GetServerInfo", ""),
      Guarded("token-wrong", "ListJobs", other_token),
      Guarded("token-cut", "CreateJob", absl::StrCat("Bearer ", std::string(RefusalServers::kToken).substr(0, 31))),
      Guarded("token-not-bearer", "CreateDataset", "Basic dXNlcjpwYXNz"),
      Guarded("token-missing-in-watch", "WatchJob", ""),
      Guarded("token-wrong-in-upload", "WriteUpload", other_token),
      Guarded("token-missing-in-parameters", "GetParameters", ""),
      {"catalog-kind-unknown", "GetCatalog", "kind: 99"},
      {.id = "server-info-unknown-field",
       .call = "GetServerInfo",
       .provoke =
           [](RefusalServers& servers) {
             v1::GetServerInfoRequest request;
             request.GetReflection()->MutableUnknownFields(&request)->AddVarint(99, 1);
             return Invoke(servers.full(), "GetServerInfo", request);
           }},
      Provoked("disk-fails", "StartUpload",
               [] { return FailingDisk(absl::InternalError("/home/descent/uploads/u1.facts: Input/output error")); }),
      Provoked("disk-full", "StartUpload",
               [] {
                 return FailingDisk(
                     absl::ResourceExhaustedError("/home/descent/uploads/u1.facts: No space left on device"));
               }),
      Provoked("table-damaged", "CreateJob",
               [] {
                 return DamagedTable([](const std::string& path) {
                   const absl::string_view garbage = "garbage";
                   EXPECT_TRUE(core::Env::Posix()->WriteFileAtomically(path, absl::MakeConstSpan(&garbage, 1)).ok());
                 });
               }),
      Provoked("table-lost", "CreateJob",
               [] {
                 return DamagedTable(
                     [](const std::string& path) { EXPECT_TRUE(core::Env::Posix()->DeleteFile(path).ok()); });
               }),
      Provoked("draining-watch", "WatchJob", WatchUntilTheEnd),
      Provoked("draining-create", "CreateJob", CreateWhileDraining),
  };
}

}  // namespace descent::rpc
