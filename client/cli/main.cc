// descent, the command line.
#include <cstdlib>
#include <string>
#include <vector>

#include "client/cli/app.h"
#include "client/cli/console.h"

int main(int argc, char** argv) {
  // Errors come back as statuses, in our own words; gRPC's log lines beside them only confuse. A set variable stays.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return descent::cli::Run(std::vector<std::string>(argv + 1, argv + argc), descent::cli::ProcessConsole());
}
