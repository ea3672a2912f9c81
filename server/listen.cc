#include "server/listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/env.h"
#include "core/base/status.h"

namespace descent::server {
namespace {

// Whether somebody accepts connections on a socket file.
bool Answers(const std::string& path) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const bool answers = connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return answers;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& address) {
  ListenAddress parsed;
  absl::string_view rest = address;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    absl::ConsumePrefix(&rest, "//");
    parsed.socket_path = std::string(rest);
    if (rest.empty() || rest.size() >= sizeof(sockaddr_un::sun_path)) {
      return absl::InvalidArgumentError(absl::StrCat("--listen ", address, ": a socket's path has 1 to ",
                                                     sizeof(sockaddr_un::sun_path) - 1,
                                                     " bytes; choose a shorter one"));
    }
    return parsed;
  }
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &parsed.port) || parsed.port < 0 ||
      parsed.port > 65535 || colon == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--listen ", address, ": must be unix:/path or HOST:PORT, for example 127.0.0.1:7070"));
  }
  parsed.host = address.substr(0, colon);
  parsed.is_loopback = parsed.host == "localhost" || parsed.host == "[::1]" || absl::StartsWith(parsed.host, "127.");
  return parsed;
}

absl::Status CheckListenOptions(const ListenAddress& address, const ServerOptions& options) {
  if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
    return absl::InvalidArgumentError("--tls-certificate and --tls-key go together: give both PEM files");
  }
  if (!address.socket_path.empty() || address.is_loopback) return absl::OkStatus();
  std::string missing;
  if (options.tls_certificate_file.empty()) absl::StrAppend(&missing, " --tls-certificate FILE --tls-key FILE");
  if (options.token_file.empty()) absl::StrAppend(&missing, " --token-file FILE");
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--listen ", options.address, " is reachable from other machines, which needs TLS and tokens; add", missing,
      " (a token: openssl rand -hex 32 > tokens; a certificate for a try: openssl req -x509 -newkey rsa:2048 "
      "-nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=HOST -addext subjectAltName=DNS:HOST), or "
      "listen on 127.0.0.1"));
}

absl::Status PrepareSocket(const ListenAddress& address) {
  if (address.socket_path.empty()) return absl::OkStatus();
  const std::string folder = std::filesystem::path(address.socket_path).parent_path().string();
  if (!folder.empty()) DESCENT_RETURN_IF_ERROR(core::Env::Posix()->CreateDirectories(folder));
  struct stat facts {};
  // In a folder that everybody may write to, somebody else could have made the one below it.
  if (stat(folder.empty() ? "." : folder.c_str(), &facts) != 0 ||
      (facts.st_uid != geteuid() && (facts.st_mode & S_ISVTX) == 0)) {
    return absl::FailedPreconditionError(absl::StrCat("the folder of ", address.socket_path,
                                                      " belongs to another user; choose another --listen unix:/path"));
  }
  if (Answers(address.socket_path)) {
    return absl::AlreadyExistsError(
        absl::StrCat("a server answers on ", address.socket_path, " already; stop it or choose another --listen"));
  }
  unlink(address.socket_path.c_str());
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const ServerOptions& options) {
  if (options.tls_certificate_file.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions tls;
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  DESCENT_ASSIGN_OR_RETURN(pair.cert_chain, core::Env::Posix()->ReadFile(options.tls_certificate_file));
  DESCENT_ASSIGN_OR_RETURN(pair.private_key, core::Env::Posix()->ReadFile(options.tls_key_file));
  tls.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(tls);
}

}  // namespace descent::server
