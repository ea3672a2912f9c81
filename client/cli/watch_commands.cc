// descent job watch
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/watch_job.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

struct WatchFlags {
  std::string name;
  std::optional<int64_t> from_step;
  std::optional<int64_t> from_sequence;
  std::optional<int64_t> last;
  std::optional<int64_t> to_step;
  std::vector<std::string> columns;
  bool no_follow = false;
};

v1::WatchJobRequest MakeRequest(const WatchFlags& flags) {
  v1::WatchJobRequest request;
  request.set_name(client::ResourceName("jobs", flags.name));
  if (flags.from_step.has_value()) request.set_start_step(*flags.from_step);
  if (flags.from_sequence.has_value()) request.set_start_sequence(*flags.from_sequence);
  if (flags.last.has_value()) request.set_last_rows(*flags.last);
  if (flags.to_step.has_value()) request.set_end_step(*flags.to_step);
  for (const std::string& column : flags.columns) request.add_columns(column);
  if (flags.no_follow) request.set_follow(false);
  return request;
}

Runner SetUpWatch(CLI::App* app) {
  auto flags = std::make_shared<WatchFlags>();
  app->add_option("NAME", flags->name, "Name of the job, with or without `jobs/`")->required();
  CLI::Option* from_step =
      app->add_option("--from-step", flags->from_step, "Begin at this step. Default: the oldest kept");
  CLI::Option* from_sequence = app->add_option("--from-sequence", flags->from_sequence,
                                               "Begin at this sequence number, the next_sequence of a record");
  app->add_option("--last", flags->last, "Begin with so many of the newest rows; 0: only what is new")
      ->type_name("ROWS")
      ->excludes(from_step)
      ->excludes(from_sequence);
  from_step->type_name("N")->excludes(from_sequence);
  from_sequence->type_name("N");
  app->add_option("--to-step", flags->to_step, "End after this step. Default: at the job's end")->type_name("N");
  app->add_option(
         "--columns", flags->columns,
         "loss, objective, learning_rate, gradient_norm, parameters. Default: what the view shows; in JSON all")
      ->delimiter(',')
      ->take_all();
  app->add_flag("--no-follow", flags->no_follow, "End at what is recorded now");
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    return WatchJob(session, client, MakeRequest(*flags));
  };
}

constexpr Command kCommands[] = {
    {"job", "watch", "Show a job step by step while it runs, or replay one that has ended",
     "  descent job watch first\n"
     "  descent job watch first --last 1000\n"
     "  descent job watch first -o jsonl --columns loss,parameters > first.jsonl\n"
     "The first Ctrl-C leaves the watch; the job runs on.\n",
     SetUpWatch},
};

}  // namespace

absl::Span<const Command> WatchCommands() { return kCommands; }

}  // namespace descent::cli
