#include "bench/nist_problems.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "bench/accuracy_problems.h"
#include "core/optimizers/optimizer.h"
#include "core/training/job_spec.h"

namespace descent::core {
namespace {

constexpr int kCertifiedDigits = 11;
constexpr int64_t kMostSteps = 2000;
constexpr int64_t kPatience = 50;

struct Tolerance {
  absl::string_view problem;
  double gradient;
};
constexpr Tolerance kTolerances[] = {{"Bennett5", 1e-11}, {"BoxBOD", 1e-9},    {"Chwirut1", 1e-9},  {"Chwirut2", 1e-10},
                                     {"DanWood", 1e-12},  {"ENSO", 1e-13},     {"Eckerle4", 1e-14}, {"Gauss1", 1e-9},
                                     {"Gauss2", 1e-9},    {"Gauss3", 1e-9},    {"Hahn1", 1e-6},     {"Kirby2", 1e-7},
                                     {"Lanczos1", 1e-14}, {"Lanczos2", 1e-15}, {"MGH09", 1e-15},    {"MGH10", 1e-3},
                                     {"MGH17", 1e-13},    {"Misra1a", 1e-7},   {"Misra1b", 1e-7},   {"Misra1c", 1e-7},
                                     {"Misra1d", 1e-7},   {"Rat42", 1e-9},     {"Rat43", 1e-8},     {"Thurber", 1e-7}};

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "nist: %s\n", message.c_str());
  std::abort();
}

template <typename T>
std::vector<T> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<T> words;
  for (T word; stream >> word;) words.push_back(word);
  return words;
}

NistProblem ReadProblem(const std::filesystem::path& path) {
  NistProblem problem;
  problem.name = path.stem().string();
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const std::string key = line.substr(0, line.find(' '));
    const std::string rest = line.substr(std::min(line.size(), key.size() + 1));
    if (key == "model") problem.model = rest;
    if (key == "parameters") problem.parameters = Words<std::string>(rest);
    if (key == "start") problem.starts.push_back(Words<double>(rest));
    if (key == "certified") problem.certified = Words<double>(rest);
    if (key == "residual_sum_of_squares") problem.residual_sum_of_squares = std::stod(rest);
    if (key == "rows") break;
  }
  std::getline(file, line);
  problem.columns = Words<std::string>(line);
  problem.values.resize(problem.columns.size());
  while (std::getline(file, line)) {
    const std::vector<double> row = Words<double>(line);
    for (size_t i = 0; i < row.size(); ++i) problem.values[i].push_back(row[i]);
  }
  if (problem.model.rfind("log_y", 0) == 0) {
    problem.columns.emplace_back("log_y");
    problem.values.push_back(problem.Column("y"));
    for (double& value : problem.values.back()) value = std::log(value);
  }
  return problem;
}

TrainingData DataOf(const NistProblem& problem) {
  auto table = std::make_shared<Table>();
  const std::string target = problem.model.substr(0, problem.model.find(' '));
  for (size_t i = 0; i < problem.columns.size(); ++i) {
    const ColumnRole role = problem.columns[i] == target ? ColumnRole::kTarget : ColumnRole::kFeature;
    table->schema.columns.push_back({problem.columns[i], ColumnType::kNumeric, role, {}, ""});
    table->columns.emplace_back().numbers = problem.values[i];
  }
  table->row_count = static_cast<int64_t>(problem.values[0].size());
  return {.table = std::move(table), .evaluation_table = nullptr};
}

JobSpec SpecOf(const NistProblem& problem, const std::vector<double>& start) {
  JobSpec spec;
  FormulaProblem& formula = spec.formula.emplace();
  formula.expression = problem.model;
  formula.dataset = "nist";
  for (size_t i = 0; i < start.size(); ++i) {
    formula.parameters.push_back({.name = problem.parameters[i], .start = start[i]});
  }
  spec.optimizer = Config(&FindOptimizer("levenberg_marquardt")->kind);
  spec.precision = Precision::kFloat64;
  spec.seed = 1;
  spec.stopping = Config(&StoppingInfo());
  spec.stopping.SetInteger("max_steps", kMostSteps);
  if (const double tolerance = GradientTolerance(problem); tolerance > 0) {
    spec.stopping.SetNumber("gradient_tolerance", tolerance);
  }
  spec.plateau = Config(&PlateauInfo());
  spec.plateau.SetSteps("window", kPatience);
  return spec;
}

// Aborts with a message when the spec is refused.
std::unique_ptr<Trainer> MakeTrainer(const JobSpec& given, const TrainingData& data) {
  Violations violations;
  ValidateSpec(given, "spec", &violations);
  if (!violations.empty()) Fail(std::string(violations.ToStatus().message()));
  const PreparedProblem prepared = PrepareProblem(given, data, "spec", &violations);
  if (!violations.empty()) Fail(std::string(violations.ToStatus().message()));
  const JobSpec spec = ResolveSpec(given, prepared.shape, SpecLimits{}, 1, "spec", &violations);
  if (!violations.empty()) Fail(std::string(violations.ToStatus().message()));
  absl::StatusOr<std::unique_ptr<Trainer>> trainer = Trainer::Create(spec, data);
  if (!trainer.ok()) Fail(std::string(trainer.status().message()));
  return *std::move(trainer);
}

}  // namespace

const std::vector<double>& NistProblem::Column(const std::string& column) const {
  return values[static_cast<size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin())];
}

std::vector<NistProblem> ReadNistProblems(const std::string& source_dir) {
  std::vector<NistProblem> problems;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir + "/tests/golden/nist", error)) {
    if (entry.path().extension() == ".dat") problems.push_back(ReadProblem(entry.path()));
  }
  if (problems.size() != 27) Fail(absl::StrCat("found ", problems.size(), " of 27 problems under ", source_dir));
  std::sort(problems.begin(), problems.end(),
            [](const NistProblem& a, const NistProblem& b) { return a.name < b.name; });
  return problems;
}

double GradientTolerance(const NistProblem& problem) {
  for (const Tolerance& tolerance : kTolerances) {
    if (tolerance.problem == problem.name) return tolerance.gradient;
  }
  return 0;
}

NistOutcome FitNist(const NistProblem& problem, size_t start) {
  const TrainingData data = DataOf(problem);
  const std::unique_ptr<Trainer> trainer = MakeTrainer(SpecOf(problem, problem.starts[start]), data);
  StepBlock block;
  while (!trainer->termination().has_value()) trainer->Advance(1000, &block);
  NistOutcome outcome;
  outcome.termination = *trainer->termination();
  outcome.digits = kCertifiedDigits;
  outcome.rounds_to_all = true;
  const std::vector<double>& fitted = trainer->kept().values;
  for (size_t i = 0; i < fitted.size(); ++i) {
    outcome.digits = std::min(outcome.digits, CorrectDigits(fitted[i], problem.certified[i], problem.certified[i]));
    const std::string rounded = absl::StrFormat("%.10e", fitted[i]);
    outcome.rounds_to_all = outcome.rounds_to_all && rounded == absl::StrFormat("%.10e", problem.certified[i]);
  }
  outcome.residual_sum_of_squares = outcome.termination.objective * static_cast<double>(problem.values[0].size());
  return outcome;
}

std::vector<std::vector<double>> NistPath(const NistProblem& problem, size_t start, int64_t steps) {
  const TrainingData data = DataOf(problem);
  JobSpec spec = SpecOf(problem, problem.starts[start]);
  spec.stopping = Config(&StoppingInfo());
  spec.stopping.SetInteger("max_steps", steps + 1);
  spec.plateau = Config();
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec, data);
  std::vector<std::vector<double>> path;
  StepBlock block;
  while (trainer->step() < steps) {
    trainer->Advance(1, &block);
    path.push_back(trainer->last().values);
  }
  return path;
}

}  // namespace descent::core
