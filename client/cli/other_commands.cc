// descent catalog, version, completion
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/catalog_text.h"
#include "client/cli/command.h"
#include "client/cli/table.h"
#include "client/cli/text.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

// Bash asks the program itself what can follow; where it has no answer, file names do.
constexpr char kBashCompletion[] = R"BASH(# bash completion of descent: eval "$(descent completion bash)"
_descent() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _descent descent
)BASH";

Runner SetUpCatalog(CLI::App* app) {
  struct Flags {
    std::string kind;
    std::string name;
  };
  auto flags = std::make_shared<Flags>();
  app->add_option("KIND", flags->kind,
                  "optimizer, schedule, model, loss, penalty, initializer, function, column, "
                  "metric, batch or policy");
  app->add_option("NAME", flags->name, "One entry, in full");
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    v1::CatalogKind kind = v1::CATALOG_KIND_UNSPECIFIED;
    if (!flags->kind.empty()) {
      DESCENT_ASSIGN_OR_RETURN(kind, ParseCatalogKind(flags->kind));
    }
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    DESCENT_ASSIGN_OR_RETURN(const v1::Catalog catalog, client->GetCatalog(kind));
    if (!flags->name.empty()) {
      DESCENT_ASSIGN_OR_RETURN(const v1::CatalogEntry entry, FindEntry(catalog, flags->name));
      if (!session.PrintJson(entry)) session.out() << CatalogEntryText(entry);
    } else if (!session.PrintJson(catalog)) {
      session.out() << CatalogListText(catalog);
    }
    return ExitCode::kOk;
  };
}

std::string LimitsText(const v1::ServerLimits& limits) {
  return absl::StrCat(BytesText(limits.max_upload_bytes()), " an upload, ", limits.max_threads(), " threads a job, ",
                      limits.max_running_jobs(), " jobs at a time, ", CountText(limits.max_parameters()),
                      " parameters, ", BytesText(limits.default_log_byte_budget()), " a log");
}

Runner SetUpVersion(CLI::App* app) {
  auto client_only = std::make_shared<bool>(false);
  app->add_flag("--client", *client_only, "Do not ask the server");
  return [client_only](Session& session) -> absl::StatusOr<ExitCode> {
    FieldList fields;
    fields.Add("client", DESCENT_VERSION);
    if (*client_only) {
      session.out() << fields.ToText();
      return ExitCode::kOk;
    }
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    const absl::StatusOr<v1::ServerInfo> answer = client->GetServerInfo();
    if (!answer.ok()) {
      if (session.is_table()) session.out() << fields.ToText() << std::flush;
      return answer.status();
    }
    const v1::ServerInfo& info = *answer;
    if (session.PrintJson(info)) return ExitCode::kOk;
    fields.Add("server", info.version());
    fields.Add("address", client->options().address);
    fields.Add("build", info.build());
    fields.Add("CPU class", info.cpu_class());
    fields.Add("started", TimeText(info.start_time()));
    fields.Add("you are", info.identity());
    fields.Add("disk",
               absl::StrCat(BytesText(info.stored_bytes()), " of ", BytesText(info.limits().disk_budget_bytes())));
    fields.Add("limits", LimitsText(info.limits()));
    session.out() << fields.ToText();
    return ExitCode::kOk;
  };
}

Runner SetUpCompletion(CLI::App* app) {
  auto shell = std::make_shared<std::string>();
  app->add_option("SHELL", *shell, "bash")->required()->check(CLI::IsMember({"bash"}));
  // The option writes to the text, which must live as long as the command.
  return [shell](Session& session) -> absl::StatusOr<ExitCode> {
    session.out() << kBashCompletion;
    return ExitCode::kOk;
  };
}

constexpr Command kCommands[] = {
    {"", "catalog", "Show what the server can do: optimizers, models, losses, functions...",
     "  descent catalog\n"
     "  descent catalog optimizer\n"
     "  descent catalog optimizer adam      # formula, reference, fields\n",
     SetUpCatalog},
    {"", "version", "Show the versions of client and server", "  descent version\n  descent version --client\n",
     SetUpVersion},
    {"", "completion", "Print a script that lets the shell complete commands and flags",
     "  eval \"$(descent completion bash)\"\n", SetUpCompletion},
};

}  // namespace

absl::Span<const Command> OtherCommands() { return kCommands; }

}  // namespace descent::cli
