#include "client/cli/exit_code.h"

#include <gtest/gtest.h>

#include "core/base/errors.h"

namespace descent::cli {
namespace {

using core::ErrorReason;
using core::MakeError;

TEST(ExitCodeTest, OfStatuses) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), ExitCode::kError);
  EXPECT_EQ(ExitCodeOf(core::InvalidField("spec.seed", "x")), ExitCode::kError);
  EXPECT_EQ(ExitCodeOf(UsageError("x")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(MakeError(ErrorReason::kUnauthenticated, "x")), ExitCode::kAuthentication);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("x")), ExitCode::kAuthentication);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(MakeError(ErrorReason::kDraining, "x")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("x")), ExitCode::kUnreachable);
}

TEST(ExitCodeTest, OfJobs) {
  EXPECT_EQ(ExitCodeOf(v1::JOB_STATE_SUCCEEDED), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(v1::JOB_STATE_FAILED), ExitCode::kJobFailed);
  EXPECT_EQ(ExitCodeOf(v1::JOB_STATE_CANCELLED), ExitCode::kJobFailed);
}

TEST(ExitCodeTest, AreTheDocumentedNumbers) {
  EXPECT_EQ(static_cast<int>(ExitCode::kOk), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kError), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kJobFailed), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kAuthentication), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnreachable), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::kTimedOut), 124);
  EXPECT_EQ(static_cast<int>(ExitCode::kInterrupted), 130);
}

TEST(ExitCodeTest, ErrorsSayTheNextStep) {
  EXPECT_EQ(ErrorText(absl::UnavailableError("no connection")),
            "error: no connection\n"
            "  start a server: descentd --data-dir DIR, or name one that runs: --server ADDRESS or DESCENT_SERVER\n");
  EXPECT_EQ(ErrorText(MakeError(ErrorReason::kResourceNotFound, "no job jobs/frist", {{"nearest", "jobs/first"}})),
            "error: no job jobs/frist\n"
            "  did you mean jobs/first?\n");
  EXPECT_EQ(ErrorText(MakeError(ErrorReason::kWrongState, "jobs/a is RUNNING; cancel it first")),
            "error: jobs/a is RUNNING; cancel it first\n");
  core::Violations violations;
  violations.Add("spec.seed", "is odd");
  violations.Add("job_id", "is long");
  EXPECT_EQ(ErrorText(violations.ToStatus()),
            "error: the server refuses the request:\n"
            "  spec.seed: is odd\n"
            "  job_id: is long\n");
}

}  // namespace
}  // namespace descent::cli
