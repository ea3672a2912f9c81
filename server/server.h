// descentd's composition root: every shared object is made here, and nowhere else.
#ifndef DESCENT_SERVER_SERVER_H_
#define DESCENT_SERVER_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/env.h"
#include "grpcpp/grpcpp.h"

namespace descent::server {

// How a server is run. Sizes are bytes.
struct ServerOptions {
  std::string data_directory;  // made if missing; one server at a time
  // Where to listen: `unix:/path` or `HOST:PORT`; port 0 takes a free one. Empty: nowhere, for tests that connect
  // in-process.
  std::string address;
  std::string tls_certificate_file;  // PEM; with the key; required beyond loopback
  std::string tls_key_file;
  std::string token_file;                      // required beyond loopback; see security::Authenticator::ReadTokenFile
  int max_running_jobs = 0;                    // 0: one a processor
  int max_threads = 0;                         // of a job; 0: one a processor
  int64_t disk_budget_bytes = 0;               // 0: nine tenths of what is free at start, and what is stored already
  int64_t log_byte_budget = int64_t{1} << 30;  // of a job, unless its spec says otherwise
  int64_t segment_bytes = 16 << 20;            // of a log's own files: what retention thins and drops at once
  int64_t max_upload_bytes = int64_t{4} << 30;
  int64_t max_parameters = int64_t{1} << 26;
  core::Env* env = nullptr;                           // default: the operating system
  std::function<void(const std::string&)> log_error;  // default: nowhere
};

// A running server. Thread-safety: all methods, any thread.
class Server {
 public:
  // Takes the data directory's lock, recovers jobs and starts to serve. Errors say what to do.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options);
  // Shuts down.
  virtual ~Server() = default;

  // What clients connect to: the address with its port filled in.
  virtual const std::string& address() const = 0;
  // A channel inside this process.
  virtual std::shared_ptr<grpc::Channel> InProcessChannel() = 0;
  // Lets no job go on, checkpoints those that run, ends watches with their cursors, lets other calls finish until the
  // grace period is over. Once; returns when all is done.
  virtual void Shutdown(absl::Duration grace) = 0;
};

}  // namespace descent::server

#endif  // DESCENT_SERVER_SERVER_H_
