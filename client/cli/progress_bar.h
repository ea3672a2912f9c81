// How far an upload is: a bar on a terminal, a line a second elsewhere.
#ifndef DESCENT_CLIENT_CLI_PROGRESS_BAR_H_
#define DESCENT_CLIENT_CLI_PROGRESS_BAR_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "client/cli/console.h"
#include "client/cli/live_screen.h"

namespace descent::cli {

// `iris.csv  ██████▌     52%  12.4 MiB of 24.0 MiB  3.2 MiB/s`, at most `columns` wide.
std::string ProgressBarLine(const std::string& name, int64_t done, int64_t total, double bytes_per_second, int columns);

// Draws at most ten times a second. Thread-safety: one thread.
class ProgressBar {
 public:
  ProgressBar(std::string name, const Console* console);
  // `now` decides whether it is drawn; the last call, with done == total, always is.
  void Update(int64_t done, int64_t total, absl::Time now);
  // Takes the bar away, before something else is printed.
  void Finish();

 private:
  const std::string name_;
  const Console* const console_;
  LiveScreen screen_;
  int64_t first_done_ = -1;
  absl::Time start_;
  absl::Time drawn_ = absl::InfinitePast();
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_PROGRESS_BAR_H_
