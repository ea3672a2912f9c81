// Failed calls as absl::Status with the reason, metadata and violations of core/base/errors.h.
#ifndef DESCENT_CLIENT_ERRORS_H_
#define DESCENT_CLIENT_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace descent::client {

// A status as it came over the wire: code and message of gRPC, and the bytes of `grpc-status-details-bin`. Details that
// are missing, damaged or of an unknown reason leave code and message.
absl::Status StatusFromWire(int code, absl::string_view message, absl::string_view details);

// Whether the connection failed rather than the server refused: every refusal has a reason. Trying again may help, and
// is right when the call can be repeated.
bool IsConnectionLost(const absl::Status& status);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_ERRORS_H_
