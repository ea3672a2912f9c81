// descent model predict|evaluate
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/libsvm_rows.h"
#include "client/cli/model_text.h"
#include "client/cli/point_flags.h"
#include "client/cli/rows_file.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

// A call takes and gives at most 4 MiB: so many rows leave room for the probabilities of some hundred classes.
constexpr size_t kRowsPerCall = 1000;
constexpr size_t kBytesPerCall = 1 << 20;

struct PredictFlags {
  std::string job;
  PointFlags point;
  std::string file;
  std::vector<std::string> values;
  std::string format;
  std::string delimiter;
  bool no_header = false;
  bool zero_based = false;
};

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened; is the path right?"));
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// One row of `COLUMN=VALUE` settings.
absl::StatusOr<RowsFile> RowOf(const std::vector<std::string>& values) {
  RowsFile file;
  file.rows.emplace_back();
  for (const std::string& setting : values) {
    // Names of columns may hold `=`, values hardly do.
    const size_t equals = setting.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(absl::StrCat("--set must be COLUMN=VALUE, was \"", setting, "\""));
    }
    file.columns.push_back(setting.substr(0, equals));
    file.rows[0].push_back(setting.substr(equals + 1));
  }
  return file;
}

absl::StatusOr<RowsFile> RowsOf(const PredictFlags& flags) {
  if (flags.file.empty() == flags.values.empty()) {
    return UsageError("give the rows either with -f FILE or, for one row, with --set COLUMN=VALUE");
  }
  if (!flags.values.empty()) return RowOf(flags.values);
  DESCENT_ASSIGN_OR_RETURN(const std::string text, ReadWhole(flags.file));
  const bool says_csv = flags.format == "csv" || !flags.delimiter.empty() || flags.no_header;
  const bool says_libsvm = flags.format == "libsvm" || flags.zero_based;
  if (says_csv && says_libsvm) return UsageError("--delimiter and --no-header are for csv, --zero-based is for libsvm");
  if (says_libsvm || (!says_csv && LooksLikeLibsvm(flags.file, text))) {
    return ParseLibsvmRows(flags.file, text, flags.zero_based);
  }
  RowsFormat format;
  format.has_header = !flags.no_header;
  const std::string delimiter = flags.delimiter == "tab" ? "\t" : flags.delimiter;
  if (delimiter.size() > 1) return UsageError("--delimiter must be one character or `tab`");
  if (!delimiter.empty()) format.delimiter = delimiter[0];
  return ParseRows(flags.file, text, format);
}

absl::StatusOr<v1::PredictResponse> PredictAll(const client::Client& client, const PredictFlags& flags,
                                               const RowsFile& rows) {
  v1::PredictRequest request;
  request.set_job(client::ResourceName("jobs", flags.job));
  *request.mutable_point() = flags.point.ToPoint();
  v1::PredictResponse all;
  for (size_t begin = 0, end = 0; begin < rows.row_count(); begin = end) {
    *request.mutable_rows() = rows.Slice(begin, kRowsPerCall, kBytesPerCall, &end);
    DESCENT_ASSIGN_OR_RETURN(v1::PredictResponse part, client.Predict(request));
    // While a job runs its newest parameters change: all rows are to be answered by the same.
    request.mutable_point()->set_step(part.step());
    if (begin > 0) {
      part.clear_classes();
      part.clear_targets();
    }
    all.MergeFrom(part);
  }
  return all;
}

Runner SetUpPredict(CLI::App* app) {
  auto flags = std::make_shared<PredictFlags>();
  app->add_option("JOB", flags->job, "Name of the job, with or without `jobs/`")->required();
  app->add_option("-f,--file", flags->file,
                  "Delimited or libsvm text with the columns of the dataset; - is standard input")
      ->type_name("FILE");
  app->add_option("--set", flags->values, "Value of a column, for a single row; repeat it for each column")
      ->type_name("COLUMN=VALUE")
      ->expected(1)
      ->take_all();
  app->add_option("--format", flags->format, "csv or libsvm. Default: guessed")
      ->check(CLI::IsMember({"csv", "libsvm"}))
      ->type_name("FORMAT");
  app->add_option("--delimiter", flags->delimiter, "One character, or `tab`. Default: guessed")->type_name("CHARACTER");
  app->add_flag("--no-header", flags->no_header, "Line 1 is data; columns are called column_1, column_2...");
  app->add_flag("--zero-based", flags->zero_based, "Indices of libsvm text count from 0, as for the dataset");
  flags->point.AddTo(app);
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(const RowsFile rows, RowsOf(*flags));
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    DESCENT_ASSIGN_OR_RETURN(const v1::PredictResponse predictions, PredictAll(*client, *flags, rows));
    if (session.output() == OutputFormat::kJsonLines) {
      session.out() << PredictionLines(predictions);
    } else if (!session.PrintJson(predictions)) {
      session.out() << PredictionsText(predictions);
    }
    return ExitCode::kOk;
  };
}

Runner SetUpEvaluate(CLI::App* app) {
  struct Flags {
    std::string job;
    PointFlags point;
    std::string dataset;
    std::string part;
  };
  auto flags = std::make_shared<Flags>();
  app->add_option("JOB", flags->job, "Name of the job, with or without `jobs/`")->required();
  CLI::Option* dataset = app->add_option("--dataset", flags->dataset, "Measure on this dataset, of the same columns");
  app->add_option("--part", flags->part, "training or held_out. Default: held_out if there is such a part")
      ->check(CLI::IsMember({"training", "held_out"}))
      ->type_name("PART")
      ->excludes(dataset);
  flags->point.AddTo(app);
  return [flags](Session& session) -> absl::StatusOr<ExitCode> {
    DESCENT_ASSIGN_OR_RETURN(client::Client * client, session.GetClient());
    v1::EvaluateRequest request;
    request.set_job(client::ResourceName("jobs", flags->job));
    *request.mutable_point() = flags->point.ToPoint();
    if (!flags->dataset.empty()) request.set_dataset(client::ResourceName("datasets", flags->dataset));
    if (flags->part == "training") request.set_part(v1::DATA_PART_TRAINING);
    if (flags->part == "held_out") request.set_part(v1::DATA_PART_HELD_OUT);
    DESCENT_ASSIGN_OR_RETURN(const v1::EvaluateResponse response, client->Evaluate(request));
    if (!session.PrintJson(response)) session.out() << EvaluationTables(response);
    return ExitCode::kOk;
  };
}

constexpr Command kCommands[] = {
    {"model", "predict", "Predict for rows",
     "  descent model predict first -f rows.csv\n"
     "  descent model predict first --best -f - -o jsonl < rows.csv\n"
     "  descent model predict sparse -f test.svm\n"
     "  descent model predict iris --set sepal_length_cm=5.1 --set sepal_width_cm=3.5 \\\n"
     "      --set petal_length_cm=1.4 --set petal_width_cm=0.2\n",
     SetUpPredict},
    {"model", "evaluate", "Measure loss and metrics",
     "  descent model evaluate first\n"
     "  descent model evaluate first --part training --step 100\n"
     "  descent model evaluate first --dataset next-year\n",
     SetUpEvaluate},
};

}  // namespace

absl::Span<const Command> ModelCommands() { return kCommands; }

}  // namespace descent::cli
