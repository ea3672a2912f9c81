// descent job submit
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/command.h"
#include "client/cli/json.h"
#include "client/cli/watch_job.h"
#include "client/spec_file.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

struct SubmitFlags {
  std::string file;
  std::vector<std::string> settings;
  std::string name;
  std::string request_id;
  bool dry_run = false;
  bool detach = false;
};

// A refusal with the lines of the file that it speaks of; other errors as they are.
absl::StatusOr<ExitCode> ReportRefusal(Session& session, const absl::Status& status, const client::SpecFile& spec) {
  const std::vector<std::string> lines = client::PlaceViolations(status, spec);
  if (lines.empty()) return status;
  session.err() << "error: the server refuses the spec:\n";
  for (const std::string& line : lines) session.err() << "  " << line << "\n";
  return ExitCode::kError;
}

void PrintResolved(Session& session, const v1::JobSpec& resolved) {
  const bool is_json = session.output() == OutputFormat::kJson || session.output() == OutputFormat::kJsonLines;
  if (is_json) {
    session.PrintJson(resolved);
  } else {
    session.out() << client::SpecToYaml(resolved);
  }
}

absl::StatusOr<ExitCode> Submit(const SubmitFlags& flags, Session& session) {
  if (flags.file.empty() && flags.settings.empty()) {
    return UsageError("there is nothing to submit; give a spec with -f FILE, or fields with --set PATH=VALUE");
  }
  if (session.output() == OutputFormat::kYaml && !flags.dry_run) return UsageError("-o yaml needs --dry-run");
  DESCENT_ASSIGN_OR_RETURN(const client::SpecFile spec, client::ReadSpecFile(flags.file, flags.settings));
  DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
  v1::CreateJobRequest request;
  *request.mutable_spec() = spec.spec;
  request.set_job_id(std::string(absl::StripPrefix(flags.name, "jobs/")));
  request.set_request_id(flags.request_id);
  request.set_validate_only(flags.dry_run);
  const absl::StatusOr<v1::Job> job = client->CreateJob(request);
  if (!job.ok()) return ReportRefusal(session, job.status(), spec);
  if (flags.dry_run) {
    PrintResolved(session, job->resolved_spec());
    return ExitCode::kOk;
  }
  const absl::string_view name = absl::StripPrefix(job->name(), "jobs/");
  if (flags.detach) {
    if (!session.PrintJson(*job)) session.out() << job->name() << "\n";
    session.err() << "accepted; watch it with: descent job watch " << name << "\n";
    return ExitCode::kOk;
  }
  session.err() << job->name() << " accepted; Ctrl-C leaves it running\n";
  v1::WatchJobRequest watch;
  watch.set_name(job->name());
  watch.set_uid(job->uid());
  return WatchJob(session, client, watch);
}

Runner SetUpSubmit(CLI::App* app) {
  auto flags = std::make_shared<SubmitFlags>();
  app->add_option("-f,--file", flags->file, "Spec in YAML or JSON; - is standard input")->type_name("FILE");
  app->add_option("--set", flags->settings, "Set a field of the spec; repeat it for several. The value is YAML")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->take_all();
  app->add_option("--name", flags->name, "Name of the job. Default: made by the server");
  app->add_flag("--dry-run", flags->dry_run, "Only check; prints the spec with all its defaults");
  app->add_flag("--detach", flags->detach, "Do not watch; prints the name");
  app->add_option("--request-id", flags->request_id, "Makes a retry safe: the same id gives the same job for 24 hours")
      ->type_name("ID");
  return [flags](Session& session) { return Submit(*flags, session); };
}

constexpr Command kCommands[] = {
    {"job", "submit", "Submit a training job and watch it",
     "  descent job submit -f examples/specs/rosenbrock_adam.yaml\n"
     "  descent job submit -f spec.yaml --set optimizer.adam.learning_rate=0.01 --name faster --detach\n"
     "  descent job submit --set problem.function.name=bowl --set optimizer.sgd.learning_rate=0.1\n"
     "  descent job submit -f spec.yaml --dry-run        # the spec with every default filled in\n"
     "  descent job get first -o yaml | descent job submit -f - --set seed=7\n",
     SetUpSubmit, /*takes_yaml=*/true},
};

}  // namespace

absl::Span<const Command> SubmitCommands() { return kCommands; }

}  // namespace descent::cli
