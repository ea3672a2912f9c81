// The command line as a whole: parses, runs a command, reports, completes.
#ifndef DESCENT_CLIENT_CLI_APP_H_
#define DESCENT_CLIENT_CLI_APP_H_

#include <string>
#include <vector>

#include "client/cli/console.h"

namespace descent::cli {

// Runs `descent ARGUMENTS...` and returns the exit code; see ExitCode.
int Run(const std::vector<std::string>& arguments, const Console& console);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_APP_H_
