// descent job list|get|wait|cancel|pause|resume|delete|parameters
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/job_text.h"
#include "client/cli/pages.h"
#include "client/cli/point_flags.h"
#include "client/cli/text.h"
#include "client/spec_file.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

void AddName(CLI::App* app, std::string* name) {
  app->add_option("NAME", *name, "Name of the job, with or without `jobs/`")->required();
}

std::string JobName(const std::string& name) { return client::ResourceName("jobs", name); }

Runner SetUpList(CLI::App* app) {
  struct Flags {
    int limit = kDefaultLimit;
    std::string filter;
    std::string order;
  };
  auto flags = std::make_shared<Flags>();
  app->add_option("--limit", flags->limit, "Show at most so many. Default 50; 0: all")->type_name("N");
  app->add_option("--filter", flags->filter,
                  "Terms FIELD = VALUE or FIELD != VALUE joined by AND, over state, owner, "
                  "dataset, labels.KEY");
  app->add_option("--order-by", flags->order, "create_time, end_time or name, with ` desc` if so. Default newest first")
      ->type_name("ORDER");
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    v1::ListJobsRequest request;
    request.set_filter(flags->filter);
    request.set_order_by(flags->order);
    v1::ListJobsResponse all;
    DESCENT_RETURN_IF_ERROR((CollectPages<v1::ListJobsRequest>(
        flags->limit, [&](const auto& page) { return client->ListJobs(page); },
        [](auto* response) { return response->mutable_jobs(); }, &all, request)));
    PrintList(session, all, all.jobs(), JobListText(all), "descent job submit -f SPEC");
    return ExitCode::kOk;
  };
}

Runner SetUpGet(CLI::App* app) {
  auto name = std::make_shared<std::string>();
  AddName(app, name.get());
  return [name](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    DESCENT_ASSIGN_OR_RETURN(const v1::Job job, client->GetJob(JobName(*name)));
    if (session.output() == OutputFormat::kYaml) {
      session.out() << client::SpecToYaml(job.resolved_spec());
    } else if (!session.PrintJson(job)) {
      session.out() << JobText(job);
    }
    return ExitCode::kOk;
  };
}

Runner SetUpWait(CLI::App* app) {
  struct Flags {
    std::string name;
    double timeout = 0;
  };
  auto flags = std::make_shared<Flags>();
  AddName(app, &flags->name);
  app->add_option("--timeout", flags->timeout, "Give up after so many seconds, with exit code 124. Default: never")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber);
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    const absl::Duration timeout = flags->timeout > 0 ? absl::Seconds(flags->timeout) : absl::InfiniteDuration();
    const absl::Time deadline = absl::Now() + timeout;
    const absl::StatusOr<v1::Job> job = client->Wait(JobName(flags->name), timeout);
    // A server that does not answer gives the same code before the time is over.
    if (absl::IsDeadlineExceeded(job.status()) && absl::Now() >= deadline) {
      session.err() << job.status().message() << "\n";
      return ExitCode::kTimedOut;
    }
    if (!job.ok()) return job.status();
    if (!session.PrintJson(*job)) session.out() << JobText(*job);
    return ExitCodeOf(job->state());
  };
}

using JobCall = absl::StatusOr<v1::Job> (client::Client::*)(absl::string_view) const;

// A command that calls one method for each name and prints the jobs.
Runner SetUpCall(CLI::App* app, JobCall call) {
  auto names = std::make_shared<std::vector<std::string>>();
  app->add_option("NAME", *names, "Names of jobs")->required()->take_all();
  return [names, call](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    for (const std::string& name : *names) {
      DESCENT_ASSIGN_OR_RETURN(const v1::Job job, (client->*call)(JobName(name)));
      if (!session.PrintJson(job)) session.out() << job.name() << " is " << StateText(job.state()) << "\n";
    }
    return ExitCode::kOk;
  };
}

Runner SetUpCancel(CLI::App* app) { return SetUpCall(app, &client::Client::CancelJob); }
Runner SetUpPause(CLI::App* app) { return SetUpCall(app, &client::Client::PauseJob); }
Runner SetUpResume(CLI::App* app) { return SetUpCall(app, &client::Client::ResumeJob); }

Runner SetUpDelete(CLI::App* app) {
  auto names = std::make_shared<std::vector<std::string>>();
  app->add_option("NAME", *names, "Names of jobs")->required()->take_all();
  return [names](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    for (const std::string& name : *names) {
      DESCENT_RETURN_IF_ERROR(client->DeleteJob(JobName(name)));
      session.err() << JobName(name) << " deleted\n";
    }
    return ExitCode::kOk;
  };
}

Runner SetUpParameters(CLI::App* app) {
  struct Flags {
    std::string name;
    PointFlags point;
    std::vector<std::string> tensors;
    bool original_units = false;
  };
  auto flags = std::make_shared<Flags>();
  AddName(app, &flags->name);
  flags->point.AddTo(app);
  app->add_option("--tensor", flags->tensors, "Only this tensor; repeat it for several")->expected(1)->take_all();
  app->add_flag("--original-units", flags->original_units,
                "In units of the columns before scaling; linear, logistic and softmax models only");
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    v1::GetParametersRequest request;
    request.set_name(JobName(flags->name));
    *request.mutable_point() = flags->point.ToPoint();
    for (const std::string& tensor : flags->tensors) request.add_tensors(tensor);
    request.set_original_units(flags->original_units);
    DESCENT_ASSIGN_OR_RETURN(const client::ParameterVector parameters, client->GetParameters(request));
    if (session.is_table()) {
      session.out() << ParametersText(parameters);
      return ExitCode::kOk;
    }
    v1::ParameterChunk whole;
    whole.set_step(parameters.step);
    *whole.mutable_layout() = parameters.layout;
    whole.mutable_values()->Add(parameters.values.begin(), parameters.values.end());
    session.PrintJson(whole);
    return ExitCode::kOk;
  };
}

constexpr Command kCommands[] = {
    {"job", "list", "List jobs, newest first",
     "  descent job list\n"
     "  descent job list --filter 'state = RUNNING AND labels.team = \"a\"'\n",
     SetUpList},
    {"job", "get", "Show one job",
     "  descent job get first\n"
     "  descent job get first -o yaml     # its spec with every default, ready to be submitted again\n",
     SetUpGet, /*takes_yaml=*/true},
    {"job", "wait", "Wait until a job has ended",
     "  descent job wait first --timeout 60 && descent model predict first -f rows.csv\n", SetUpWait},
    {"job", "cancel", "End jobs; what they have learned is kept", "  descent job cancel first\n", SetUpCancel},
    {"job", "pause", "Stop jobs between two steps; resume goes on exactly", "  descent job pause first\n", SetUpPause},
    {"job", "resume", "Let paused jobs go on", "  descent job resume first\n", SetUpResume},
    {"job", "delete", "Delete jobs that have ended, with their logs", "  descent job delete first\n", SetUpDelete},
    {"job", "parameters", "Print what a job has learned",
     "  descent job parameters first\n"
     "  descent job parameters first --step 100 -o json\n"
     "  descent job parameters first --original-units\n",
     SetUpParameters},
};

}  // namespace

absl::Span<const Command> JobCommands() { return kCommands; }

}  // namespace descent::cli
