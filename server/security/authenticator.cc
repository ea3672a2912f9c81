#include "server/security/authenticator.h"

#include <openssl/crypto.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/env.h"
#include "core/base/errors.h"
#include "core/base/status.h"

namespace descent::security {
namespace {

constexpr char kLocalOwner[] = "local";
constexpr size_t kLeastTokenSize = 16;

// Takes the same time wherever two tokens differ.
bool SameToken(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::Status Unauthenticated(absl::string_view what) {
  return core::MakeError(core::ErrorReason::kUnauthenticated,
                         absl::StrCat(what,
                                      "; send `authorization: Bearer TOKEN` with a token of the server's token file "
                                      "(descent: set DESCENT_TOKEN or --token-file)"));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Authenticator::ReadTokenFile(const std::string& path) {
  DESCENT_ASSIGN_OR_RETURN(const std::string text, core::Env::Posix()->ReadFile(path));
  std::vector<std::string> tokens;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    if (line.size() < kLeastTokenSize) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": a token needs at least ", kLeastTokenSize,
                                                     " characters; make one with: openssl rand -hex 32"));
    }
    tokens.emplace_back(line);
  }
  if (tokens.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no token; make one with: openssl rand -hex 32"));
  }
  return tokens;
}

absl::StatusOr<Caller> Authenticator::Identify(absl::string_view peer, absl::string_view authorization) const {
  if (tokens_.empty() || absl::StartsWith(peer, "unix:")) return Caller{kLocalOwner};
  if (authorization.empty()) return Unauthenticated("the call has no token");
  if (!absl::ConsumePrefix(&authorization, "Bearer "))
    return Unauthenticated("the call's authorization is not a bearer token");
  for (const std::string& token : tokens_) {
    if (SameToken(token, authorization)) return Caller{kLocalOwner};
  }
  return Unauthenticated("the call's token is not one of this server's");
}

}  // namespace descent::security
