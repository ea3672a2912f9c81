// A watched job in words and lines.
#ifndef DESCENT_CLIENT_CLI_WATCH_TEXT_H_
#define DESCENT_CLIENT_CLI_WATCH_TEXT_H_

#include <string>
#include <vector>

#include "client/cli/console.h"
#include "client/cli/watch_state.h"
#include "descent/v1/step_log.pb.h"

namespace descent::cli {

// `step 1,200/2,000 (60%)  loss 0.06636  objective 0.0793  gradient 1.2e-05  learning rate 0.001  2.1M steps/s  ETA 3
// s`
std::string ProgressLine(const WatchState& state);

// A line for records that deserve one of their own: state changes, warnings, compared starts. Empty for others.
std::string EventLine(const v1::LogRecord& record);

// The live view: heading, curve and figures, fitted to the terminal; no line is ended.
std::vector<std::string> LiveLines(const WatchState& state, const TerminalSize& size, bool has_color);

// How the job ended, or where it is: several lines, each ended.
std::string Summary(const WatchState& state);

// `loss 0.0812, accuracy 0.9825` of an evaluation.
std::string EvaluationText(const v1::Evaluation& evaluation);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_WATCH_TEXT_H_
