// Errors on their way to the wire: the one map from absl::Status to gRPC, with google.rpc details.
#ifndef DESCENT_SERVER_CONVERT_STATUS_H_
#define DESCENT_SERVER_CONVERT_STATUS_H_

#include <string>

#include "absl/status/status.h"

namespace descent::convert {

// What a client gets of an error.
struct WireStatus {
  int code = 0;         // gRPC's, which are absl's
  std::string message;  // all violations in words
  std::string details;  // descent.v1.ErrorStatus: exactly one ErrorInfo, a BadRequest with INVALID_FIELD, ...
};

// Statuses without a reason are bugs or the server's own troubles: the client gets INTERNAL (or DATA_LOSS) with
// `reference`, which is in the server's log beside the real message.
WireStatus StatusToWire(const absl::Status& status, const std::string& reference);

// Whether the client gets the status as it is.
bool IsForClients(const absl::Status& status);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_STATUS_H_
