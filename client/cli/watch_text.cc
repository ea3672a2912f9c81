#include "client/cli/watch_text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/braille_plot.h"
#include "client/cli/table.h"
#include "client/cli/text.h"

namespace descent::cli {
namespace {

// Columns of the labels left of the curve, and the axis after them.
constexpr int kLabelWidth = 10;
constexpr int kAxisWidth = 2;
constexpr int kMinPlotColumns = 10;
constexpr int kMaxPlotRows = 12;
// Lines of the live view besides the curve's.
constexpr int kOtherLines = 5;

void AddNumber(absl::string_view name, std::optional<double> value, std::vector<std::string>* parts) {
  if (value.has_value()) parts->push_back(absl::StrCat(name, " ", NumberText(*value)));
}

std::string StepText(const WatchState& state) {
  if (state.max_steps() <= 0) return absl::StrCat("step ", CountText(state.step()));
  const double share = 100.0 * static_cast<double>(state.step()) / static_cast<double>(state.max_steps());
  return absl::StrCat("step ", CountText(state.step()), "/", CountText(state.max_steps()),
                      absl::StrFormat(" (%.0f%%)", share));
}

// `2.1M steps/s  ETA 3 s`
std::string PaceText(const WatchState& state) {
  std::vector<std::string> parts;
  if (state.steps_per_second() > 0) parts.push_back(ShortCountText(state.steps_per_second()) + " steps/s");
  if (state.eta_seconds().has_value()) parts.push_back("ETA " + DurationText(*state.eta_seconds()));
  return absl::StrJoin(parts, "  ");
}

std::string FiguresText(const WatchState& state) {
  std::vector<std::string> parts;
  AddNumber("loss", state.loss(), &parts);
  // Without penalties they are the same.
  if (state.objective() != state.loss()) AddNumber("objective", state.objective(), &parts);
  AddNumber("gradient", state.gradient_norm(), &parts);
  AddNumber("learning rate", state.learning_rate(), &parts);
  return absl::StrJoin(parts, "  ");
}

// The newest evaluation on held-out rows, or on the training rows when nothing is held out.
std::string NewestEvaluation(const WatchState& state) {
  if (!state.evaluation().has_value()) return "";
  const v1::EvaluationEvent& event = *state.evaluation();
  if (event.has_held_out()) return absl::StrCat("held out: ", EvaluationText(event.held_out()));
  // For functions this would repeat the loss.
  if (event.training().metrics().empty()) return "";
  return absl::StrCat("training: ", EvaluationText(event.training()));
}

std::string StateWord(const WatchState& state) {
  const std::string reason = ReasonText(state.state_reason());
  const bool is_noise = reason.empty() || state.state_reason() == v1::STATE_REASON_TERMINATED;
  return is_noise ? StateText(state.state()) : absl::StrCat(StateText(state.state()), " (", reason, ")");
}

std::string LeftPadded(const std::string& text, int width) {
  return std::string(static_cast<size_t>(std::max(0, width - DisplayWidth(text))), ' ') + text;
}

std::vector<std::string> PlotLines(const WatchState& state, const TerminalSize& size, bool has_color) {
  PlotSize plot_size;
  plot_size.columns = std::max(kMinPlotColumns, size.columns - kLabelWidth - kAxisWidth - 1);
  plot_size.rows = std::clamp(size.rows - kOtherLines - 1, 2, kMaxPlotRows);
  const Plot plot = DrawCurve(state.curve(), plot_size);
  std::vector<std::string> lines;
  for (size_t row = 0; row < plot.lines.size(); ++row) {
    std::string label;
    if (row == 0) label = NumberText(plot.high);
    if (row + 1 == plot.lines.size() && plot.high > plot.low) label = NumberText(plot.low);
    const char* color = has_color ? "\x1b[36m" : "";
    const char* normal = has_color ? "\x1b[0m" : "";
    lines.push_back(absl::StrCat(LeftPadded(label, kLabelWidth), " │", color, plot.lines[row], normal));
  }
  if (lines.empty()) return lines;
  const std::string left = absl::StrCat("step ", CountText(state.curve().first_step()));
  const std::string right = CountText(state.curve().last_step());
  const std::string scale = plot.is_log ? "  loss, log scale" : "  loss";
  const int room = plot_size.columns - DisplayWidth(left) - DisplayWidth(scale);
  lines.push_back(absl::StrCat(LeftPadded("", kLabelWidth + kAxisWidth), left, scale, LeftPadded(right, room)));
  return lines;
}

}  // namespace

std::string EvaluationText(const v1::Evaluation& evaluation) {
  std::vector<std::string> parts = {absl::StrCat("loss ", NumberText(evaluation.loss()))};
  for (const v1::Metric& metric : evaluation.metrics()) {
    parts.push_back(absl::StrCat(metric.name(), " ", NumberText(metric.value())));
  }
  return absl::StrJoin(parts, ", ");
}

std::string ProgressLine(const WatchState& state) {
  std::vector<std::string> parts = {StepText(state)};
  for (const std::string& part : {FiguresText(state), PaceText(state), NewestEvaluation(state)}) {
    if (!part.empty()) parts.push_back(part);
  }
  return absl::StrJoin(parts, "  ");
}

std::string EventLine(const v1::LogRecord& record) {
  switch (record.record_case()) {
    case v1::LogRecord::kStateChange: {
      const v1::StateChange& change = record.state_change();
      std::string line = absl::StrCat(StateText(change.state()), " at step ", CountText(change.step()));
      if (!change.message().empty()) absl::StrAppend(&line, ": ", change.message());
      return line;
    }
    case v1::LogRecord::kWarning:
      return absl::StrCat("warning at step ", CountText(record.warning().step()), ": ", record.warning().message(),
                          " [", record.warning().code(), "]");
    case v1::LogRecord::kMultiStart: {
      const v1::MultiStartEvent& event = record.multi_start();
      const auto& objectives = event.objectives();
      if (objectives.empty()) return "";
      return absl::StrCat("best of ", objectives.size(), " starts: number ", event.chosen() + 1, " with objective ",
                          NumberText(*std::min_element(objectives.begin(), objectives.end())), ", the worst had ",
                          NumberText(*std::max_element(objectives.begin(), objectives.end())));
    }
    default:
      return "";
  }
}

std::vector<std::string> LiveLines(const WatchState& state, const TerminalSize& size, bool has_color) {
  std::string heading = absl::StrCat(state.job().name(), "  ", StateWord(state));
  if (state.state() == v1::JOB_STATE_QUEUED && state.job().jobs_ahead() > 0) {
    absl::StrAppend(&heading, ", ", CountText(state.job().jobs_ahead()), " ahead");
  }
  std::vector<std::string> lines = {Shorten(heading, size.columns - 1)};
  for (std::string& line : PlotLines(state, size, has_color)) lines.push_back(std::move(line));
  std::vector<std::string> pace = {StepText(state)};
  if (const std::string text = PaceText(state); !text.empty()) pace.push_back(text);
  for (const std::string& line : {absl::StrJoin(pace, "  "), FiguresText(state), NewestEvaluation(state)}) {
    if (!line.empty()) lines.push_back(Shorten(line, size.columns - 1));
  }
  return lines;
}

std::string Summary(const WatchState& state) {
  FieldList fields;
  fields.Add("job", state.job().name());
  std::string ended = StateText(state.state());
  if (!state.state_message().empty()) absl::StrAppend(&ended, ": ", state.state_message());
  fields.Add("state", ended);
  if (state.termination().has_value()) {
    const v1::Termination& termination = *state.termination();
    fields.Add("reason", ReasonText(termination.reason()));
    fields.Add("steps", CountText(termination.step()));
    fields.Add("loss", NumberText(termination.loss()));
    fields.Add("objective", NumberText(termination.objective()));
    fields.Add("gradient norm", NumberText(termination.gradient_norm()));
    if (termination.kept_step() != termination.step()) {
      fields.Add("kept", absl::StrCat("the parameters of step ", CountText(termination.kept_step())));
    }
    if (termination.has_non_finite()) {
      const v1::NonFinite& place = termination.non_finite();
      fields.Add("not finite", absl::StrCat(place.tensor(), "[", place.index(), "] at step ", CountText(place.step())));
    }
  } else {
    fields.Add("steps", CountText(state.step()));
  }
  if (state.evaluation().has_value()) {
    const v1::EvaluationEvent& event = *state.evaluation();
    if (!event.training().metrics().empty()) fields.Add("training", EvaluationText(event.training()));
    if (event.has_held_out()) fields.Add("held out", EvaluationText(event.held_out()));
  }
  if (state.elapsed_seconds() > 0) fields.Add("time", DurationText(state.elapsed_seconds()));
  return fields.ToText();
}

}  // namespace descent::cli
