// The table of commands that app.cc makes the command line of. Each group of commands is one file.
#ifndef DESCENT_CLIENT_CLI_COMMAND_H_
#define DESCENT_CLIENT_CLI_COMMAND_H_

#include <functional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace CLI {
class App;
}

namespace descent::cli {

// Does what a parsed command line says.
using Runner = std::function<absl::StatusOr<ExitCode>(Session& session)>;

// A command. `set_up` declares flags and arguments on `app` and gives what runs after parsing; it owns what they are
// parsed into.
struct Command {
  const char* group;     // `job`; empty for commands of one word
  const char* name;      // `submit`
  const char* summary;   // a sentence
  const char* examples;  // shown at the end of --help, a line each
  Runner (*set_up)(CLI::App* app);
  bool takes_yaml = false;  // whether -o yaml has a meaning
};

absl::Span<const Command> DatasetCommands();
absl::Span<const Command> JobCommands();
absl::Span<const Command> SubmitCommands();
absl::Span<const Command> WatchCommands();
absl::Span<const Command> ModelCommands();
absl::Span<const Command> OtherCommands();

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_COMMAND_H_
