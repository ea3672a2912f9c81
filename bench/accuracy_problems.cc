#include "bench/accuracy_problems.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/data/csv_reader.h"
#include "core/data/features.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/schedules/schedule.h"

namespace descent::core {
namespace {

constexpr int kMostDigits = 15;

struct Definition {
  absl::string_view name;
  absl::string_view objective;
  absl::string_view file;
  absl::string_view target;
  absl::string_view model;
  absl::string_view loss;          // empty: the model's own
  absl::string_view settings;      // of the loss
  absl::string_view penalty = "";  // empty: none
  double strength = 0;
  int degree = 1;  // powers of x that are added to the table
  bool standardize = true;
  bool bias = true;
};

constexpr absl::string_view kBreastCancer = "examples/data/breast_cancer.csv";
constexpr absl::string_view kIris = "examples/data/iris.csv";
constexpr absl::string_view kDiabetes = "examples/data/diabetes.csv";
constexpr absl::string_view kWarpbreaks = "examples/data/warpbreaks.csv";

constexpr Definition kDefinitions[] = {
    {"breast_cancer_logistic", "log loss + \\|w\\|²/(2·569)", kBreastCancer, "diagnosis", "logistic", "", "", "l2",
     1.0 / 569},
    {"breast_cancer_squared_hinge", "squared hinge (linear SVM) + \\|w\\|²/(2·569)", kBreastCancer, "diagnosis",
     "logistic", "squared_hinge", "", "l2", 1.0 / 569},
    {"iris_softmax", "cross-entropy + \\|w\\|²/(2·150)", kIris, "species", "softmax", "", "", "l2", 1.0 / 150},
    {"diabetes_least_squares", "squared error", kDiabetes, "progression", "linear", "squared", ""},
    {"diabetes_ridge", "squared error + 0.1·\\|w\\|²/2", kDiabetes, "progression", "linear", "squared", "", "l2", 0.1},
    {"diabetes_lasso", "squared error + 20·\\|w\\|₁", kDiabetes, "progression", "linear", "squared", "", "l1", 20},
    {"diabetes_huber", "Huber, delta = 50", kDiabetes, "progression", "linear", "huber", "delta=50"},
    {"warpbreaks_poisson", "Poisson + 0.1·\\|w\\|²/2", kWarpbreaks, "breaks", "linear", "poisson", "", "l2", 0.1, 1,
     false},
    {"nist_norris", "line", "norris", "y", "linear", "squared", ""},
    {"nist_pontius", "polynomial of degree 2", "pontius", "y", "linear", "squared", "", "", 0, 2},
    {"nist_noint1", "line through the origin", "noint1", "y", "linear", "squared", "", "", 0, 1, false, false},
    {"nist_noint2", "line through the origin", "noint2", "y", "linear", "squared", "", "", 0, 1, false, false},
    {"nist_longley", "six features", "longley", "y", "linear", "squared", ""},
    {"nist_wampler1", "polynomial of degree 5, no residuals", "wampler1", "y", "linear", "squared", "", "", 0, 5},
    {"nist_wampler2", "polynomial of degree 5, no residuals", "wampler2", "y", "linear", "squared", "", "", 0, 5},
    {"nist_wampler3", "polynomial of degree 5", "wampler3", "y", "linear", "squared", "", "", 0, 5},
    {"nist_wampler4", "polynomial of degree 5", "wampler4", "y", "linear", "squared", "", "", 0, 5},
    {"nist_wampler5", "polynomial of degree 5", "wampler5", "y", "linear", "squared", "", "", 0, 5},
    {"nist_filip", "polynomial of degree 10", "filip", "y", "linear", "squared", "", "", 0, 10},
};

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "accuracy: %s\n", message.c_str());
  std::abort();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail(absl::StrCat("cannot read ", path, "; run from the top of the source tree, or say --source DIR"));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

double NumberOf(absl::string_view text) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number)) Fail(absl::StrCat("not a number: ", text));
  return number;
}

// `name=value name=value`, each of the type that its field has.
void ApplySettings(absl::string_view settings, Config* config) {
  for (const absl::string_view setting : absl::StrSplit(settings, ' ', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(setting, absl::MaxSplits('=', 1));
    const FieldInfo* field = config->info()->FindField(parts.first);
    if (field == nullptr) Fail(absl::StrCat(config->name(), " has no field ", parts.first));
    if (field->type == FieldType::kChoice) {
      config->SetChoice(parts.first, parts.second);
    } else if (field->type == FieldType::kBoolean) {
      config->SetBoolean(parts.first, parts.second == "true");
    } else if (field->type == FieldType::kInteger) {
      config->SetInteger(parts.first, static_cast<int64_t>(NumberOf(parts.second)));
    } else {
      config->SetNumber(parts.first, NumberOf(parts.second));
    }
  }
}

std::shared_ptr<const Table> ReadTable(const Definition& definition, const std::string& source_dir) {
  const bool nist = absl::StartsWith(definition.name, "nist_");
  const std::string path = nist ? absl::StrCat(source_dir, "/tests/golden/nist_linear/", definition.file, ".csv")
                                : absl::StrCat(source_dir, "/", definition.file);
  ColumnSchema target{std::string(definition.target), ColumnType::kUnknown, ColumnRole::kTarget, {}, ""};
  if (definition.file == kBreastCancer) target.positive_class = "benign";
  const Schema given{.columns = {std::move(target)}};
  Violations violations;
  CsvResult result = ReadCsv(ReadFile(path), CsvFormat{}, given, 0, &violations);
  if (!violations.empty() || !FatalProblems(result).ok()) Fail(absl::StrCat(path, " is not a table"));
  auto table = std::make_shared<Table>(std::move(result.table));
  for (int power = 2; power <= definition.degree; ++power) {
    const std::vector<double>& x = table->columns[1].numbers;
    std::vector<double> powers = table->columns.back().numbers;
    for (size_t row = 0; row < powers.size(); ++row) powers[row] *= x[row];
    table->schema.columns.push_back({absl::StrCat("x", power), ColumnType::kNumeric, ColumnRole::kFeature, {}, ""});
    table->columns.push_back({.numbers = std::move(powers), .codes = {}});
  }
  return table;
}

JobSpec SpecOf(const Definition& definition) {
  JobSpec spec;
  DatasetProblem& problem = spec.dataset.emplace();
  problem.dataset = "accuracy";
  problem.model = Config(&FindModel(definition.model)->kind);
  if (!definition.bias) problem.model.SetBoolean("bias", false);
  if (!definition.loss.empty()) {
    problem.loss = Config(&FindLoss(definition.loss)->kind);
    ApplySettings(definition.settings, &problem.loss);
  }
  if (!definition.penalty.empty()) {
    const absl::Span<const RegularizerInfo* const> all = Regularizers();
    const auto row = std::find_if(all.begin(), all.end(), [&](const RegularizerInfo* info) {  //
      return info->kind.name == definition.penalty;
    });
    problem.penalties.emplace_back(&(*row)->kind);
    problem.penalties[0].SetNumber("strength", definition.strength);
    if (definition.penalty == "l1") problem.penalties[0].SetBoolean("proximal", true);
  }
  problem.preprocessing = Config(&PreprocessingInfo());
  problem.preprocessing.SetChoice("scaling", definition.standardize ? "standardize" : "none");
  spec.precision = Precision::kFloat64;
  spec.seed = 1;
  return spec;
}

// Fills in the optima of tests/golden/optima.txt.
void ReadOptima(const std::string& source_dir, std::vector<AccuracyProblem>* problems) {
  AccuracyProblem* problem = nullptr;
  for (const absl::string_view line :
       absl::StrSplit(ReadFile(absl::StrCat(source_dir, "/tests/golden/optima.txt")), '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words[0] == "problem") {
      problem = nullptr;
      for (AccuracyProblem& candidate : *problems) {
        if (candidate.name == words[1]) problem = &candidate;
      }
      if (problem == nullptr) Fail(absl::StrCat("optima.txt has an unknown problem: ", words[1]));
    } else if (words[0] == "objective") {
      problem->optimum = NumberOf(words[1]);
    } else if (words[0] == "condition") {
      problem->condition = std::string(words[1]);
    } else if (words[0] == "parameters") {
      for (size_t i = 1; i < words.size(); ++i) problem->parameters.push_back(NumberOf(words[i]));
    }
  }
  for (const AccuracyProblem& each : *problems) {
    if (each.parameters.empty()) Fail(absl::StrCat("optima.txt does not have ", each.name));
  }
}

// Weights and intercept of standardised features to those of the features as they are.
std::vector<double> Coefficients(const AccuracyProblem& problem, std::vector<double> parameters) {
  if (problem.spec.dataset->preprocessing.choice("scaling") == 0) return parameters;
  const absl::StatusOr<FeatureEncoder> encoder =
      FeatureEncoder::Fit(*problem.data.table, {}, Scaling::kStandardize, Task::kRegression);
  if (!encoder.ok()) Fail(std::string(encoder.status().message()));
  long double intercept = parameters.back();
  for (size_t i = 0; i + 1 < parameters.size(); ++i) {
    const long double weight = static_cast<long double>(parameters[i]) * encoder->factors()[i];
    intercept -= weight * encoder->offsets()[i];
    parameters[i] = static_cast<double>(weight);
  }
  parameters.back() = static_cast<double>(intercept);
  return parameters;
}

int ParameterDigits(const AccuracyProblem& problem, std::vector<double> got) {
  const std::vector<double>& want = problem.parameters;
  if (got.size() != want.size()) Fail(absl::StrCat(problem.name, " has other parameters than in optima.txt"));
  if (problem.comparison == Comparison::kCoefficients) {
    got = Coefficients(problem, std::move(got));
    int worst = kMostDigits;
    for (size_t i = 0; i < got.size(); ++i) worst = std::min(worst, CorrectDigits(got[i], want[i], want[i]));
    return worst;
  }
  if (problem.comparison == Comparison::kCentered) {  // three classes
    const size_t first = got.size() - 3;
    const double mean = (got[first] + got[first + 1] + got[first + 2]) / 3;
    for (size_t i = first; i < got.size(); ++i) got[i] -= mean;
  }
  double error = 0;
  double scale = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    error = std::isnan(got[i]) ? got[i] : std::max(error, std::abs(got[i] - want[i]));
    scale = std::max(scale, std::abs(want[i]));
  }
  return CorrectDigits(error, 0, scale);
}

// What follows `name` in one of the settings, which is taken out; empty if none has it.
std::string Take(absl::string_view name, std::vector<absl::string_view>* settings) {
  const auto setting = std::find_if(settings->begin(), settings->end(),
                                    [name](absl::string_view text) { return absl::StartsWith(text, name); });
  if (setting == settings->end()) return "";
  const std::string value(setting->substr(name.size()));
  settings->erase(setting);
  return value;
}

JobSpec FullSpec(const AccuracyProblem& problem, const Method& method) {
  JobSpec spec = problem.spec;
  std::vector<absl::string_view> settings = absl::StrSplit(method.settings, ' ', absl::SkipEmpty());
  const std::string schedule = Take("schedule=", &settings);
  for (const ScheduleInfo* info : Schedules()) {
    if (info->kind.name == schedule) spec.schedule = Config(&info->kind);
  }
  if (const std::string size = Take("batch=", &settings); !size.empty()) {
    for (const KindInfo* info : Batches()) {
      if (info->name == "mini_batch") spec.batch = Config(info);
    }
    ApplySettings(absl::StrCat("size=", size, " shuffling=with_replacement"), &spec.batch);
    spec.evaluation = Config(&EvaluationInfo());
    spec.evaluation.SetSteps("every", method.max_steps);
  }
  const OptimizerInfo* optimizer = FindOptimizer(method.optimizer);
  if (optimizer == nullptr) Fail(absl::StrCat("no optimizer ", method.optimizer));
  spec.optimizer = Config(&optimizer->kind);
  ApplySettings(absl::StrJoin(settings, " "), &spec.optimizer);
  if (method.optimizer == "coordinate_descent") {  // it takes the absolute penalty in by itself
    for (Config& penalty : spec.dataset->penalties) {
      if (penalty.name() == "l1") penalty.SetBoolean("proximal", false);
    }
  }
  spec.stopping = Config(&StoppingInfo());
  spec.stopping.SetInteger("max_steps", method.max_steps);
  if (method.gradient_tolerance > 0) spec.stopping.SetNumber("gradient_tolerance", method.gradient_tolerance);
  return spec;
}

}  // namespace

std::vector<AccuracyProblem> LoadAccuracyProblems(const std::string& source_dir) {
  std::vector<AccuracyProblem> problems;
  for (const Definition& definition : kDefinitions) {
    AccuracyProblem problem;
    problem.name = std::string(definition.name);
    problem.objective = std::string(definition.objective);
    problem.spec = SpecOf(definition);
    problem.data = {.table = ReadTable(definition, source_dir), .evaluation_table = nullptr};
    if (absl::StartsWith(problem.name, "nist_")) problem.comparison = Comparison::kCoefficients;
    if (definition.model == "softmax") problem.comparison = Comparison::kCentered;
    problems.push_back(std::move(problem));
  }
  ReadOptima(source_dir, &problems);
  return problems;
}

const AccuracyProblem& FindProblem(const std::vector<AccuracyProblem>& problems, absl::string_view name) {
  for (const AccuracyProblem& problem : problems) {
    if (problem.name == name) return problem;
  }
  Fail(absl::StrCat("no problem ", name));
}

int CorrectDigits(double value, double reference, double scale) {
  const double error = std::abs(value - reference) / std::abs(scale);
  if (error == 0) return kMostDigits;
  if (!(error < 1)) return 0;
  return std::min(kMostDigits, static_cast<int>(-std::log10(error)));
}

Outcome RunMethod(const AccuracyProblem& problem, const Method& method) {
  const JobSpec given = FullSpec(problem, method);
  Violations violations;
  ValidateSpec(given, "spec", &violations);
  if (!violations.empty()) Fail(std::string(violations.ToStatus().message()));
  const PreparedProblem prepared = PrepareProblem(given, problem.data, "spec", &violations);
  if (!violations.empty()) Fail(std::string(violations.ToStatus().message()));
  const JobSpec spec = ResolveSpec(given, prepared.shape, SpecLimits{}, 1, "spec", &violations);
  if (!violations.empty()) Fail(std::string(violations.ToStatus().message()));
  absl::StatusOr<std::unique_ptr<Trainer>> trainer = Trainer::Create(spec, problem.data);
  if (!trainer.ok()) Fail(std::string(trainer.status().message()));

  StepBlock block;
  double start = 0;
  Outcome outcome;
  while (!(*trainer)->termination().has_value()) {
    const Trainer::Progress progress = (*trainer)->Advance(1000, &block);
    if (block.rows() > 0 && block.first_step == 0) start = block.objective[0];
    if (progress.evaluation.has_value()) outcome.objective = progress.evaluation->objective;
  }
  outcome.termination = *(*trainer)->termination();
  if (spec.batch.info() == nullptr || spec.batch.name() == "full") outcome.objective = outcome.termination.objective;
  outcome.objective_digits =
      CorrectDigits(outcome.objective, problem.optimum, problem.optimum == 0 ? start : problem.optimum);
  outcome.parameter_digits = ParameterDigits(problem, (*trainer)->kept().values);
  return outcome;
}

}  // namespace descent::core
