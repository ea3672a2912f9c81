// Every optimizer with its presets and choices against rules written independently in NumPy, see
// tests/golden/optimizers.py. A test a case of tests/golden/optimizers.txt, whose head says what its lines mean.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/functions/function.h"
#include "core/optimizers/optimizer.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using Points = std::map<int64_t, std::vector<double>>;  // by the number of updates

struct OracleCase {
  std::string name, kind, problem;
  std::vector<std::pair<std::string, std::string>> fields = {};
  Points steps = {};
  Points answers = {};  // empty where the answer is the point itself
};

void PrintTo(const OracleCase& oracle, std::ostream* out) { *out << oracle.name; }

// The file's place is compiled in: the tests are listed at build time, without an environment.
std::vector<OracleCase> OracleCases() {
  std::ifstream file(DESCENT_ORACLE_FILE);
  std::vector<OracleCase> cases;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "case") {
      cases.push_back({.name = words[1], .kind = words[2], .problem = words[3]});
    } else if (words[0] == "set") {
      cases.back().fields.emplace_back(words[1], words[2]);
    } else {
      Points& points = words[0] == "answer" ? cases.back().answers : cases.back().steps;
      std::vector<double>& values = points[std::stoll(words[1])];
      for (size_t i = 2; i < words.size(); ++i) values.push_back(std::strtod(words[i].c_str(), nullptr));
    }
  }
  return cases;
}

void SetField(const std::string& name, const std::string& text, Config* config) {
  const FieldInfo* field = config->info()->FindField(name);
  ASSERT_NE(field, nullptr) << config->name() << " has no field " << name;
  if (field->type == FieldType::kChoice) {
    ASSERT_NE(std::find(field->choices.begin(), field->choices.end(), text), field->choices.end())
        << name << " has no choice " << text;
  }
  if (name == "preset") {
    config->SetPreset(text);
  } else if (field->type == FieldType::kChoice) {
    config->SetChoice(name, text);
  } else if (field->type == FieldType::kBoolean) {
    config->SetBoolean(name, text == "true");
  } else if (field->type == FieldType::kInteger) {
    config->SetInteger(name, std::stoll(text));
  } else {
    config->SetNumber(name, std::strtod(text.c_str(), nullptr));
  }
}

// A value may be off by `tolerance` times the norm of its vector.
void ExpectNear(const std::vector<double>& values, const std::vector<double>& expected, double tolerance,
                const std::string& what) {
  ASSERT_EQ(values.size(), expected.size()) << what;
  double squares = 0;
  for (const double value : expected) squares += value * value;
  const double norm = std::sqrt(squares);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(std::abs(values[i] - expected[i]), tolerance * norm)
        << what << ", value " << i << ": " << values[i] << " and " << expected[i] << ", off by "
        << std::abs(values[i] - expected[i]) / norm;
  }
}

// A problem for the bare optimizer.
struct BareProblem {
  ParameterLayout layout;
  std::vector<double> start;
  std::function<double(const std::vector<double>& x, std::vector<double>* gradient)> evaluate;
};

BareProblem Rosenbrock() {
  const FunctionInfo* function = FindFunction("rosenbrock");
  BareProblem problem;
  problem.layout.Add("x", {}, TensorRole::kVariable);
  problem.layout.Add("y", {}, TensorRole::kVariable);
  problem.start.assign(function->default_start.begin(), function->default_start.end());
  problem.evaluate = [function](const std::vector<double>& x, std::vector<double>* gradient) {
    return function->evaluate(x.data(), gradient->data());
  };
  return problem;
}

BareProblem Matrix(int64_t rows, int64_t columns) {
  BareProblem problem;
  problem.layout.Add("weight", {rows, columns}, TensorRole::kWeight);
  problem.layout.Add("bias", {rows}, TensorRole::kBias);
  problem.start.assign(static_cast<size_t>(problem.layout.size), 1.0);
  problem.evaluate = [](const std::vector<double>& x, std::vector<double>* gradient) {
    double value = 0;
    for (size_t n = 0; n < x.size(); ++n) {
      const double weight = 1.0 + static_cast<double>(3 * n % 5);
      const double gap = x[n] - (static_cast<double>((7 * n + 3) % 11) - 4.75);
      (*gradient)[n] = weight * gap;
      value += weight * gap * gap / 2;
    }
    return value;
  };
  return problem;
}

void CheckBare(const OracleCase& oracle, const Config& config, const BareProblem& problem) {
  std::unique_ptr<Optimizer<double>> optimizer = MakeOptimizer<double>(config, problem.layout);
  std::vector<double> x = problem.start;
  std::vector<double> gradient(x.size());
  for (int64_t step = 0; step < oracle.steps.rbegin()->first; ++step) {
    const double t = static_cast<double>(step);
    const double factor = absl::EndsWith(oracle.problem, "scheduled") ? 20 * (t + 1) / (100 + t * t) : 1;
    const double objective = problem.evaluate(x, &gradient);
    optimizer->Step({.step = step,
                     .learning_rate = config.number("learning_rate") * factor,
                     .objective = objective,
                     .gradient = gradient},
                    absl::MakeSpan(x));
    const auto expected = oracle.steps.find(step + 1);
    if (expected == oracle.steps.end()) continue;
    ExpectNear(x, expected->second, 1e-13, absl::StrCat("after ", step + 1, " updates"));
    const absl::Span<const double> answer = optimizer->Answer();
    ASSERT_EQ(answer.empty(), oracle.answers.empty()) << "whether the answer is another point";
    if (answer.empty()) continue;
    ExpectNear({answer.begin(), answer.end()}, oracle.answers.at(step + 1), 1e-13,
               absl::StrCat("answer after ", step + 1, " updates"));
  }
}

// A run for each number of updates: parameters are in the last row, the answer is what the run ends with.
void CheckLogistic(const OracleCase& oracle, const Config& config) {
  const auto table = ReadExample("breast_cancer", /*classes=*/true);
  table->schema.columns.back().positive_class = "benign";
  JobSpec spec = DatasetSpec("logistic", "sgd", {});
  spec.optimizer = config;
  spec.precision = Precision::kFloat64;
  Standardize(&spec);
  AddL2(1.0 / 569, &spec);
  if (oracle.problem == "logistic_mini") spec.batch = BatchOf("mini_batch", 64, Shuffling::kNone);
  for (const auto& [updates, expected] : oracle.steps) {
    spec.stopping = StoppingAfter(updates);
    spec.record = RecordEvery(1, 1);
    const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
    ASSERT_EQ(run.last.step, updates);
    ASSERT_GE(run.parameters.size(), expected.size());
    ExpectNear({run.parameters.end() - static_cast<int64_t>(expected.size()), run.parameters.end()}, expected, 1e-11,
               absl::StrCat("after ", updates, " updates"));
    const auto answer = oracle.answers.find(updates);
    ExpectNear(run.last.values, answer == oracle.answers.end() ? expected : answer->second, 1e-11,
               absl::StrCat("answer after ", updates, " updates"));
  }
}

class OptimizerOracleTest : public testing::TestWithParam<OracleCase> {};

TEST_P(OptimizerOracleTest, IsWhereTheIndependentRuleIs) {
  const OracleCase& oracle = GetParam();
  const OptimizerInfo* info = FindOptimizer(oracle.kind);
  ASSERT_NE(info, nullptr) << "no optimizer " << oracle.kind;
  Config config(&info->kind);
  for (const auto& [field, text] : oracle.fields) ASSERT_NO_FATAL_FAILURE(SetField(field, text, &config));
  Violations violations;
  config.Validate("optimizer", &violations);
  ASSERT_EQ(violations.ToStatus(), absl::OkStatus());
  ASSERT_FALSE(oracle.steps.empty());
  if (absl::StartsWith(oracle.problem, "rosenbrock")) return CheckBare(oracle, config, Rosenbrock());
  if (oracle.problem == "matrix_wide") return CheckBare(oracle, config, Matrix(3, 5));
  if (oracle.problem == "matrix_tall") return CheckBare(oracle, config, Matrix(5, 3));
  if (absl::StartsWith(oracle.problem, "logistic")) return CheckLogistic(oracle, config);
  FAIL() << "no problem " << oracle.problem;
}

INSTANTIATE_TEST_SUITE_P(Oracle, OptimizerOracleTest, testing::ValuesIn(OracleCases()),
                         [](const testing::TestParamInfo<OracleCase>& info) {
                           return absl::StrReplaceAll(info.param.name, {{".", "_"}});
                         });

// No optimizer, preset or choice is without a case, but for kinds that try points or go through rows: their own tests
// hold them to what they reach.
TEST(OptimizerOracleCoverageTest, EveryKindPresetAndChoiceHasACase) {
  const std::vector<OracleCase> cases = OracleCases();
  const auto has = [&cases](absl::string_view kind, absl::string_view field, absl::string_view value) {
    return std::any_of(cases.begin(), cases.end(), [&](const OracleCase& oracle) {
      if (oracle.kind != kind) return false;
      if (field.empty()) return true;
      return std::find(oracle.fields.begin(), oracle.fields.end(), std::pair(std::string(field), std::string(value))) !=
             oracle.fields.end();
    });
  };
  for (const OptimizerInfo* info : Optimizers()) {
    if (info->needs_batch || info->needs_linear_rows) continue;
    const absl::string_view kind = info->kind.name;
    EXPECT_TRUE(has(kind, "", "")) << kind;
    for (const Preset& preset : info->kind.presets) {
      EXPECT_TRUE(has(kind, "preset", preset.name)) << kind << " " << preset.name;
    }
    for (const FieldInfo& field : info->kind.fields) {
      if (field.name == "preset") continue;
      for (size_t i = 0; i < field.choices.size(); ++i) {
        const bool is_default = static_cast<double>(i) == field.default_value;
        EXPECT_TRUE(is_default || has(kind, field.name, field.choices[i]))
            << kind << " " << field.name << " " << field.choices[i];
      }
      if (field.type != FieldType::kBoolean) continue;
      EXPECT_TRUE(has(kind, field.name, field.default_value == 0 ? "true" : "false")) << kind << " " << field.name;
    }
  }
}

}  // namespace
}  // namespace descent::core
