#include "server/convert/status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "descent/v1/error_details.pb.h"

namespace descent::convert {
namespace {

// gRPC sends the message and the details as metadata, which is limited to 8 KiB by default.
constexpr size_t kMaxMessageBytes = 2048;
constexpr int kMaxViolations = 24;
constexpr size_t kMaxTextBytes = 256;

void Pack(const char* type, const google::protobuf::Message& message, v1::ErrorStatus* status) {
  google::protobuf::Any* any = status->add_details();
  any->set_type_url(absl::StrCat("type.googleapis.com/google.rpc.", type));
  message.SerializeToString(any->mutable_value());
}

// Cuts at a character's start, so that the text stays UTF-8.
std::string Shorten(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

}  // namespace

bool IsForClients(const absl::Status& status) { return core::GetErrorInfo(status).has_reason; }

WireStatus StatusToWire(const absl::Status& status, const std::string& reference) {
  core::ErrorInfo info = core::GetErrorInfo(status);
  std::string message(status.message());
  absl::StatusCode code = status.code();
  if (!info.has_reason) {
    info.reason = core::ErrorReason::kInternal;
    info.metadata = {{"reference", reference}};
    code = absl::StatusCode::kInternal;
    message = absl::StrCat("an error inside the server; its log has the details under reference ", reference);
  }
  v1::ErrorStatus error;
  error.set_code(static_cast<int>(code));
  error.set_message(Shorten(std::move(message), kMaxMessageBytes));
  v1::ErrorInfo error_info;
  error_info.set_reason(std::string(core::ErrorReasonName(info.reason)));
  error_info.set_domain("descent");
  for (const auto& [key, value] : info.metadata) (*error_info.mutable_metadata())[key] = Shorten(value, kMaxTextBytes);
  Pack("ErrorInfo", error_info, &error);
  if (!info.violations.empty()) {
    v1::BadRequest bad;
    for (const core::Violation& violation : info.violations) {
      if (bad.field_violations_size() == kMaxViolations) break;
      v1::BadRequest::FieldViolation* added = bad.add_field_violations();
      added->set_field(Shorten(violation.field, kMaxTextBytes));
      added->set_description(Shorten(violation.description, kMaxTextBytes));
    }
    // The message and the violations together must fit into the trailer.
    while (bad.ByteSizeLong() > 2560) bad.mutable_field_violations()->RemoveLast();
    Pack("BadRequest", bad, &error);
  }
  if (info.reason == core::ErrorReason::kDraining) {
    v1::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(1);
    Pack("RetryInfo", retry, &error);
  }
  WireStatus wire;
  wire.code = error.code();
  wire.message = error.message();
  error.set_message(Shorten(error.message(), 512));
  wire.details = error.SerializeAsString();
  return wire;
}

}  // namespace descent::convert
