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
#include <numeric>
#include <optional>
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
#include "core/schedules/schedule.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using Points = std::map<int64_t, std::vector<double>>;  // by the number of updates

struct OracleCase {
  std::string name, kind, problem;
  std::vector<std::pair<std::string, std::string>> fields = {};
  Points steps = {};
  Points answers = {};  // empty where the answer is the point itself
  int64_t anew = 0;     // updates after which an optimizer without memory begins; 0: never
  Points begins = {};   // where it does
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
    } else if (words[0] == "anew") {
      cases.back().anew = std::stoll(words[1]);
    } else {
      OracleCase& oracle = cases.back();
      std::vector<double> values;
      for (size_t i = 2; i < words.size(); ++i) values.push_back(std::strtod(words[i].c_str(), nullptr));
      const int64_t updates = std::stoll(words[1]);
      if (words[0] == "step" && oracle.anew > 0) oracle.begins[updates] = values;
      Points& points = words[0] == "answer" ? oracle.answers : words[0] == "from" ? oracle.begins : oracle.steps;
      points[updates] = std::move(values);
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
  std::function<double(absl::Span<const double> x, absl::Span<double> gradient)> evaluate;
  std::function<void(absl::Span<const double> x, absl::Span<const double> direction, absl::Span<double> product)>
      multiply_by_hessian;
};

class BareBatch final : public BatchObjective<double> {
 public:
  explicit BareBatch(const BareProblem* problem) : problem_(problem) {}
  double Measure(absl::Span<const double> point, absl::Span<double> gradient) override {
    return problem_->evaluate(point, gradient);
  }
  bool MultiplyByHessian(absl::Span<const double> point, absl::Span<const double> direction,
                         absl::Span<double> product) override {
    problem_->multiply_by_hessian(point, direction, product);
    return true;
  }

 private:
  const BareProblem* const problem_;
};

BareProblem Rosenbrock() {
  const FunctionInfo* function = FindFunction("rosenbrock");
  BareProblem problem;
  problem.layout.Add("x", {}, TensorRole::kVariable);
  problem.layout.Add("y", {}, TensorRole::kVariable);
  problem.start.assign(function->default_start.begin(), function->default_start.end());
  problem.evaluate = [function](auto x, auto gradient) { return function->evaluate(x.data(), gradient.data()); };
  problem.multiply_by_hessian = [function](auto x, auto direction, auto product) {
    double hessian[4];
    function->evaluate_hessian(x.data(), hessian);
    for (size_t i = 0; i < 2; ++i) product[i] = hessian[2 * i] * direction[0] + hessian[2 * i + 1] * direction[1];
  };
  return problem;
}

double MatrixWeight(size_t n) { return 1.0 + static_cast<double>(3 * n % 5); }

BareProblem Matrix(int64_t rows, int64_t columns) {
  BareProblem problem;
  problem.layout.Add("weight", {rows, columns}, TensorRole::kWeight);
  problem.layout.Add("bias", {rows}, TensorRole::kBias);
  problem.start.assign(static_cast<size_t>(problem.layout.size), 1.0);
  problem.evaluate = [](auto x, auto gradient) {
    double value = 0;
    for (size_t n = 0; n < x.size(); ++n) {
      const double gap = x[n] - (static_cast<double>((7 * n + 3) % 11) - 4.75);
      gradient[n] = MatrixWeight(n) * gap;
      value += MatrixWeight(n) * gap * gap / 2;
    }
    return value;
  };
  problem.multiply_by_hessian = [](auto x, auto direction, auto product) {
    for (size_t n = 0; n < x.size(); ++n) product[n] = MatrixWeight(n) * direction[n];
  };
  return problem;
}

double WellWeight(size_t n) { return 1.0 + 4 * static_cast<double>(n); }

BareProblem Wells(double height) {
  BareProblem problem;
  problem.layout.Add("p", {8}, TensorRole::kVariable);
  for (int n = 0; n < 8; ++n) problem.start.push_back(n / 4.0 - 0.8);
  problem.evaluate = [height](auto p, auto gradient) {
    const double total = std::accumulate(p.begin(), p.end(), 0.0);
    double value = total * total / 20;
    for (size_t n = 0; n < p.size(); ++n) {
      value += WellWeight(n) * (std::pow(p[n], 4) / 4 - p[n] * p[n] / 2);
      gradient[n] = WellWeight(n) * (std::pow(p[n], 3) - p[n]) + total / 10;
    }
    return value + height;
  };
  problem.multiply_by_hessian = [](auto p, auto direction, auto product) {
    const double total = std::accumulate(direction.begin(), direction.end(), 0.0);
    for (size_t n = 0; n < p.size(); ++n) {
      product[n] = WellWeight(n) * (3 * p[n] * p[n] - 1) * direction[n] + total / 10;
    }
  };
  return problem;
}

std::unique_ptr<Schedule> OneCycle() {
  Config config = KindOf(Schedules(), "one_cycle");
  config.SetSteps("length", 200);
  config.SetBoolean("cycle_momentum", true);
  return MakeSchedule(config, {});
}

void CheckBare(const OracleCase& oracle, const Config& config, const BareProblem& problem) {
  const std::unique_ptr<Schedule> one_cycle = absl::EndsWith(oracle.problem, "one_cycle") ? OneCycle() : nullptr;
  std::unique_ptr<Optimizer<double>> optimizer = MakeOptimizer<double>(config, problem.layout);
  BareBatch batch(&problem);
  std::vector<double> x = problem.start;
  std::vector<double> gradient(x.size());
  for (int64_t step = 0; step < oracle.steps.rbegin()->first; ++step) {
    const double t = static_cast<double>(step);
    const double factor = one_cycle != nullptr                          ? one_cycle->Factor(step)
                          : absl::EndsWith(oracle.problem, "scheduled") ? 20 * (t + 1) / (100 + t * t)
                                                                        : 1;
    const double objective = problem.evaluate(x, absl::MakeSpan(gradient));
    optimizer->Step({.step = step,
                     .learning_rate = config.number("learning_rate") * factor,
                     .momentum = one_cycle != nullptr ? one_cycle->Momentum(step) : std::nullopt,
                     .objective = objective,
                     .gradient = gradient,
                     .batch = &batch},
                    absl::MakeSpan(x));
    const auto expected = oracle.steps.find(step + 1);
    if (expected != oracle.steps.end()) {
      ExpectNear(x, expected->second, 1e-13, absl::StrCat("after ", step + 1, " updates"));
      const absl::Span<const double> answer = optimizer->Answer();
      ASSERT_EQ(answer.empty(), oracle.answers.empty()) << "whether the answer is another point";
      if (!answer.empty()) {
        ExpectNear({answer.begin(), answer.end()}, oracle.answers.at(step + 1), 1e-13,
                   absl::StrCat("answer after ", step + 1, " updates"));
      }
    }
    if (const auto begin = oracle.begins.find(step + 1); begin != oracle.begins.end()) {
      x = begin->second;
      optimizer = MakeOptimizer<double>(config, problem.layout);
    }
  }
}

JobSpec LogisticSpec(const OracleCase& oracle) {
  JobSpec spec = DatasetSpec("logistic", "sgd", {});
  AddL2(1.0 / 569, &spec);
  if (oracle.problem == "logistic_mini") spec.batch = BatchOf("mini_batch", 64, Shuffling::kNone);
  return spec;
}

JobSpec DiabetesSpec(const OracleCase& oracle) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  const auto penalize = [&spec](absl::string_view kind, double strength) {
    spec.dataset->penalties.push_back(KindOf(Regularizers(), kind, {{"strength", strength}}));
  };
  if (oracle.problem == "diabetes_ridge") penalize("l2", 0.5);
  if (oracle.problem == "diabetes_elastic_net") {
    penalize("l1", 5);
    penalize("l2", 0.25);
  }
  if (absl::StartsWith(oracle.problem, "diabetes_lasso")) penalize("l1", 10);
  if (oracle.problem == "diabetes_lasso_mini") {
    spec.dataset->penalties[0].SetBoolean("proximal", true);
    spec.batch = BatchOf("mini_batch", 64, Shuffling::kNone);
  }
  return spec;
}

// A run for each number of updates: parameters are in the last row, the answer is what the run ends with.
void CheckData(const OracleCase& oracle, const Config& config) {
  const bool classes = absl::StartsWith(oracle.problem, "logistic");
  const auto table = ReadExample(classes ? "breast_cancer" : "diabetes", classes);
  if (classes) table->schema.columns.back().positive_class = "benign";
  JobSpec spec = classes ? LogisticSpec(oracle) : DiabetesSpec(oracle);
  spec.optimizer = config;
  spec.precision = Precision::kFloat64;
  Standardize(&spec);
  spec.record = RecordEvery(1, 1);
  for (const auto& [updates, expected] : oracle.steps) {
    int64_t run_updates = updates;
    if (const auto begin = oracle.begins.find(updates - oracle.anew); begin != oracle.begins.end()) {
      spec.initializer = KindOf(Initializers(), "given");
      spec.initializer.SetNumbers("values", begin->second);
      run_updates = oracle.anew;
    }
    spec.stopping = StoppingAfter(run_updates);
    const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
    ASSERT_EQ(run.last.step, run_updates);
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
  if (oracle.problem == "wells") return CheckBare(oracle, config, Wells(0));
  if (oracle.problem == "wells_high") return CheckBare(oracle, config, Wells(1e10));
  if (absl::StartsWith(oracle.problem, "logistic") || absl::StartsWith(oracle.problem, "diabetes")) {
    return CheckData(oracle, config);
  }
  FAIL() << "no problem " << oracle.problem;
}

INSTANTIATE_TEST_SUITE_P(Oracle, OptimizerOracleTest, testing::ValuesIn(OracleCases()),
                         [](const testing::TestParamInfo<OracleCase>& info) {
                           return absl::StrReplaceAll(info.param.name, {{".", "_"}});
                         });

// No optimizer, preset or choice is without a case.
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
    const absl::string_view kind = info->kind.name;
    if (info->needs_residuals) continue;  // tests/core/accuracy/nist_solve_test.cc holds its steps to an oracle
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
