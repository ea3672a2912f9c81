// descent, the command line.
#include <string>
#include <vector>

#include "client/cli/app.h"
#include "client/cli/console.h"

int main(int argc, char** argv) {
  return descent::cli::Run(std::vector<std::string>(argv + 1, argv + argc), descent::cli::ProcessConsole());
}
