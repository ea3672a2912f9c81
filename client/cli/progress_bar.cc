#include "client/cli/progress_bar.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"

namespace descent::cli {
namespace {

constexpr int kLongestBar = 30;

// Eighths of a character, so that the bar grows smoothly.
std::string Bar(double share, int width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(share * width * 8);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  return bar + std::string(static_cast<size_t>(std::max(0, width - DisplayWidth(bar))), ' ');
}

}  // namespace

std::string ProgressBarLine(const std::string& name, int64_t done, int64_t total, double bytes_per_second,
                            int columns) {
  const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  std::string figures = absl::StrFormat("%3.0f%%  %s of %s", 100 * share, BytesText(done), BytesText(total));
  if (bytes_per_second > 0) absl::StrAppend(&figures, "  ", BytesText(static_cast<int64_t>(bytes_per_second)), "/s");
  const int room = std::min(kLongestBar, columns - DisplayWidth(name) - DisplayWidth(figures) - 4);
  if (room < 5) return Shorten(absl::StrCat(name, "  ", figures), columns);
  return absl::StrCat(name, "  ", Bar(share, room), "  ", figures);
}

ProgressBar::ProgressBar(std::string name, const Console* console)
    : name_(std::move(name)), console_(console), screen_(console->err) {}

void ProgressBar::Update(int64_t done, int64_t total, absl::Time now) {
  if (first_done_ < 0) {
    first_done_ = done;
    start_ = now;
    // Off a terminal a quick upload needs no lines at all.
    if (!console_->is_live) drawn_ = now;
  }
  const absl::Duration pause = console_->is_live ? absl::Milliseconds(100) : absl::Seconds(1);
  const bool is_last_drawing = done == total && (console_->is_live || drawn_ != start_);
  if (now - drawn_ < pause && !is_last_drawing) return;
  drawn_ = now;
  const double seconds = absl::ToDoubleSeconds(now - start_);
  const double rate = seconds > 0.1 ? static_cast<double>(done - first_done_) / seconds : 0;
  const std::string line = ProgressBarLine(name_, done, total, rate, console_->size().columns - 1);
  if (console_->is_live) {
    screen_.Draw({line});
  } else {
    screen_.Print(line);
  }
}

void ProgressBar::Finish() { screen_.Clear(); }

}  // namespace descent::cli
