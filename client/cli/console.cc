#include "client/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace descent::cli {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

TerminalSize SizeOfErrorTerminal() {
  TerminalSize size;
  winsize window{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0) {
    if (window.ws_col > 0) size.columns = window.ws_col;
    if (window.ws_row > 0) size.rows = window.ws_row;
  }
  return size;
}

}  // namespace

Console ProcessConsole() {
  Console console;
  console.out = &std::cout;
  console.err = &std::cerr;
  console.is_live = isatty(STDERR_FILENO) == 1 && Environment("TERM") != "dumb";
  console.has_color = console.is_live && Environment("NO_COLOR").empty();
  console.size = SizeOfErrorTerminal;
  return console;
}

}  // namespace descent::cli
