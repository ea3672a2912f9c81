// Where a server listens, and what that needs: a guarded socket file, or TLS and a token beyond loopback.
#ifndef DESCENT_SERVER_LISTEN_H_
#define DESCENT_SERVER_LISTEN_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/server.h"

namespace descent::server {

// An address in its parts.
struct ListenAddress {
  std::string socket_path;  // empty for HOST:PORT
  std::string host;
  int port = 0;
  bool is_loopback = false;
};

// INVALID_ARGUMENT for what is neither `unix:/path` nor `HOST:PORT`.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& address);

// Says what is missing before an address may be served.
absl::Status CheckListenOptions(const ListenAddress& address, const ServerOptions& options);

// Makes the socket's folder for this user alone and removes a socket that a dead server left. ALREADY_EXISTS when a
// server answers on it.
absl::Status PrepareSocket(const ListenAddress& address);

// Plain, or TLS from the options' files.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const ServerOptions& options);

}  // namespace descent::server

#endif  // DESCENT_SERVER_LISTEN_H_
