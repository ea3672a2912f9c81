#include "client/cli/watch_job.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/live_screen.h"
#include "client/cli/watch_state.h"
#include "client/cli/watch_text.h"
#include "client/watch.h"
#include "core/base/mutex.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

constexpr absl::Duration kLiveInterval = absl::Milliseconds(100);
constexpr absl::Duration kLineInterval = absl::Seconds(1);

// The view for people. One thread adds records as they come, another draws at its own pace, so neither a fast job nor a
// slow terminal matters to the other. Thread-safety: Add, AddLine and End from one thread, Show from another.
class WatchView {
 public:
  explicit WatchView(const Console& console)
      : console_(console), interval_(console.is_live ? kLiveInterval : kLineInterval), screen_(console.err) {}

  void Add(const v1::LogRecord& record) ABSL_LOCKS_EXCLUDED(mutex_) {
    core::MutexLock lock(&mutex_);
    state_.Add(record);
    is_reconnecting_ = false;
    if (record.has_steps() || record.has_header()) is_changed_ = true;
    if (std::string line = EventLine(record); !line.empty()) new_lines_.push_back(std::move(line));
  }

  // Tells of a lost connection once, not at every attempt.
  void AddReconnect(const absl::Status& reason) ABSL_LOCKS_EXCLUDED(mutex_) {
    core::MutexLock lock(&mutex_);
    if (!is_reconnecting_) new_lines_.push_back(absl::StrCat("connection lost (", reason.message(), "); trying again"));
    is_reconnecting_ = true;
  }

  void End() ABSL_LOCKS_EXCLUDED(mutex_) {
    core::MutexLock lock(&mutex_);
    ended_ = true;
  }

  // Draws until the end; returns what is known then.
  WatchState Show() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::Time next_drawing = absl::Now() + interval_;
    std::vector<std::string> picture;
    for (bool ended = false; !ended;) {
      std::vector<std::string> lines;
      {
        core::MutexLock lock(&mutex_);
        const auto is_news = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return ended_ || !new_lines_.empty(); };
        mutex_.AwaitWithTimeout(is_news, next_drawing - absl::Now());
        lines = std::exchange(new_lines_, {});
        ended = ended_;
        if (console_.is_live && (ended || absl::Now() >= next_drawing)) {
          picture = LiveLines(state_, console_.size(), console_.has_color);
        } else if (!ended && absl::Now() >= next_drawing && std::exchange(is_changed_, false)) {
          lines.push_back(ProgressLine(state_));
        }
      }
      for (const std::string& line : lines) screen_.Print(line);
      if (console_.is_live) screen_.Draw(picture);
      if (absl::Now() >= next_drawing) next_drawing = absl::Now() + interval_;
    }
    // The last picture stays; a quick job has no other.
    screen_.Leave();
    core::MutexLock lock(&mutex_);
    return std::move(state_);
  }

 private:
  const Console& console_;
  const absl::Duration interval_;
  LiveScreen screen_;  // used by Show only

  core::Mutex mutex_;
  WatchState state_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> new_lines_ ABSL_GUARDED_BY(mutex_);
  bool is_changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_reconnecting_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// Hands every record to `take`, to the end.
template <typename Take>
absl::Status ReadAll(client::Watch* watch, Take take) {
  v1::LogRecord record;
  for (;;) {
    DESCENT_ASSIGN_OR_RETURN(const bool has_more, watch->Next(&record));
    if (!has_more) return absl::OkStatus();
    take(record);
  }
}

// JSON lines, or one array of records. Returns the job's last state.
absl::StatusOr<WatchState> WatchAsJson(Session& session, client::Watch* watch) {
  const bool is_array = session.output() == OutputFormat::kJson;
  WatchState state;
  bool is_first = true;
  const absl::Status status = ReadAll(watch, [&](const v1::LogRecord& record) {
    state.Add(record);
    if (is_array) session.out() << (std::exchange(is_first, false) ? "[\n" : ",\n");
    const std::string line = JsonLine(record);
    session.out() << (is_array ? absl::StripSuffix(line, "\n") : absl::string_view(line)) << std::flush;
  });
  if (is_array) session.out() << (is_first ? "[]\n" : "\n]\n");
  if (!status.ok()) return status;
  return state;
}

absl::StatusOr<WatchState> WatchAsText(Session& session, client::Watch* watch, WatchView* view) {
  absl::Status status;
  std::thread reader([&] {
    status = ReadAll(watch, [view](const v1::LogRecord& record) { view->Add(record); });
    view->End();
  });
  WatchState state = view->Show();
  reader.join();
  if (!status.ok()) return status;
  session.out() << Summary(state);
  return state;
}

}  // namespace

absl::StatusOr<ExitCode> WatchJob(Session& session, client::Client* client, const v1::WatchJobRequest& request) {
  WatchView view(session.console());
  client::WatchOptions options;
  options.on_reconnect = [&](const absl::Status& reason, absl::Duration) {
    if (session.is_table()) view.AddReconnect(reason);
  };
  v1::WatchJobRequest shown = request;
  // The view needs figures, not parameters.
  if (session.is_table() && shown.columns().empty()) {
    for (const char* column : {"loss", "objective", "gradient_norm", "learning_rate"}) shown.add_columns(column);
  }
  client::Watch watch(client, shown, options);
  InterruptScope interrupt([&watch] { watch.Cancel(); });
  const absl::StatusOr<WatchState> state =
      session.is_table() ? WatchAsText(session, &watch, &view) : WatchAsJson(session, &watch);
  if (interrupt.interrupted()) {
    session.err() << "detached; " << request.name() << " runs on. Watch it again with:\n  descent job watch "
                  << absl::StripPrefix(request.name(), "jobs/") << "\n";
    return ExitCode::kInterrupted;
  }
  if (!state.ok()) return state.status();
  // A watch that was asked to end early says nothing about the job.
  return client::IsTerminal(state->state()) ? ExitCodeOf(state->state()) : ExitCode::kOk;
}

}  // namespace descent::cli
