// How a client reaches its server.
#ifndef DESCENT_CLIENT_OPTIONS_H_
#define DESCENT_CLIENT_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace descent::client {

struct Options {
  // `unix:/path/to/socket` or `host:port`. Default: the local socket, see core/base/local_address.h.
  std::string address;
  // Sent as `authorization: Bearer TOKEN`. Default: none.
  std::string token;
  // Whether to encrypt. Default: only when ca_certificate_path is set.
  bool use_tls = false;
  // PEM file of the authority that signed the server's certificate. Default: those of the system.
  std::string ca_certificate_path;
  // Longest wait for the answer of a call. Default 30 s.
  absl::Duration call_timeout = absl::Seconds(30);
  // The same for calls that go through data: InspectUpload, CreateDataset, Predict, Evaluate, GetParameters. Default
  // 10 min.
  absl::Duration data_timeout = absl::Minutes(10);
  // Idle time after which a connection is tested. Default 30 s, the least that the server permits comfortably.
  absl::Duration keepalive_interval = absl::Seconds(30);
};

// DESCENT_SERVER (address), DESCENT_TOKEN or DESCENT_TOKEN_FILE, DESCENT_CA (certificate file); what is not set keeps
// its default. Fails when the token file cannot be read.
absl::StatusOr<Options> OptionsFromEnvironment();

// First line of a file with a token. Fails when it is empty or cannot be read.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

// Whether a client can be made of these: the form of the address, and no token over an open network.
absl::Status CheckOptions(const Options& options);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_OPTIONS_H_
