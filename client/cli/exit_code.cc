#include "client/cli/exit_code.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"

namespace descent::cli {
namespace {

constexpr absl::string_view kUsageUrl = "descent/usage";

// What to do about an error; empty when its message says that already.
std::string NextStep(const absl::Status& status, const core::ErrorInfo& info) {
  if (status.GetPayload(kUsageUrl).has_value()) return "see --help";
  switch (ExitCodeOf(status)) {
    case ExitCode::kUnreachable:
      return "start a server: descentd --data-dir DIR, or name one that runs: --server ADDRESS or DESCENT_SERVER";
    case ExitCode::kAuthentication:
      return "give the server's token: DESCENT_TOKEN, DESCENT_TOKEN_FILE or --token-file FILE";
    default:
      break;
  }
  if (!info.has_reason) return "";
  const auto nearest = info.metadata.find("nearest");
  switch (info.reason) {
    case core::ErrorReason::kResourceNotFound:
      if (nearest != info.metadata.end() && !nearest->second.empty()) {
        return absl::StrContains(std::string(status.message()), nearest->second)
                   ? ""
                   : absl::StrCat("did you mean ", nearest->second, "?");
      }
      return "see what there is: descent job list, descent dataset list";
    case core::ErrorReason::kInternal:
      return "this is a bug in the server; its log says more under the reference above";
    default:
      return "";
  }
}

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsageUrl, absl::Cord("1"));
  return status;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  if (status.GetPayload(kUsageUrl).has_value()) return ExitCode::kUsage;
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kAuthentication;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnreachable;
    default:
      return ExitCode::kError;
  }
}

ExitCode ExitCodeOf(v1::JobState state) {
  return state == v1::JOB_STATE_SUCCEEDED ? ExitCode::kOk : ExitCode::kJobFailed;
}

std::string ErrorText(const absl::Status& status) {
  const core::ErrorInfo info = core::GetErrorInfo(status);
  std::string text;
  if (info.violations.size() > 1) {
    text = "error: the server refuses the request:\n";
    for (const core::Violation& violation : info.violations) {
      absl::StrAppend(&text, "  ", violation.field, ": ", violation.description, "\n");
    }
  } else {
    text = absl::StrCat("error: ", status.message(), "\n");
  }
  const std::string next_step = NextStep(status, info);
  if (!next_step.empty()) absl::StrAppend(&text, "  ", next_step, "\n");
  return text;
}

}  // namespace descent::cli
