// Showing a job while it runs: what `job watch` and `job submit` do.
#ifndef DESCENT_CLIENT_CLI_WATCH_JOB_H_
#define DESCENT_CLIENT_CLI_WATCH_JOB_H_

#include "absl/status/statusor.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"
#include "client/client.h"
#include "descent/v1/job_service.pb.h"

namespace descent::cli {

// Watches as the request says, until the job ends: a live view or lines on stderr and a summary on stdout, or JSON on
// stdout. Ctrl-C leaves the job alone, says how to come back and gives kInterrupted. Otherwise the job's own exit code.
absl::StatusOr<ExitCode> WatchJob(Session& session, client::Client* client, const v1::WatchJobRequest& request);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_WATCH_JOB_H_
