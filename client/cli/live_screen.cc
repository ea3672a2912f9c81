#include "client/cli/live_screen.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace descent::cli {
namespace {

// ECMA-48: cursor up N lines; erase to the end of the line, of the screen.
std::string CursorUp(size_t lines) { return lines == 0 ? "" : absl::StrCat("\x1b[", lines, "A"); }
constexpr char kEraseLine[] = "\x1b[K";
constexpr char kEraseBelow[] = "\x1b[J";

}  // namespace

void LiveScreen::Draw(const std::vector<std::string>& lines) {
  // One write, so that the terminal never shows half of it.
  std::string text = CursorUp(drawn_lines_) + "\r";
  for (const std::string& line : lines) absl::StrAppend(&text, line, kEraseLine, "\n");
  absl::StrAppend(&text, kEraseBelow);
  *out_ << text << std::flush;
  drawn_lines_ = lines.size();
}

void LiveScreen::Print(const std::string& line) {
  Clear();
  *out_ << line << "\n" << std::flush;
}

void LiveScreen::Clear() {
  if (drawn_lines_ == 0) return;
  *out_ << CursorUp(drawn_lines_) << "\r" << kEraseBelow << std::flush;
  drawn_lines_ = 0;
}

}  // namespace descent::cli
