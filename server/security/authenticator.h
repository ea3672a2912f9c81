// Who a caller is. Every call has an identity; there is one owner, and the question is only whether it is they.
#ifndef DESCENT_SERVER_SECURITY_AUTHENTICATOR_H_
#define DESCENT_SERVER_SECURITY_AUTHENTICATOR_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace descent::security {

// The owner of everything that a caller makes; scopes all names.
struct Caller {
  std::string owner;
};

// Thread-safety: immutable.
class Authenticator {
 public:
  // `tokens`: what `authorization: Bearer TOKEN` may hold; empty: callers need none (unix socket and loopback only).
  explicit Authenticator(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}

  // One token a line; blank lines and lines that begin with # do not count. A token has at least 16 characters.
  static absl::StatusOr<std::vector<std::string>> ReadTokenFile(const std::string& path);

  // `peer` is the transport's name of the caller. A unix socket is guarded by its file's mode and needs no token.
  // `authorization` is the header of that name, empty if there is none. UNAUTHENTICATED says what to send.
  absl::StatusOr<Caller> Identify(absl::string_view peer, absl::string_view authorization) const;

 private:
  const std::vector<std::string> tokens_;
};

}  // namespace descent::security

#endif  // DESCENT_SERVER_SECURITY_AUTHENTICATOR_H_
