#include "core/base/errors.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "core/base/bytes.h"

namespace descent::core {
namespace {

struct ReasonRow {
  absl::string_view name;
  absl::StatusCode code;
};

// In the order of ErrorReason.
constexpr std::array<ReasonRow, 18> kReasons = {{
    {"INVALID_FIELD", absl::StatusCode::kInvalidArgument},
    {"INVALID_DATA", absl::StatusCode::kInvalidArgument},
    {"RESOURCE_NOT_FOUND", absl::StatusCode::kNotFound},
    {"RESOURCE_EXISTS", absl::StatusCode::kAlreadyExists},
    {"REQUEST_ID_REUSED", absl::StatusCode::kAlreadyExists},
    {"WRONG_STATE", absl::StatusCode::kFailedPrecondition},
    {"UID_MISMATCH", absl::StatusCode::kFailedPrecondition},
    {"RESOURCE_IN_USE", absl::StatusCode::kFailedPrecondition},
    {"SEQUENCE_OUT_OF_RANGE", absl::StatusCode::kOutOfRange},
    {"STEP_NOT_RECORDED", absl::StatusCode::kNotFound},
    {"OFFSET_OUT_OF_RANGE", absl::StatusCode::kOutOfRange},
    {"CHECKSUM_MISMATCH", absl::StatusCode::kDataLoss},
    {"STORED_DATA_DAMAGED", absl::StatusCode::kDataLoss},
    {"LIMIT_EXCEEDED", absl::StatusCode::kResourceExhausted},
    {"DRAINING", absl::StatusCode::kUnavailable},
    {"INTERNAL", absl::StatusCode::kInternal},
    {"UNAUTHENTICATED", absl::StatusCode::kUnauthenticated},
    {"CALL_CANCELLED", absl::StatusCode::kCancelled},
}};

constexpr absl::string_view kReasonUrl = "descent/reason";
constexpr absl::string_view kMetadataUrl = "descent/metadata/";
constexpr absl::string_view kViolationsUrl = "descent/violations";

}  // namespace

absl::string_view ErrorReasonName(ErrorReason reason) { return kReasons[static_cast<size_t>(reason)].name; }

absl::StatusCode CodeOf(ErrorReason reason) { return kReasons[static_cast<size_t>(reason)].code; }

absl::Status MakeError(ErrorReason reason, absl::string_view message, const ErrorMetadata& metadata) {
  absl::Status status(CodeOf(reason), message);
  status.SetPayload(kReasonUrl, absl::Cord(std::string(1, static_cast<char>(reason))));
  for (const auto& [key, value] : metadata) {
    status.SetPayload(absl::StrCat(kMetadataUrl, key), absl::Cord(value));
  }
  return status;
}

void Violations::Add(absl::string_view field, absl::string_view description) {
  list_.push_back({std::string(field), std::string(description)});
}

void Violations::AddUnlessKnown(absl::string_view field, absl::string_view description) {
  const auto is_it = [field](const Violation& violation) { return absl::string_view(violation.field) == field; };
  if (std::none_of(list_.begin(), list_.end(), is_it)) Add(field, description);
}

absl::Status Violations::ToStatus() const {
  if (list_.empty()) return absl::OkStatus();
  std::vector<std::string> lines;
  ByteWriter payload;
  for (const Violation& violation : list_) {
    lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
    payload.PutString(violation.field);
    payload.PutString(violation.description);
  }
  absl::Status status = MakeError(ErrorReason::kInvalidField, absl::StrJoin(lines, "; "));
  status.SetPayload(kViolationsUrl, absl::Cord(payload.TakeBytes()));
  return status;
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  Violations violations;
  violations.Add(field, description);
  return violations.ToStatus();
}

ErrorInfo GetErrorInfo(const absl::Status& status) {
  ErrorInfo info;
  status.ForEachPayload([&info](absl::string_view url, const absl::Cord& cord) {
    std::string value(cord);
    if (url == kReasonUrl) {
      info.has_reason = true;
      info.reason = static_cast<ErrorReason>(value[0]);
    } else if (url == kViolationsUrl) {
      ByteReader reader(value);
      while (reader.remaining() > 0) {
        std::string field = reader.GetString();
        info.violations.push_back({std::move(field), reader.GetString()});
      }
    } else if (absl::ConsumePrefix(&url, kMetadataUrl)) {
      info.metadata[std::string(url)] = value;
    }
  });
  return info;
}

std::string FieldPath(absl::string_view parent, absl::string_view child) {
  return parent.empty() ? std::string(child) : absl::StrCat(parent, ".", child);
}

}  // namespace descent::core
