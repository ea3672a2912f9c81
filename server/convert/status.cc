#include "server/convert/status.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/errors.h"
#include "core/data/text_check.h"
#include "descent/v1/error_details.pb.h"

namespace descent::convert {
namespace {

// gRPC sends the message and the details as metadata, which is limited to 8 KiB by default. The message is sent
// percent-encoded, so its bytes are counted so, and the details in base64.
constexpr size_t kMaxMessageBytes = 2048;
constexpr size_t kMaxDetailedMessageBytes = 512;
constexpr int kMaxViolations = 24;
constexpr size_t kMaxViolationBytes = 2560;
constexpr size_t kMaxTextBytes = 256;

void Pack(const char* type, const google::protobuf::Message& message, v1::ErrorStatus* status) {
  google::protobuf::Any* any = status->add_details();
  any->set_type_url(absl::StrCat("type.googleapis.com/google.rpc.", type));
  message.SerializeToString(any->mutable_value());
}

// Bytes of a character in a percent-encoded message.
size_t EncodedSize(absl::string_view character) {
  const char first = character[0];
  return character.size() == 1 && first >= ' ' && first <= '~' && first != '%' ? 1 : 3 * character.size();
}

// A text of a client's or a file's in a message: control characters escaped (but line breaks with `keeps_lines`), what
// is no UTF-8 replaced (a limit may have cut it), and cut at a character when it is longer than `limit` encoded bytes.
std::string CleanText(absl::string_view text, size_t limit, bool keeps_lines = false) {
  std::string clean;
  size_t size = 0;
  while (!text.empty()) {
    const auto length = static_cast<size_t>(core::Utf8Length(text));
    const auto byte = static_cast<unsigned char>(text[0]);
    std::string character(text.substr(0, std::max<size_t>(length, 1)));
    if (byte == '\n') {
      if (!keeps_lines) character = "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      character = absl::StrFormat("\\x%02x", byte);
    } else if (length == 0) {
      character = "?";
    }
    size += EncodedSize(character);
    if (size > limit) return clean + "...";
    clean += character;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return clean;
}

// What a client may know of an error that was not written for one.
struct Disguise {
  core::ErrorReason reason;
  absl::string_view message;
};

Disguise DisguiseOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kDataLoss:
      return {core::ErrorReason::kStoredDataDamaged,
              "stored data cannot be read; the server's log has the details under reference "};
    case absl::StatusCode::kResourceExhausted:
      return {
          core::ErrorReason::kLimitExceeded,
          "the server's disk is full; delete jobs or datasets or have room made, then try again; the server's log has "
          "the details under reference "};
    default:
      return {core::ErrorReason::kInternal, "an error inside the server; its log has the details under reference "};
  }
}

// As many violations as the trailer holds.
v1::BadRequest Describe(const std::vector<core::Violation>& violations) {
  v1::BadRequest bad;
  for (const core::Violation& violation : violations) {
    if (bad.field_violations_size() == kMaxViolations) break;
    v1::BadRequest::FieldViolation* added = bad.add_field_violations();
    added->set_field(CleanText(violation.field, kMaxTextBytes));
    // A formula is shown on a line of its own, with a caret below.
    added->set_description(CleanText(violation.description, kMaxTextBytes, /*keeps_lines=*/true));
  }
  while (bad.ByteSizeLong() > kMaxViolationBytes) bad.mutable_field_violations()->RemoveLast();
  return bad;
}

}  // namespace

bool IsForClients(const absl::Status& status) { return core::GetErrorInfo(status).has_reason; }

WireStatus StatusToWire(const absl::Status& status, const std::string& reference) {
  core::ErrorInfo info = core::GetErrorInfo(status);
  std::string message(status.message());
  if (!info.has_reason) {
    const Disguise disguise = DisguiseOf(status.code());
    info.reason = disguise.reason;
    info.metadata = {{"reference", reference}};
    message = absl::StrCat(disguise.message, reference);
  }
  const v1::BadRequest bad = Describe(info.violations);
  if (bad.field_violations_size() < static_cast<int>(info.violations.size())) {
    info.metadata["violation_count"] = absl::StrCat(info.violations.size());
    message = absl::StrCat(info.violations.size(), " violations, of which the first: ", message);
  }
  v1::ErrorStatus error;
  error.set_code(static_cast<int>(core::CodeOf(info.reason)));
  error.set_message(CleanText(message, kMaxDetailedMessageBytes));
  v1::ErrorInfo error_info;
  error_info.set_reason(std::string(core::ErrorReasonName(info.reason)));
  error_info.set_domain("descent");
  for (const auto& [key, value] : info.metadata)
    (*error_info.mutable_metadata())[key] = CleanText(value, kMaxTextBytes);
  Pack("ErrorInfo", error_info, &error);
  if (!info.violations.empty()) Pack("BadRequest", bad, &error);
  if (info.reason == core::ErrorReason::kDraining) {
    v1::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(1);
    Pack("RetryInfo", retry, &error);
  }
  return {error.code(), CleanText(message, kMaxMessageBytes), error.SerializeAsString()};
}

}  // namespace descent::convert
