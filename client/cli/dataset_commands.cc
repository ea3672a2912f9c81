// descent dataset upload|inspect|list|get|delete
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/command.h"
#include "client/cli/dataset_text.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/pages.h"
#include "client/cli/progress_bar.h"
#include "client/cli/text.h"
#include "client/upload.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

struct UploadFlags {
  std::string file;
  std::string id;
  std::string resume;
  SchemaFlags schema;
  int preview_rows = 10;
};

void AddSchemaFlags(CLI::App* app, SchemaFlags* flags) {
  app->add_option("--target", flags->targets,
                  "Column to predict; repeat it for several numbers at once. Default: the last one, or the label")
      ->type_name("COLUMN")
      ->expected(1)
      ->take_all();
  app->add_option("--weight", flags->weight, "Column that says how much each row counts. Default: all the same")
      ->type_name("COLUMN");
  app->add_option("--ignore", flags->ignored, "Column not to use; repeat it for several")
      ->type_name("COLUMN")
      ->expected(1)
      ->take_all();
  app->add_option("--type", flags->types, "COLUMN=numeric or COLUMN=categorical. Default: guessed from the cells")
      ->type_name("COLUMN=TYPE")
      ->expected(1)
      ->take_all();
  app->add_option("--format", flags->format,
                  "csv (delimited text) or libsvm. Default: guessed from name and first lines")
      ->check(CLI::IsMember({"csv", "libsvm"}))
      ->type_name("FORMAT");
  app->add_option("--delimiter", flags->delimiter, "One character, or `tab`. Default: guessed")->type_name("CHARACTER");
  app->add_flag("--no-header", flags->no_header, "Line 1 is data. Default: guessed");
  app->add_flag("--zero-based", flags->zero_based, "Indices of libsvm text count from 0. Default: from 1");
  app->add_option(
         "--width", flags->width,
         "Numbers a row of libsvm text, where more features may come than this file has. Default: the largest index")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 25))
      ->type_name("N");
}

// Uploads with a progress bar. On a cut or Ctrl-C it says how to go on.
absl::StatusOr<v1::Upload> UploadWithProgress(Session& session, const client::Client& client, const UploadFlags& flags,
                                              bool* interrupted) {
  ProgressBar bar(flags.file, &session.console());
  InterruptScope interrupt([] {});
  std::string upload_name;
  client::UploadOptions options;
  options.resume = flags.resume;
  options.is_cancelled = [&interrupt] { return interrupt.interrupted(); };
  options.on_progress = [&](const v1::Upload& upload, int64_t sent, int64_t size) {
    upload_name = upload.name();
    bar.Update(sent, size, absl::Now());
  };
  absl::StatusOr<v1::Upload> upload = client::UploadFile(client, flags.file, options);
  bar.Finish();
  *interrupted = interrupt.interrupted();
  if (!upload.ok() && !upload_name.empty()) {
    std::vector<std::string> words = session.words();
    words.insert(words.begin(), "descent");
    if (flags.resume.empty()) words.insert(words.end(), {"--resume", upload_name});
    session.err() << "the upload was cut; what has arrived is kept for 24 hours. Go on with:\n  " << ShellCommand(words)
                  << "\n";
  }
  return upload;
}

// Uploads and inspects; the problems go to stderr.
absl::StatusOr<v1::UploadInspection> Inspect(Session& session, const client::Client& client, const UploadFlags& flags,
                                             std::string* upload_name, bool* interrupted) {
  v1::InspectUploadRequest request;
  DESCENT_ASSIGN_OR_RETURN(*request.mutable_schema(), MakeSchema(flags.schema));
  DESCENT_RETURN_IF_ERROR(SetFormat(flags.schema, &request));
  DESCENT_ASSIGN_OR_RETURN(const v1::Upload upload, UploadWithProgress(session, client, flags, interrupted));
  *upload_name = upload.name();
  request.set_name(upload.name());
  request.set_preview_rows(flags.preview_rows);
  DESCENT_ASSIGN_OR_RETURN(v1::UploadInspection inspection, client.InspectUpload(request));
  session.err() << ProblemsText(flags.file, inspection);
  return inspection;
}

// What keeps a dataset from being made was shown with its places already.
absl::Status RefuseFatalProblems(const v1::UploadInspection& inspection) {
  for (const v1::DataProblem& problem : inspection.problems()) {
    if (problem.fatal()) return absl::InvalidArgumentError("no dataset was made; mend the file and upload it again");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Dataset> Create(const client::Client& client, const UploadFlags& flags, const std::string& upload,
                                   const v1::UploadInspection& inspection) {
  v1::CreateDatasetRequest request;
  request.set_dataset_id(flags.id);
  request.set_upload(upload);
  DESCENT_RETURN_IF_ERROR(SetFormat(flags.schema, &request));
  DESCENT_ASSIGN_OR_RETURN(*request.mutable_schema(), MakeSchema(flags.schema));
  DESCENT_RETURN_IF_ERROR(AddPositiveClass(flags.schema, inspection.schema(), request.mutable_schema()));
  // Not what the server found but what is on this disk: the bytes between are checked too.
  DESCENT_ASSIGN_OR_RETURN(*request.mutable_sha256(), client::FileSha256(flags.file));
  return client.CreateDataset(request);
}

Runner SetUpUpload(CLI::App* app) {
  auto flags = std::make_shared<UploadFlags>();
  app->add_option("FILE", flags->file, "Delimited or libsvm text, UTF-8")->required();
  app->add_option("--id", flags->id, "Name of the dataset. Default: made from the file's name");
  AddSchemaFlags(app, &flags->schema);
  app->add_option("--positive-class", flags->schema.positive_class,
                  "Class of a two-class target that counts as 1. Default: the last in byte order")
      ->type_name("CLASS");
  app->add_option("--resume", flags->resume, "Go on with an upload that was cut")->type_name("UPLOAD");
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    std::string upload;
    bool interrupted = false;
    absl::StatusOr<v1::UploadInspection> inspection = Inspect(session, *client, *flags, &upload, &interrupted);
    if (interrupted) return ExitCode::kInterrupted;
    if (!inspection.ok()) return inspection.status();
    DESCENT_RETURN_IF_ERROR(RefuseFatalProblems(*inspection));
    DESCENT_ASSIGN_OR_RETURN(const v1::Dataset dataset, Create(*client, *flags, upload, *inspection));
    if (!session.PrintJson(dataset)) session.out() << DatasetText(dataset);
    return ExitCode::kOk;
  };
}

Runner SetUpInspect(CLI::App* app) {
  auto flags = std::make_shared<UploadFlags>();
  app->add_option("FILE", flags->file, "Delimited or libsvm text, UTF-8")->required();
  AddSchemaFlags(app, &flags->schema);
  app->add_option("--rows", flags->preview_rows, "Rows of preview, at most 1000. Default 10")->type_name("N");
  app->add_option("--resume", flags->resume, "Go on with an upload that was cut")->type_name("UPLOAD");
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    std::string upload;
    bool interrupted = false;
    absl::StatusOr<v1::UploadInspection> inspection = Inspect(session, *client, *flags, &upload, &interrupted);
    if (interrupted) return ExitCode::kInterrupted;
    if (!inspection.ok()) return inspection.status();
    if (!session.PrintJson(*inspection)) session.out() << InspectionText(*inspection);
    return ExitCode::kOk;
  };
}

Runner SetUpList(CLI::App* app) {
  auto limit = std::make_shared<int>(kDefaultLimit);
  app->add_option("--limit", *limit, "Show at most so many, newest first. Default 50; 0: all")->type_name("N");
  return [limit](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    v1::ListDatasetsResponse all;
    DESCENT_RETURN_IF_ERROR((CollectPages<v1::ListDatasetsRequest>(
        *limit, [&](const auto& request) { return client->ListDatasets(request); },
        [](auto* response) { return response->mutable_datasets(); }, &all)));
    PrintList(session, all, all.datasets(), DatasetListText(all), "descent dataset upload FILE");
    return ExitCode::kOk;
  };
}

Runner SetUpGet(CLI::App* app) {
  auto name = std::make_shared<std::string>();
  app->add_option("NAME", *name, "Name of the dataset, with or without `datasets/`")->required();
  return [name](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    DESCENT_ASSIGN_OR_RETURN(const v1::Dataset dataset, client->GetDataset(client::ResourceName("datasets", *name)));
    if (!session.PrintJson(dataset)) session.out() << DatasetText(dataset);
    return ExitCode::kOk;
  };
}

Runner SetUpDelete(CLI::App* app) {
  auto names = std::make_shared<std::vector<std::string>>();
  app->add_option("NAME", *names, "Names of datasets")->required()->take_all();
  return [names](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    for (const std::string& name : *names) {
      DESCENT_RETURN_IF_ERROR(client->DeleteDataset(client::ResourceName("datasets", name)));
      session.err() << client::ResourceName("datasets", name) << " deleted\n";
    }
    return ExitCode::kOk;
  };
}

constexpr Command kCommands[] = {
    {"dataset", "upload", "Upload a table and make a dataset of it",
     "  descent dataset upload iris.csv\n"
     "  descent dataset upload patients.csv --id patients --target outcome --positive-class ill --ignore id\n"
     "  descent dataset upload codes.tsv --delimiter tab --type zip=categorical\n"
     "  descent dataset upload train.svm --width 1000\n",
     SetUpUpload},
    {"dataset", "inspect", "Upload a table and show how it would be read, without making a dataset",
     "  descent dataset inspect iris.csv --rows 3\n", SetUpInspect},
    {"dataset", "list", "List datasets, newest first", "  descent dataset list\n  descent dataset list -o jsonl\n",
     SetUpList},
    {"dataset", "get", "Show one dataset: columns, types, statistics",
     "  descent dataset get iris\n  descent dataset get iris -o json\n", SetUpGet},
    {"dataset", "delete", "Delete datasets that no job uses", "  descent dataset delete iris\n", SetUpDelete},
};

}  // namespace

absl::Span<const Command> DatasetCommands() { return kCommands; }

}  // namespace descent::cli
