#include "client/errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "descent/v1/error_details.pb.h"

namespace descent::client {
namespace {

constexpr char kInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

}  // namespace

absl::Status StatusFromWire(int code, absl::string_view message, absl::string_view details) {
  const absl::Status plain(static_cast<absl::StatusCode>(code), message);
  v1::ErrorStatus wire;
  if (plain.ok() || details.empty() || !wire.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    return plain;
  }
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  core::ErrorMetadata metadata;
  core::Violations violations;
  for (const google::protobuf::Any& detail : wire.details()) {
    v1::ErrorInfo info;
    v1::BadRequest bad_request;
    // The messages travel under other names than their own, so UnpackTo does not know them.
    if (detail.type_url() == kInfoUrl && info.ParseFromString(detail.value())) {
      v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", info.reason()), &reason);
      metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (detail.type_url() == kBadRequestUrl && bad_request.ParseFromString(detail.value())) {
      for (const auto& violation : bad_request.field_violations()) {
        violations.Add(violation.field(), violation.description());
      }
    }
  }
  if (reason == v1::ERROR_REASON_UNSPECIFIED) return plain;
  if (reason == v1::ERROR_REASON_INVALID_FIELD && !violations.empty()) return violations.ToStatus();
  return core::MakeError(static_cast<core::ErrorReason>(reason - 1), message, metadata);
}

bool IsConnectionLost(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kUnavailable) return true;
  const bool may_be_transport = status.code() == absl::StatusCode::kUnknown ||
                                status.code() == absl::StatusCode::kInternal ||
                                status.code() == absl::StatusCode::kCancelled;
  return may_be_transport && !core::GetErrorInfo(status).has_reason;
}

}  // namespace descent::client
