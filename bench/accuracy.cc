// Correct digits per method on problems whose minima are known: the tables of docs/accuracy.md.
//
//   accuracy [--source DIR]              prints them
//   accuracy [--source DIR] --write DOC  puts them between the markers of the document
//   accuracy [--source DIR] --check DOC  fails unless those of the document are the same: digits within one, since
//                                        another CPU rounds differently, everything else that is written exactly but
//                                        for steps and objectives
//
// DIR is the top of the source tree, by default the current folder. To add a method: a line in kMethods.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/accuracy_problems.h"
#include "bench/nist_problems.h"
#include "core/optimizers/optimizer.h"
#include "tests/core/optimizers/more_garbow_hillstrom.h"
#include "tests/core/optimizers/problem_batch.h"

namespace descent::core {
namespace {

constexpr char kBegin[] = "<!-- accuracy: begin -->\n";
constexpr char kEnd[] = "<!-- accuracy: end -->\n";

// Settings that are robust: a run that is stopped by a tolerance passes it clearly, one that uses its budget has no
// rule that it nearly meets.
constexpr Method kMethods[] = {
    {"breast_cancer_logistic", "sgd", "learning_rate=0.3", 10000},
    {"breast_cancer_logistic", "sgd", "learning_rate=1 momentum=0.95", 5000, 1e-12},
    {"breast_cancer_logistic", "sgd", "learning_rate=0.3 momentum=0.95 nesterov=true", 5000, 1e-12},
    {"breast_cancer_logistic", "adam", "learning_rate=0.1 schedule=cosine", 5000},
    {"breast_cancer_logistic", "rmsprop", "learning_rate=0.01 schedule=cosine", 5000},
    {"breast_cancer_logistic", "line_search_descent", "search=armijo", 2000},
    {"breast_cancer_logistic", "line_search_descent", "search=strong_wolfe", 2000},
    {"breast_cancer_logistic", "lbfgs", "", 300, 1e-12},
    {"breast_cancer_logistic", "newton_cg", "", 50, 1e-12},
    {"breast_cancer_logistic", "sag", "learning_rate=0.04 batch=16", 500000},
    {"breast_cancer_logistic", "saga", "learning_rate=0.04 batch=16", 500000},
    {"breast_cancer_logistic", "svrg", "learning_rate=0.04 batch=16", 500000},

    {"breast_cancer_squared_hinge", "sgd", "learning_rate=0.05", 10000},
    {"breast_cancer_squared_hinge", "sgd", "learning_rate=0.05 momentum=0.95", 20000, 1e-12},
    {"breast_cancer_squared_hinge", "sgd", "learning_rate=0.03 momentum=0.95 nesterov=true", 20000, 1e-12},
    {"breast_cancer_squared_hinge", "adam", "learning_rate=0.1 schedule=cosine", 5000},
    {"breast_cancer_squared_hinge", "rmsprop", "learning_rate=0.01 schedule=cosine", 5000},
    {"breast_cancer_squared_hinge", "line_search_descent", "search=armijo", 2000},
    {"breast_cancer_squared_hinge", "line_search_descent", "search=strong_wolfe", 2000},
    {"breast_cancer_squared_hinge", "lbfgs", "", 500, 1e-12},
    {"breast_cancer_squared_hinge", "newton_cg", "", 50, 1e-12},

    {"iris_softmax", "sgd", "learning_rate=0.5", 10000, 1e-12},
    {"iris_softmax", "sgd", "learning_rate=1 momentum=0.95", 5000, 1e-12},
    {"iris_softmax", "sgd", "learning_rate=0.5 momentum=0.9 nesterov=true", 5000, 1e-12},
    {"iris_softmax", "adam", "learning_rate=0.1 schedule=cosine", 5000},
    {"iris_softmax", "rmsprop", "learning_rate=0.01 schedule=cosine", 5000},
    {"iris_softmax", "line_search_descent", "search=armijo", 2000},
    {"iris_softmax", "line_search_descent", "search=strong_wolfe", 2000},
    {"iris_softmax", "lbfgs", "", 300, 1e-12},
    {"iris_softmax", "newton_cg", "", 50, 1e-12},

    {"diabetes_least_squares", "sgd", "learning_rate=0.2", 10000},
    {"diabetes_least_squares", "sgd", "learning_rate=0.1 momentum=0.95", 10000, 1e-9},
    {"diabetes_least_squares", "sgd", "learning_rate=0.1 momentum=0.95 nesterov=true", 10000, 1e-9},
    {"diabetes_least_squares", "adam", "learning_rate=1 schedule=cosine", 10000},
    {"diabetes_least_squares", "rmsprop", "learning_rate=1 schedule=cosine", 10000},
    {"diabetes_least_squares", "line_search_descent", "search=armijo", 5000},
    {"diabetes_least_squares", "line_search_descent", "search=strong_wolfe", 5000},
    {"diabetes_least_squares", "lbfgs", "", 300, 1e-9},
    {"diabetes_least_squares", "newton_cg", "", 50, 1e-9},
    {"diabetes_least_squares", "coordinate_descent", "", 5000},
    {"diabetes_least_squares", "levenberg_marquardt", "", 10, 1e-9},

    {"diabetes_ridge", "sgd", "learning_rate=0.2", 5000, 1e-9},
    {"diabetes_ridge", "sgd", "learning_rate=0.2 momentum=0.8", 5000, 1e-9},
    {"diabetes_ridge", "sgd", "learning_rate=0.1 momentum=0.8 nesterov=true", 5000, 1e-9},
    {"diabetes_ridge", "adam", "learning_rate=1 schedule=cosine", 5000},
    {"diabetes_ridge", "rmsprop", "learning_rate=1 schedule=cosine", 5000},
    {"diabetes_ridge", "line_search_descent", "search=armijo", 2000},
    {"diabetes_ridge", "line_search_descent", "search=strong_wolfe", 2000},
    {"diabetes_ridge", "lbfgs", "", 300, 1e-9},
    {"diabetes_ridge", "newton_cg", "", 50, 1e-9},
    {"diabetes_ridge", "sag", "batch=1", 442 * 1000},
    {"diabetes_ridge", "saga", "batch=1", 442 * 500},
    {"diabetes_ridge", "svrg", "batch=1", 442 * 500},
    {"diabetes_ridge", "coordinate_descent", "", 1000},
    {"diabetes_ridge", "levenberg_marquardt", "", 10, 1e-9},

    {"diabetes_lasso", "sgd", "learning_rate=0.2", 500},
    {"diabetes_lasso", "sgd", "learning_rate=0.2 schedule=cosine", 500},
    {"diabetes_lasso", "sgd", "learning_rate=0.01", 500},
    {"diabetes_lasso", "saga", "batch=1", 442 * 300},
    {"diabetes_lasso", "coordinate_descent", "", 100},

    {"diabetes_huber", "sgd", "learning_rate=0.4", 10000},
    {"diabetes_huber", "sgd", "learning_rate=0.2 momentum=0.95", 10000, 1e-10},
    {"diabetes_huber", "sgd", "learning_rate=0.2 momentum=0.95 nesterov=true", 10000, 1e-10},
    {"diabetes_huber", "adam", "learning_rate=1 schedule=cosine", 10000},
    {"diabetes_huber", "rmsprop", "learning_rate=1 schedule=cosine", 10000},
    {"diabetes_huber", "line_search_descent", "search=armijo", 2000},
    {"diabetes_huber", "lbfgs", "", 300, 1e-10},

    {"warpbreaks_poisson", "sgd", "learning_rate=0.02", 20000},
    {"warpbreaks_poisson", "sgd", "learning_rate=0.01 momentum=0.9", 20000, 1e-12},
    {"warpbreaks_poisson", "sgd", "learning_rate=0.01 momentum=0.9 nesterov=true", 20000, 1e-12},
    {"warpbreaks_poisson", "adam", "learning_rate=1 schedule=cosine", 10000},
    {"warpbreaks_poisson", "rmsprop", "learning_rate=0.1 schedule=cosine", 10000},
    {"warpbreaks_poisson", "line_search_descent", "search=armijo", 2000},
    {"warpbreaks_poisson", "lbfgs", "", 300, 1e-11},
    {"warpbreaks_poisson", "newton_cg", "", 50, 1e-11},

    {"nist_norris", "sgd", "learning_rate=0.4", 1000},
    {"nist_norris", "lbfgs", "", 100},
    {"nist_norris", "newton_cg", "", 20},
    {"nist_norris", "levenberg_marquardt", "", 10},
    {"nist_pontius", "sgd", "learning_rate=0.4", 20000},
    {"nist_pontius", "sgd", "learning_rate=0.4 momentum=0.8", 20000},
    {"nist_pontius", "lbfgs", "", 100},
    {"nist_pontius", "newton_cg", "", 20},
    {"nist_pontius", "levenberg_marquardt", "", 10},
    {"nist_noint1", "sgd", "learning_rate=1e-4", 1000},
    {"nist_noint1", "lbfgs", "", 100},
    {"nist_noint1", "levenberg_marquardt", "", 10},
    {"nist_noint2", "sgd", "learning_rate=0.01", 1000},
    {"nist_noint2", "lbfgs", "", 100},
    {"nist_noint2", "levenberg_marquardt", "", 10},
    {"nist_longley", "sgd", "learning_rate=0.2", 20000},
    {"nist_longley", "sgd", "learning_rate=0.2 momentum=0.98", 20000},
    {"nist_longley", "lbfgs", "", 300},
    {"nist_longley", "newton_cg", "", 50},
    {"nist_longley", "coordinate_descent", "", 20000},
    {"nist_longley", "levenberg_marquardt", "", 30},
    {"nist_wampler1", "sgd", "learning_rate=0.2", 20000},
    {"nist_wampler1", "sgd", "learning_rate=0.3 momentum=0.9975", 50000},
    {"nist_wampler1", "lbfgs", "memory=20", 300},
    {"nist_wampler1", "newton_cg", "", 50},
    {"nist_wampler1", "levenberg_marquardt", "", 30},
    {"nist_wampler2", "sgd", "learning_rate=0.2", 20000},
    {"nist_wampler2", "sgd", "learning_rate=0.3 momentum=0.9975", 50000},
    {"nist_wampler2", "lbfgs", "memory=20", 300},
    {"nist_wampler2", "newton_cg", "", 50},
    {"nist_wampler2", "levenberg_marquardt", "", 30},
    {"nist_wampler3", "sgd", "learning_rate=0.2", 20000},
    {"nist_wampler3", "sgd", "learning_rate=0.3 momentum=0.9975", 50000},
    {"nist_wampler3", "lbfgs", "memory=20", 300},
    {"nist_wampler3", "newton_cg", "", 50},
    {"nist_wampler3", "levenberg_marquardt", "", 30},
    {"nist_wampler4", "sgd", "learning_rate=0.3 momentum=0.9975", 50000},
    {"nist_wampler4", "lbfgs", "memory=20", 300},
    {"nist_wampler4", "newton_cg", "", 50},
    {"nist_wampler4", "levenberg_marquardt", "", 30},
    {"nist_wampler5", "sgd", "learning_rate=0.3 momentum=0.9975", 50000},
    {"nist_wampler5", "lbfgs", "memory=20", 300},
    {"nist_wampler5", "newton_cg", "", 50},
    {"nist_wampler5", "levenberg_marquardt", "", 30},
    {"nist_filip", "sgd", "learning_rate=0.1", 20000},
    {"nist_filip", "sgd", "learning_rate=0.1 momentum=0.999", 50000},
    {"nist_filip", "lbfgs", "memory=20", 1000},
    {"nist_filip", "newton_cg", "", 100},
    {"nist_filip", "levenberg_marquardt", "", 100},
};

std::string NameOf(TerminationReason reason) {
  constexpr std::array<absl::string_view, 13> kNames = {
      "converged", "target_reached", "step_budget", "epoch_budget", "time_budget", "plateau",   "stopped_early",
      "diverged",  "non_finite",     "cancelled",   "limit_cycle",  "unbounded",   "stationary"};
  return std::string(kNames[static_cast<size_t>(reason) - 1]);
}

std::string MethodTable(const std::vector<AccuracyProblem>& problems) {
  std::string text = absl::StrCat(
      "| problem | optimizer | settings | steps | objective reached | correct digits: objective | parameters | ended "
      "by |\n|---|---|---|--:|--:|--:|--:|---|\n");
  for (const Method& method : kMethods) {
    const Outcome outcome = RunMethod(FindProblem(problems, method.problem), method);
    absl::StrAppend(&text, "| ", method.problem, " | ", method.optimizer, " | ", method.settings, " | ",
                    outcome.termination.step, " | ", absl::StrFormat("%.16g", outcome.objective), " | ",
                    outcome.objective_digits, " | ", outcome.parameter_digits, " | ",
                    NameOf(outcome.termination.reason), " |\n");
  }
  return text;
}

std::string ProblemTable(const std::vector<AccuracyProblem>& problems) {
  std::string text = "| problem | objective | rows | parameters | condition | minimum |\n|---|---|--:|--:|--:|--:|\n";
  for (const AccuracyProblem& problem : problems) {
    absl::StrAppend(&text, "| ", problem.name, " | ", problem.objective, " | ", problem.data.table->row_count, " | ",
                    problem.parameters.size(), " | ", problem.condition, " | ",
                    absl::StrFormat("%.16g", problem.optimum), " |\n");
  }
  return text;
}

// Correct digits of a value of which six are published, some cut off and some rounded: six if it is within one of the
// last of them.
int PublishedDigits(double value, double published) {
  const double unit = std::pow(10.0, std::floor(std::log10(published)) - 5);
  return std::abs(value - published) <= unit ? 6 : std::min(6, CorrectDigits(value, published, published));
}

// L-BFGS from the standard start, until 20 steps in a row find nothing lower or the value is nearly 0.
std::string MinimizeTestProblem(const TestProblem& problem) {
  constexpr int64_t kMostSteps = 2000;
  constexpr int64_t kPatience = 20;
  constexpr double kNearlyZero = 1e-20;  // relative to the value at the start
  const Config config(&FindOptimizer("lbfgs")->kind);
  std::vector<double> x = problem.start;
  std::vector<double> gradient(x.size());
  ParameterLayout layout;
  layout.Add("x", {static_cast<int64_t>(x.size())}, TensorRole::kVariable);
  const std::unique_ptr<Optimizer<double>> optimizer = MakeOptimizer<double>(config, layout);
  ProblemBatch batch(&problem);
  const double start = batch.Measure(x, absl::MakeSpan(gradient));
  double value = start;
  double least = start;
  int64_t step = 0;
  int64_t least_step = 0;
  while (step < kMostSteps && step - least_step < kPatience && least > kNearlyZero * start) {
    optimizer->Step({.step = step, .learning_rate = 1, .objective = value, .gradient = gradient, .batch = &batch},
                    absl::MakeSpan(x));
    ++step;
    value = batch.Measure(x, absl::MakeSpan(gradient));
    if (value < least) least_step = step;
    least = std::min(least, value);
  }
  double nearest = problem.minima[0];
  for (const double minimum : problem.minima) {
    if (std::abs(least - minimum) < std::abs(least - nearest)) nearest = minimum;
  }
  const int digits = nearest == 0 ? CorrectDigits(least, 0, start) : PublishedDigits(least, nearest);
  const absl::string_view end = least <= kNearlyZero * start ? "zero"
                                : step < kMostSteps          ? "nothing lower"
                                                             : "step_budget";
  return absl::StrCat("| ", problem.number, " | ", problem.name, " | ", problem.start.size(), " | ", least_step, " | ",
                      batch.evaluations(), " | ", absl::StrFormat("%.10g", least), " | ",
                      absl::StrFormat("%.6g", nearest), " | ", digits, " | ", end, " |\n");
}

std::string TestProblemTable() {
  std::string text =
      "| number | problem | variables | steps | evaluations | value reached | published minimum | correct digits | "
      "ended "
      "by |\n|--:|---|--:|--:|--:|--:|--:|--:|---|\n";
  for (const TestProblem& problem : MoreGarbowHillstromProblems()) text += MinimizeTestProblem(problem);
  return text;
}

std::string NistTable(const std::string& source_dir) {
  std::string text = "| problem | rows | parameters | gradient_tolerance";
  for (const char* start : {"start 1", "start 2"}) {
    absl::StrAppend(&text, " | ", start, ": steps | correct digits | ended by");
  }
  text += " |\n|---|--:|--:|--:|--:|--:|---|--:|--:|---|\n";
  for (const NistProblem& problem : ReadNistProblems(source_dir)) {
    const double tolerance = GradientTolerance(problem);
    absl::StrAppend(&text, "| ", problem.name, " | ", problem.values[0].size(), " | ", problem.parameters.size(), " | ",
                    tolerance > 0 ? absl::StrFormat("%.0e", tolerance) : "none");
    for (size_t start = 0; start < problem.starts.size(); ++start) {
      const NistOutcome outcome = FitNist(problem, start);
      absl::StrAppend(&text, " | ", outcome.termination.step, " | ", outcome.digits, " | ",
                      NameOf(outcome.termination.reason));
    }
    text += " |\n";
  }
  return text;
}

std::string AllTables(const std::string& source_dir) {
  const std::vector<AccuracyProblem> problems = LoadAccuracyProblems(source_dir);
  return absl::StrCat("\n### The problems\n\n", ProblemTable(problems), "\n### Correct digits per method\n\n",
                      MethodTable(problems), "\n### NIST's nonlinear problems with Levenberg-Marquardt\n\n",
                      NistTable(source_dir), "\n### Moré, Garbow and Hillstrom's problems with L-BFGS\n\n",
                      TestProblemTable(), "\n");
}

// A document before its marker, between its markers and after them.
struct Document {
  std::string before, tables, after;
};

bool ReadDocument(const std::string& path, Document* document) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  const size_t begin = text.find(kBegin);
  const size_t end = text.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    std::fprintf(stderr, "accuracy: %s has no text between %sand %s", path.c_str(), kBegin, kEnd);
    return false;
  }
  const size_t first = begin + std::string(kBegin).size();
  *document = {text.substr(0, first), text.substr(first, end - first), text.substr(end)};
  return true;
}

std::vector<std::string> CellsOf(absl::string_view line) {
  std::vector<std::string> cells = absl::StrSplit(line, " | ");
  return cells;
}

// Whether a line of the document says the same as one of now. Cells under headings of digits may differ by one; those
// of what was measured on the way may differ at will.
bool IsSameLine(const std::vector<std::string>& headings, absl::string_view written, absl::string_view now) {
  const std::vector<std::string> a = CellsOf(written);
  const std::vector<std::string> b = CellsOf(now);
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const std::string heading = i < headings.size() ? headings[i] : "";
    if (absl::EndsWith(heading, "steps") || heading == "evaluations" || heading == "objective reached" ||
        heading == "value reached") {
      continue;
    }
    int x = 0;
    int y = 0;
    const bool is_digits = heading == "correct digits: objective" || heading == "correct digits" ||
                           (heading == "parameters" && headings[i - 1] == "correct digits: objective");
    if (is_digits && absl::SimpleAtoi(a[i], &x) && absl::SimpleAtoi(b[i], &y) && std::abs(x - y) <= 1) continue;
    if (a[i] != b[i]) return false;
  }
  return true;
}

bool Check(const std::string& path, absl::string_view written, absl::string_view now) {
  const std::vector<std::string> a = absl::StrSplit(written, '\n');
  const std::vector<std::string> b = absl::StrSplit(now, '\n');
  std::vector<std::string> headings;
  bool same = a.size() == b.size();
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (i + 1 < b.size() && b[i + 1].rfind("|--", 0) == 0) headings = CellsOf(b[i]);
    if (IsSameLine(headings, a[i], b[i])) continue;
    std::fprintf(stderr, "written: %s\nnow:     %s\n", a[i].c_str(), b[i].c_str());
    same = false;
  }
  if (!same) {
    std::fprintf(stderr, "%s is not what the build gives; `accuracy --write %s` brings it up to date\n", path.c_str(),
                 path.c_str());
  }
  return same;
}

int Main(int argc, char** argv) {
  std::string source_dir = ".", write, check;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    std::string* value = option == "--source"  ? &source_dir
                         : option == "--write" ? &write
                         : option == "--check" ? &check
                                               : nullptr;
    if (value == nullptr || i + 1 == argc) {
      std::fprintf(stderr, "usage: accuracy [--source DIR] [--write DOCUMENT | --check DOCUMENT]\n");
      return 2;
    }
    *value = argv[i + 1];
  }
  Document document;
  const std::string& path = write.empty() ? check : write;
  if (!path.empty() && !ReadDocument(path, &document)) return 1;
  const std::string tables = AllTables(source_dir);
  if (path.empty()) {
    std::fputs(tables.c_str(), stdout);
    return 0;
  }
  if (write.empty()) return Check(path, document.tables, tables) ? 0 : 1;
  std::ofstream file(path);
  file << document.before << tables << document.after;
  return file.flush() ? 0 : 1;
}

}  // namespace
}  // namespace descent::core

int main(int argc, char** argv) { return descent::core::Main(argc, argv); }
