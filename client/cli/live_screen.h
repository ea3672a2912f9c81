// Lines at the bottom of a terminal that are replaced in place, below lines that stay.
#ifndef DESCENT_CLIENT_CLI_LIVE_SCREEN_H_
#define DESCENT_CLIENT_CLI_LIVE_SCREEN_H_

#include <ostream>
#include <string>
#include <vector>

namespace descent::cli {

// Does not own the stream. Thread-safety: one thread at a time.
class LiveScreen {
 public:
  explicit LiveScreen(std::ostream* out) : out_(out) {}

  // Replaces the live lines. They must fit the terminal's width.
  void Draw(const std::vector<std::string>& lines);
  // Puts a line that stays above the live ones, which are gone until the next Draw.
  void Print(const std::string& line);
  // Takes the live lines away.
  void Clear();
  // Lets the live lines stay; what comes next stands below them.
  void Leave() { drawn_lines_ = 0; }

 private:
  std::ostream* const out_;
  size_t drawn_lines_ = 0;
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_LIVE_SCREEN_H_
