#include "client/cli/app.h"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"
#include "core/base/local_address.h"
#include "core/base/suggest.h"

namespace descent::cli {
namespace {

struct Group {
  const char* name;
  const char* summary;
};

constexpr Group kGroups[] = {
    {"dataset", "Upload, inspect and list the tables that jobs train on"},
    {"job", "Submit training jobs, watch them step by step, steer them"},
    {"model", "Predict and evaluate with a job's parameters"},
};

constexpr char kRootFooter[] =
    "A first run:\n"
    "  descent dataset upload examples/data/breast_cancer.csv --id breast-cancer\n"
    "  descent job submit -f examples/specs/breast_cancer_logistic.yaml --name first\n"
    "  descent model predict first -f examples/data/breast_cancer.csv\n"
    "\n"
    "Exit codes: 0 ok, 1 error, 2 usage, 3 job failed or cancelled, 4 authentication,\n"
    "5 server not reachable, 124 wait timed out, 130 interrupted.\n";

std::vector<Command> AllCommands() {
  std::vector<Command> all;
  for (const auto& commands :
       {DatasetCommands(), SubmitCommands(), JobCommands(), WatchCommands(), ModelCommands(), OtherCommands()}) {
    all.insert(all.end(), commands.begin(), commands.end());
  }
  return all;
}

// The tree of CLI11 and what runs at its leaves.
class CommandLine {
 public:
  CommandLine();

  CLI::App& root() { return root_; }
  const GlobalFlags& flags() const { return flags_; }
  // The innermost subcommand that was parsed.
  CLI::App* Parsed();
  // What the parsed command does; null when the words stop at a group.
  const Runner* ParsedRunner();
  bool takes_yaml(const CLI::App* app) const { return yaml_apps_.contains(app); }

 private:
  void AddGlobalFlags();
  void AddCommand(const Command& command, CLI::App* parent);

  CLI::App root_{"descent: watch models train, every step of them", "descent"};
  GlobalFlags flags_;
  std::map<const CLI::App*, Runner> runners_;
  std::map<const CLI::App*, bool> yaml_apps_;
};

CommandLine::CommandLine() {
  root_.set_version_flag("--version", DESCENT_VERSION);
  root_.get_formatter()->column_width(34);
  // Once a command is there, words that are commands too are its own: `descent catalog model linear`.
  root_.require_subcommand(0, 1);
  // Of a flag given twice the last counts, so that a command can be repeated with a change.
  root_.option_defaults()->take_last();
  AddGlobalFlags();
  std::map<std::string, CLI::App*> groups;
  for (const Group& group : kGroups) {
    groups[group.name] = root_.add_subcommand(group.name, group.summary);
    groups[group.name]->fallthrough();
  }
  for (const Command& command : AllCommands()) {
    AddCommand(command, *command.group == '\0' ? &root_ : groups.at(command.group));
  }
  // Last, because subcommands inherit what is there when they are made.
  root_.footer(kRootFooter);
}

void CommandLine::AddGlobalFlags() {
  root_.add_option("--server", flags_.server,
                   absl::StrCat("unix:/path or host:port. Default: DESCENT_SERVER, then ", core::LocalAddress()));
  root_.add_option("--token-file", flags_.token_file, "File with the server's token. Default: DESCENT_TOKEN");
  root_.add_option("--ca", flags_.ca_certificate_path,
                   "PEM file of the authority behind the server's certificate; asks for TLS. Default: DESCENT_CA");
  root_.add_flag("--tls", flags_.use_tls, "TLS, with the system's authorities");
  root_
      .add_option("-o,--output", flags_.output,
                  "table, json, jsonl, or yaml for specs. In JSON, 64-bit integers are texts")
      ->check(CLI::IsMember({"table", "json", "jsonl", "yaml"}))
      ->type_name("FORMAT");
}

void CommandLine::AddCommand(const Command& command, CLI::App* parent) {
  CLI::App* app = parent->add_subcommand(command.name, command.summary);
  app->fallthrough();
  if (*command.examples != '\0') app->footer(absl::StrCat("Examples:\n", command.examples));
  runners_[app] = command.set_up(app);
  if (command.takes_yaml) yaml_apps_[app] = true;
}

CLI::App* CommandLine::Parsed() {
  CLI::App* app = &root_;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

const Runner* CommandLine::ParsedRunner() {
  const auto it = runners_.find(Parsed());
  return it == runners_.end() ? nullptr : &it->second;
}

std::vector<std::string> SubcommandNames(CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* child : app->get_subcommands([](CLI::App*) { return true; })) names.push_back(child->get_name());
  return names;
}

// `--flag` of the app and of those around it.
std::vector<std::string> FlagNames(CLI::App* app) {
  std::vector<std::string> names;
  for (CLI::App* level = app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        // Every level has its --help.
        const std::string flag = absl::StrCat("--", name);
        if (!absl::c_linear_search(names, flag)) names.push_back(flag);
      }
    }
  }
  return names;
}

// What CLI11 found wrong, with a suggestion where a word is not known.
absl::Status ParseProblem(CLI::App* app, const CLI::ParseError& error) {
  for (CLI::App* level = app; level != nullptr; level = level->get_parent()) {
    const std::vector<std::string> unknown = level->remaining();
    if (unknown.empty()) continue;
    const std::string& word = unknown.front();
    if (absl::StartsWith(word, "-")) {
      const std::string flag = word.substr(0, word.find('='));
      const std::string nearest = core::NearestName(flag, FlagNames(app));
      return UsageError(
          absl::StrCat("no such flag: ", flag, nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?")));
    }
    const std::vector<std::string> names = SubcommandNames(app);
    if (names.empty()) return UsageError(absl::StrCat("one argument too many: ", word));
    return UsageError(absl::StrCat("no such command: ", word, core::Suggestion(word, names)));
  }
  return UsageError(error.what());
}

// Prints the words that can stand in the place of the last one; nothing when a file or a name of the server's is due.
void Complete(CommandLine* line, const std::vector<std::string>& words, const Console& console) {
  CLI::App* app = &line->root();
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const auto children = app->get_subcommands([&](CLI::App* child) { return child->get_name() == words[i]; });
    if (!children.empty()) app = children.front();
  }
  const std::string current = words.empty() ? "" : words.back();
  for (const std::string& candidate : absl::StartsWith(current, "-") ? FlagNames(app) : SubcommandNames(app)) {
    if (absl::StartsWith(candidate, current)) *console.out << candidate << "\n";
  }
}

ExitCode Report(const absl::Status& status, const Console& console) {
  *console.err << ErrorText(status) << std::flush;
  return ExitCodeOf(status);
}

ExitCode RunParsed(CommandLine* line, const std::vector<std::string>& words, const Console& console) {
  const Runner* runner = line->ParsedRunner();
  if (runner == nullptr) {
    *console.err << line->root().help() << std::flush;
    return ExitCode::kUsage;
  }
  Session session(&line->flags(), &console, words);
  if (!line->takes_yaml(line->Parsed())) {
    if (const absl::Status status = session.RefuseYaml(); !status.ok()) return Report(status, console);
  }
  const absl::StatusOr<ExitCode> result = (*runner)(session);
  console.out->flush();
  if (!result.ok()) return Report(result.status(), console);
  if (!console.out->good())
    return Report(absl::UnknownError("the output cannot be written; is the disk full?"), console);
  return *result;
}

}  // namespace

int Run(const std::vector<std::string>& arguments, const Console& console) {
  CommandLine line;
  if (!arguments.empty() && arguments.front() == "__complete") {
    Complete(&line, {arguments.begin() + 1, arguments.end()}, console);
    return static_cast<int>(ExitCode::kOk);
  }
  try {
    // CLI11 takes the words from the back.
    line.root().parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& help) {
    return line.root().exit(help, *console.out, *console.err);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(Report(ParseProblem(line.Parsed(), error), console));
  }
  return static_cast<int>(RunParsed(&line, arguments, console));
}

}  // namespace descent::cli
