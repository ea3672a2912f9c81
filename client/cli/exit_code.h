// What the process says at its end, and how errors are put into words.
#ifndef DESCENT_CLIENT_CLI_EXIT_CODE_H_
#define DESCENT_CLIENT_CLI_EXIT_CODE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "descent/v1/job.pb.h"

namespace descent::cli {

enum class ExitCode {
  kOk = 0,
  kError = 1,
  kUsage = 2,           // the command line itself is wrong
  kJobFailed = 3,       // the job failed or was cancelled
  kAuthentication = 4,  // no token, or a wrong one
  kUnreachable = 5,     // no server answers
  kTimedOut = 124,      // a wait was given up
  kInterrupted = 130,   // Ctrl-C
};

// An error of the command line, exit code 2.
absl::Status UsageError(absl::string_view message);

ExitCode ExitCodeOf(const absl::Status& status);

// Of a job that has ended.
ExitCode ExitCodeOf(v1::JobState state);

// `error: ...` with the next step, in as many lines as it takes, each ended.
std::string ErrorText(const absl::Status& status);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_EXIT_CODE_H_
