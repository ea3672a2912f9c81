// Sending a file to the server in pieces, going on after a cut from what has arrived.
#ifndef DESCENT_CLIENT_UPLOAD_H_
#define DESCENT_CLIENT_UPLOAD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/backoff.h"
#include "client/client.h"
#include "descent/v1/dataset_service.pb.h"

namespace descent::client {

struct UploadOptions {
  // Name of an upload of the same file that was cut: goes on with it. Default: a new one.
  std::string resume;
  // After a cut. Gives up after 1 min without a byte that arrived; the upload can be resumed later.
  RetryPolicy retry = {.give_up_after = absl::Minutes(1)};
  // Bytes a message, each with its CRC-32. Default 256 KiB; at most 1 MiB.
  int64_t message_bytes = 256 << 10;
  // Called at the start, with the name that `resume` takes, and as bytes are sent. Default: nothing.
  std::function<void(const v1::Upload& upload, int64_t sent_bytes, int64_t size_bytes)> on_progress;
  // Asked between messages; true ends the upload with CANCELLED. Default: never.
  std::function<bool()> is_cancelled;
};

// Uploads a file and returns the complete upload. Errors of the file are NOT_FOUND or INVALID_ARGUMENT.
absl::StatusOr<v1::Upload> UploadFile(const Client& client, const std::string& path, const UploadOptions& options);

// SHA-256 of a file, 64 hexadecimal digits in lower case: what CreateDataset checks.
absl::StatusOr<std::string> FileSha256(const std::string& path);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_UPLOAD_H_
