#include "client/options.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/local_address.h"
#include "core/base/status.h"

namespace descent::client {
namespace {

// sockaddr_un holds 108 bytes with the terminating zero.
constexpr size_t kMaxSocketPath = 107;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || absl::StartsWith(host, "127.") || host == "[::1]";
}

absl::Status CheckSocketPath(absl::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("the address `unix:` lacks the path of a socket");
  if (path.size() > kMaxSocketPath) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of a socket has at most ", kMaxSocketPath, " bytes, ", path, " has ", path.size()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (!file) return absl::NotFoundError(absl::StrCat("the token file ", path, " cannot be opened"));
  std::getline(file, token);
  token = std::string(absl::StripAsciiWhitespace(token));
  if (token.empty()) return absl::InvalidArgumentError(absl::StrCat("the first line of ", path, " holds no token"));
  return token;
}

absl::StatusOr<Options> OptionsFromEnvironment() {
  Options options;
  options.address = Environment("DESCENT_SERVER");
  if (options.address.empty()) options.address = core::LocalAddress();
  options.token = Environment("DESCENT_TOKEN");
  const std::string token_file = Environment("DESCENT_TOKEN_FILE");
  if (options.token.empty() && !token_file.empty()) {
    DESCENT_ASSIGN_OR_RETURN(options.token, ReadTokenFile(token_file));
  }
  options.ca_certificate_path = Environment("DESCENT_CA");
  return options;
}

absl::Status CheckOptions(const Options& options) {
  absl::string_view address = options.address;
  for (const char c : options.token) {
    if (!absl::ascii_isgraph(c)) return absl::InvalidArgumentError("the token must be visible ASCII without blanks");
  }
  if (absl::ConsumePrefix(&address, "unix:")) return CheckSocketPath(address);
  const size_t colon = address.rfind(':');
  const absl::string_view host = address.substr(0, colon);
  int port = 0;
  if (colon == absl::string_view::npos || host.empty() || host.find('/') != absl::string_view::npos ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("the address must be `unix:/path/to/socket` or `host:port`, was \"", address, "\""));
  }
  const bool encrypted = options.use_tls || !options.ca_certificate_path.empty();
  if (!options.token.empty() && !encrypted && !IsLoopback(host)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a token would travel to ", host, " unencrypted; give the server's certificate authority or ask for TLS"));
  }
  return absl::OkStatus();
}

}  // namespace descent::client
