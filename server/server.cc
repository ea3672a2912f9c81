#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/strings/str_cat.h"
#include "core/base/eigen.h"
#include "core/base/status.h"
#include "descent/v1/server_service.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "server/build_info.h"
#include "server/convert/job.h"
#include "server/convert/spec.h"
#include "server/datasets/dataset_manager.h"
#include "server/jobs/manager.h"
#include "server/listen.h"
#include "server/models/predictor_cache.h"
#include "server/rpc/call.h"
#include "server/rpc/catalog_service.h"
#include "server/rpc/dataset_service.h"
#include "server/rpc/job_service.h"
#include "server/rpc/model_service.h"
#include "server/rpc/worker_pool.h"
#include "server/security/authenticator.h"
#include "server/store/file_checkpoint_store.h"
#include "server/store/segment_log_store.h"
#include "server/store/sqlite_database.h"
#include "server/store/sqlite_dataset_store.h"
#include "server/store/sqlite_job_store.h"

namespace descent::server {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;
constexpr int kRequestThreads = 16;
constexpr int kStreamThreads = 4;
constexpr size_t kCachedPredictors = 64;
// Of what gRPC may hold for all connections together.
constexpr size_t kTransportMemoryBytes = size_t{1} << 30;

int Processors() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

// Jobs see datasets through this.
class ManagedDatasets : public jobs::DataSource {
 public:
  explicit ManagedDatasets(datasets::DatasetManager* manager) : manager_(manager) {}

  absl::StatusOr<std::string> Version(const std::string& owner, const std::string& dataset) override {
    DESCENT_ASSIGN_OR_RETURN(const datasets::DatasetView view, manager_->Get(owner, dataset));
    return view.record.version;
  }
  absl::StatusOr<std::shared_ptr<const core::Table>> Load(const std::string& version) override {
    return manager_->Load(version);
  }

 private:
  datasets::DatasetManager* const manager_;
};

// Members stand in the order in which they are made; they go in the opposite one.
class ServerImpl final : public Server {
 public:
  explicit ServerImpl(ServerOptions options) : options_(std::move(options)) {}
  ~ServerImpl() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Open();
  absl::Status Serve();

  const std::string& address() const override { return address_; }
  std::shared_ptr<grpc::Channel> InProcessChannel() override { return grpc_->InProcessChannel(channel_arguments_); }
  void Shutdown(absl::Duration grace) override;

 private:
  absl::Status OpenStores();
  absl::Status OpenManagers();
  absl::Status ChooseDiskBudget();
  v1::ServerInfo Facts() const;
  void Configure(grpc::ServerBuilder* builder);
  // What the health service says of each service.
  void SetServing(bool serving);
  int64_t StoredBytes() const;
  absl::Status CheckRoom() const;

  ServerOptions options_;
  std::string address_;
  grpc::ChannelArguments channel_arguments_;
  absl::Time started_;
  std::unique_ptr<core::FileLock> lock_;
  std::unique_ptr<security::Authenticator> authenticator_;
  std::unique_ptr<store::SqliteDatabase> database_;
  std::unique_ptr<store::SqliteJobStore> job_store_;
  std::unique_ptr<store::SqliteDatasetStore> dataset_store_;
  std::unique_ptr<store::SegmentLogStore> log_store_;
  std::unique_ptr<store::FileCheckpointStore> checkpoint_store_;
  std::unique_ptr<datasets::DatasetManager> datasets_;
  std::unique_ptr<ManagedDatasets> data_source_;
  std::unique_ptr<jobs::Manager> jobs_;
  std::unique_ptr<models::PredictorCache> models_;
  std::unique_ptr<rpc::WorkerPool> requests_;
  std::unique_ptr<rpc::WorkerPool> streams_;
  rpc::CallShared shared_;
  std::unique_ptr<rpc::DatasetService> dataset_service_;
  std::unique_ptr<rpc::JobService> job_service_;
  std::unique_ptr<rpc::ModelService> model_service_;
  std::unique_ptr<rpc::CatalogService> catalog_service_;
  std::unique_ptr<rpc::ServerService> server_service_;
  std::unique_ptr<grpc::Server> grpc_;
};

absl::Status ServerImpl::Open() {
  DESCENT_RETURN_IF_ERROR(CheckCpu());
  core::FixEigenCacheSizes();
  if (options_.env == nullptr) options_.env = core::Env::Posix();
  if (options_.log_error == nullptr) options_.log_error = [](const std::string&) {};
  if (options_.max_running_jobs == 0) options_.max_running_jobs = Processors();
  if (options_.max_threads == 0) options_.max_threads = Processors();
  started_ = options_.env->Now();
  std::vector<std::string> tokens;
  if (!options_.token_file.empty()) {
    DESCENT_ASSIGN_OR_RETURN(tokens, security::Authenticator::ReadTokenFile(options_.token_file));
  }
  authenticator_ = std::make_unique<security::Authenticator>(std::move(tokens));
  DESCENT_RETURN_IF_ERROR(options_.env->CreateDirectories(options_.data_directory));
  absl::StatusOr<std::unique_ptr<core::FileLock>> lock =
      options_.env->LockFile(absl::StrCat(options_.data_directory, "/lock"));
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(
        absl::StrCat("another server uses ", options_.data_directory, "; stop it or choose another --data-dir"));
  }
  if (!lock.ok()) return lock.status();
  lock_ = *std::move(lock);
  DESCENT_RETURN_IF_ERROR(OpenStores());
  return OpenManagers();
}

absl::Status ServerImpl::OpenStores() {
  const std::string& directory = options_.data_directory;
  DESCENT_ASSIGN_OR_RETURN(database_,
                           store::SqliteDatabase::Open(options_.env, absl::StrCat(directory, "/descent.db")));
  DESCENT_ASSIGN_OR_RETURN(job_store_, store::SqliteJobStore::Create(database_.get()));
  DESCENT_ASSIGN_OR_RETURN(dataset_store_, store::SqliteDatasetStore::Create(database_.get()));
  store::SegmentLogOptions log_options;
  log_options.segment_bytes = options_.segment_bytes;
  DESCENT_ASSIGN_OR_RETURN(log_store_,
                           store::SegmentLogStore::Create(options_.env, absl::StrCat(directory, "/logs"), log_options));
  DESCENT_ASSIGN_OR_RETURN(checkpoint_store_,
                           store::FileCheckpointStore::Create(options_.env, absl::StrCat(directory, "/checkpoints")));
  return absl::OkStatus();
}

absl::Status ServerImpl::OpenManagers() {
  datasets::DatasetManagerOptions dataset_options;
  dataset_options.directory = options_.data_directory;
  dataset_options.max_upload_bytes = options_.max_upload_bytes;
  dataset_options.check_room = [this] { return CheckRoom(); };
  dataset_options.if_unused = [this](const std::string& name, const std::string& version,
                                     const std::function<absl::Status()>& remove) {
    return jobs_->WithUnusedDataset(name, version, remove);
  };
  DESCENT_ASSIGN_OR_RETURN(
      datasets_, datasets::DatasetManager::Create(options_.env, dataset_store_.get(), std::move(dataset_options)));
  data_source_ = std::make_unique<ManagedDatasets>(datasets_.get());
  DESCENT_RETURN_IF_ERROR(ChooseDiskBudget());

  jobs::ManagerOptions options;
  options.max_running_jobs = options_.max_running_jobs;
  options.limits.max_threads = options_.max_threads;
  options.limits.default_log_byte_budget = options_.log_byte_budget;
  options.limits.max_parameters = options_.max_parameters;
  options.build = BuildName();
  jobs::ManagerParts parts;
  parts.env = options_.env;
  parts.jobs = job_store_.get();
  parts.logs = log_store_.get();
  parts.checkpoints = checkpoint_store_.get();
  parts.data = data_source_.get();
  parts.encode_spec = convert::EncodeSpec;
  parts.decode_spec = convert::DecodeSpec;
  parts.check_room = [this] { return CheckRoom(); };
  parts.log_error = options_.log_error;
  DESCENT_ASSIGN_OR_RETURN(jobs_, jobs::Manager::Create(std::move(options), std::move(parts)));
  models_ = std::make_unique<models::PredictorCache>(kCachedPredictors);
  return absl::OkStatus();
}

absl::Status ServerImpl::ChooseDiskBudget() {
  if (options_.disk_budget_bytes > 0) return absl::OkStatus();
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(options_.data_directory, error);
  const int64_t free_bytes = error ? int64_t{10} << 30 : static_cast<int64_t>(space.available);
  options_.disk_budget_bytes = StoredBytes() + free_bytes / 10 * 9;
  return absl::OkStatus();
}

int64_t ServerImpl::StoredBytes() const {
  return log_store_->TotalBytes() + checkpoint_store_->TotalBytes() + datasets_->TotalBytes();
}

absl::Status ServerImpl::CheckRoom() const {
  const int64_t stored = StoredBytes();
  if (stored <= options_.disk_budget_bytes) return absl::OkStatus();
  return core::MakeError(
      core::ErrorReason::kLimitExceeded,
      absl::StrCat("the server's disk budget of ", options_.disk_budget_bytes, " bytes is used up (", stored,
                   " bytes are stored); delete jobs or datasets"),
      {{"limit", absl::StrCat(options_.disk_budget_bytes)}, {"requested", absl::StrCat(stored)}, {"unit", "bytes"}});
}

v1::ServerInfo ServerImpl::Facts() const {
  v1::ServerInfo info;
  info.set_version(kVersion);
  info.set_build(BuildName());
  info.set_cpu_class(kCpuClass);
  convert::TimeToProto(started_, info.mutable_start_time());
  v1::ServerLimits* limits = info.mutable_limits();
  limits->set_max_message_bytes(kMaxMessageBytes);
  limits->set_max_upload_bytes(options_.max_upload_bytes);
  limits->set_max_threads(options_.max_threads);
  limits->set_max_running_jobs(options_.max_running_jobs);
  limits->set_disk_budget_bytes(options_.disk_budget_bytes);
  limits->set_default_log_byte_budget(options_.log_byte_budget);
  limits->set_max_parameters(options_.max_parameters);
  return info;
}

void ServerImpl::Configure(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxMessageBytes);
  // Watches idle for long: clients may ping every 10 s and without calls.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10000);
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  grpc::ResourceQuota quota("descentd");
  quota.Resize(kTransportMemoryBytes);
  builder->SetResourceQuota(quota);
  builder->RegisterService(dataset_service_.get());
  builder->RegisterService(job_service_.get());
  builder->RegisterService(model_service_.get());
  builder->RegisterService(catalog_service_.get());
  builder->RegisterService(server_service_.get());
}

absl::Status ServerImpl::Serve() {
  static absl::once_flag plugins;
  absl::call_once(plugins, [] {
    grpc::EnableDefaultHealthCheckService(true);
    // gRPC's own health service has no descriptor. Mentioning the standard one keeps the linker from dropping it, and
    // reflection finds it.
    static_cast<void>(grpc::health::v1::HealthCheckRequest::descriptor());
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
  requests_ = std::make_unique<rpc::WorkerPool>(kRequestThreads);
  streams_ = std::make_unique<rpc::WorkerPool>(kStreamThreads);
  shared_ = {requests_.get(), streams_.get(), authenticator_.get(), options_.log_error};
  dataset_service_ = std::make_unique<rpc::DatasetService>(shared_, datasets_.get());
  job_service_ = std::make_unique<rpc::JobService>(shared_, jobs_.get(), models_.get());
  model_service_ = std::make_unique<rpc::ModelService>(shared_, jobs_.get(), data_source_.get(), models_.get());
  catalog_service_ = std::make_unique<rpc::CatalogService>(shared_);
  server_service_ = std::make_unique<rpc::ServerService>(shared_, Facts(), [this] { return StoredBytes(); });

  grpc::ServerBuilder builder;
  Configure(&builder);
  int port = 0;
  ListenAddress listen;
  if (!options_.address.empty()) {
    DESCENT_ASSIGN_OR_RETURN(listen, ParseListenAddress(options_.address));
    DESCENT_RETURN_IF_ERROR(CheckListenOptions(listen, options_));
    DESCENT_RETURN_IF_ERROR(PrepareSocket(listen));
    DESCENT_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials, MakeCredentials(options_));
    builder.AddListeningPort(options_.address, credentials, &port);
  }
  // The socket is nobody else's from its first moment.
  const mode_t mask = umask(0077);
  grpc_ = builder.BuildAndStart();
  umask(mask);
  if (grpc_ == nullptr || (!options_.address.empty() && listen.socket_path.empty() && port == 0)) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options_.address,
                     ": is the port taken, the folder writable, the certificate and key PEM?"));
  }
  SetServing(true);
  address_ = listen.host.empty() ? options_.address : absl::StrCat(listen.host, ":", port);
  return absl::OkStatus();
}

void ServerImpl::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* const health = grpc_->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const char* const service : {v1::DatasetService::service_full_name(), v1::JobService::service_full_name(),
                                    v1::ModelService::service_full_name(), v1::CatalogService::service_full_name(),
                                    v1::ServerService::service_full_name()}) {
    health->SetServingStatus(service, serving);
  }
}

void ServerImpl::Shutdown(absl::Duration grace) {
  if (grpc_ != nullptr) SetServing(false);
  if (jobs_ != nullptr) jobs_->Drain();
  if (grpc_ != nullptr) {
    grpc_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
    grpc_->Wait();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  if (!options.address.empty()) {
    DESCENT_ASSIGN_OR_RETURN(const ListenAddress listen, ParseListenAddress(options.address));
    DESCENT_RETURN_IF_ERROR(CheckListenOptions(listen, options));
  }
  auto server = std::make_unique<ServerImpl>(std::move(options));
  DESCENT_RETURN_IF_ERROR(server->Open());
  DESCENT_RETURN_IF_ERROR(server->Serve());
  return server;
}

}  // namespace descent::server
