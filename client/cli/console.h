// Where the command line writes, and what that place can show.
#ifndef DESCENT_CLIENT_CLI_CONSOLE_H_
#define DESCENT_CLIENT_CLI_CONSOLE_H_

#include <functional>
#include <ostream>

namespace descent::cli {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// Data goes to `out`, progress and complaints to `err`. A plain struct.
struct Console {
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  // Whether `err` is a terminal on which lines can be redrawn.
  bool is_live = false;
  // Whether colours are welcome there: a live terminal, and NO_COLOR is not set.
  bool has_color = false;
  // Asked before each drawing, since windows change.
  std::function<TerminalSize()> size = [] { return TerminalSize(); };
};

// The process's own streams.
Console ProcessConsole();

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_CONSOLE_H_
