#include "core/training/formula_problem.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/training/predictor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

JobSpec FormulaSpec(const std::string& expression, std::vector<FormulaParameter> parameters,
                    absl::string_view optimizer = "sgd", const std::map<std::string, double>& numbers = {}) {
  JobSpec spec;
  spec.formula.emplace();
  spec.formula->expression = expression;
  spec.formula->parameters = std::move(parameters);
  if (expression.find('~') != std::string::npos) spec.formula->dataset = "test";
  spec.optimizer = KindOf(Optimizers(), optimizer, numbers);
  spec.seed = 1;
  return spec;
}

// y = 2.5 exp(-1.3 t) + 0.5 for t in [0, 3), with a column that has holes, and one of texts.
TrainingData Decay(int64_t rows, double noise = 0) {
  auto table = std::make_shared<Table>();
  const RandomStream draws(5, "decay");
  std::vector<double> t;
  std::vector<double> y;
  for (int64_t i = 0; i < rows; ++i) {
    t.push_back(3.0 * static_cast<double>(i) / static_cast<double>(rows));
    y.push_back(2.5 * std::exp(-1.3 * t.back()) + 0.5 + noise * draws.Normal(static_cast<uint64_t>(i)));
  }
  AddColumn("t", std::move(t), ColumnRole::kIgnored, table.get());
  AddColumn("y", std::move(y), ColumnRole::kFeature, table.get());
  AddColumn("holes", std::vector<double>(static_cast<size_t>(rows), std::numeric_limits<double>::quiet_NaN()),
            ColumnRole::kTarget, table.get());
  AddTexts("colour", std::vector<std::string>(static_cast<size_t>(rows), "red"), ColumnRole::kFeature, table.get());
  return {.table = table, .evaluation_table = nullptr};
}

const std::vector<FormulaParameter> kStart = {{"a", 1}, {"b", 1}, {"c", 0}};
constexpr char kDecay[] = "y ~ a*exp(-b*t) + c";

// All that is said of a spec, with its data.
std::vector<std::string> Problems(const JobSpec& spec, const TrainingData& data = {}) {
  Violations violations;
  ValidateSpec(spec, "spec", &violations);
  if (violations.empty()) PrepareProblem(spec, data, "spec", &violations);
  return Lines(violations);
}

TEST(FormulaProblemTest, AFunctionWrittenAsAFormulaGivesItsRun) {
  JobSpec function = FunctionSpec("trough", "sgd", {{"learning_rate", 0.1}});
  JobSpec formula = FormulaSpec("x^2*sin(y)", {{"x", 1}, {"y", -1}}, "sgd", {{"learning_rate", 0.1}});
  for (const Precision precision : {Precision::kFloat64, Precision::kFloat32}) {
    function.precision = precision;
    formula.precision = precision;
    ExpectSameRun(RunToEnd(formula), RunToEnd(function));
  }
  const JobSpec resolved = Resolve(formula);
  EXPECT_THAT(resolved.initializer.numbers("values"), ElementsAre(1, -1));
  EXPECT_TRUE(Resolve(resolved) == resolved);
}

TEST(FormulaProblemTest, AFitFindsTheParameters) {
  const TrainingData data = Decay(300);
  JobSpec spec = FormulaSpec(kDecay, kStart, "adam", {{"learning_rate", 0.02}});
  spec.stopping = StoppingAfter(20000);
  spec.stopping.SetNumber("gradient_tolerance", 1e-11);
  const RunRecord run = RunToEnd(spec, data);
  EXPECT_EQ(run.termination->reason, TerminationReason::kConverged);
  EXPECT_NEAR(run.kept.values[0], 2.5, 1e-8);
  EXPECT_NEAR(run.kept.values[1], 1.3, 1e-8);
  EXPECT_NEAR(run.kept.values[2], 0.5, 1e-8);
  const JobSpec resolved = Resolve(spec, data);
  EXPECT_EQ(resolved.formula->loss.name(), "squared");
  EXPECT_TRUE(Resolve(resolved, data) == resolved);

  const auto predictor = Predictor::Create(resolved, data);
  ASSERT_TRUE(predictor.ok()) << predictor.status();
  Table rows;
  AddColumn("t", {0, 10}, ColumnRole::kFeature, &rows);
  const auto predictions = (*predictor)->Predict(run.kept.values, rows);
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  EXPECT_NEAR(predictions->values[0], 3, 1e-7);
  EXPECT_NEAR(predictions->values[1], 0.5 + 2.5 * std::exp(-13), 1e-7);
  EXPECT_TRUE(*(*predictor)->EvaluatePart(run.last.values, DataPart::kTraining) == run.evaluations.back().training);
  EXPECT_EQ(*(*predictor)->InOriginalUnits(run.kept.values), run.kept.values);
}

// A line fitted as a formula is the linear model, up to the order of its sums.
TEST(FormulaProblemTest, ALineIsTheLinearModel) {
  const TrainingData data = {.table = SyntheticTable(500, 2, 0), .evaluation_table = nullptr};
  for (const absl::string_view loss : {"squared", "huber"}) {
    JobSpec line =
        FormulaSpec("y ~ w0*x0 + w1*x1 + b", {{"w0", 0}, {"w1", 0}, {"b", 0}}, "sgd", {{"learning_rate", 0.1}});
    JobSpec linear = DatasetSpec("linear", "sgd", {{"learning_rate", 0.1}});
    line.formula->loss = linear.dataset->loss = KindOf(Losses(), loss);
    line.batch = linear.batch = BatchOf("mini_batch", 32);
    line.evaluation = linear.evaluation = EvaluationEvery(50, 0.2);
    line.stopping = linear.stopping = StoppingAfter(100);
    const RunRecord a = RunToEnd(line, data);
    const RunRecord b = RunToEnd(linear, data);
    ASSERT_EQ(a.values.size(), b.values.size());
    for (size_t i = 0; i < a.values.size(); ++i) EXPECT_NEAR(a.values[i], b.values[i], 1e-13 * (1 + b.values[i]));
    EXPECT_NEAR(a.evaluations.back().held_out->loss, b.evaluations.back().held_out->loss, 1e-13);
  }
}

TEST(FormulaProblemTest, SameBitsForAnyNumberOfThreads) {
  const TrainingData data = Decay(5000, 0.1);
  for (const Precision precision : {Precision::kFloat64, Precision::kFloat32}) {
    for (const Config& batch : {BatchOf("full"), BatchOf("mini_batch", 700)}) {
      JobSpec spec = FormulaSpec(kDecay, kStart, "adam", {{"learning_rate", 0.01}});
      spec.precision = precision;
      spec.batch = batch;
      spec.stopping = StoppingAfter(30);
      spec.evaluation = EvaluationEvery(10, 0.1);
      spec.execution = Config(&ExecutionInfo());
      const RunRecord alone = RunToEnd(spec, data);
      for (const int64_t threads : {2, 3, 7}) {
        spec.execution.SetInteger("threads", threads);
        ExpectSameRun(RunToEnd(spec, data), alone);
      }
    }
  }
}

TEST(FormulaProblemTest, ParametersStayWithinTheirBounds) {
  // Least at x = 3, y = -1; the bounds allow x <= 2 and y >= 0.
  JobSpec spec =
      FormulaSpec("(x-3)^2 + (y+1)^2", {{"x", 0, -5, 2}, {"y", 4, 0, std::nullopt}}, "sgd", {{"learning_rate", 0.25}});
  spec.stopping = StoppingAfter(100);
  const RunRecord run = RunToEnd(spec);
  EXPECT_THAT(run.last.values, ElementsAre(2, 0));
  EXPECT_EQ(run.objective(100), 2);
  for (size_t i = 0; i < run.parameters.size(); i += 2) {
    EXPECT_LE(run.parameters[i], 2);
    EXPECT_GE(run.parameters[i + 1], 0);
  }
  // Drawn starts are moved too.
  spec.initializer = KindOf(Initializers(), "constant", {{"value", 7}});
  EXPECT_EQ(RunToEnd(spec).parameters[0], 2);
}

TEST(FormulaProblemTest, MistakesThatNeedNoData) {
  EXPECT_THAT(Problems(FormulaSpec("", {})),
              ElementsAre("spec.problem.formula.expression: is required: a formula such as x^2*sin(y), or y ~ "
                          "a*exp(-b*t) + c"));
  EXPECT_THAT(Problems(FormulaSpec("y ~ a*epx(-b*t) + c", kStart)),
              ElementsAre("spec.problem.formula.expression: column 7: there is no function \"epx\"; did you mean "
                          "\"exp\"?\n  y ~ a*epx(-b*t) + c\n        ^"));
  EXPECT_THAT(Problems(FormulaSpec("x^2*sin(y)", {{"x", 1}})),
              ElementsAre("spec.problem.formula.parameters: \"y\" has no start value; add {name: y, start: ...}, or "
                          "choose an initialization"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Problems(FormulaSpec("alpha*x", {{"alpha", 1}, {"alpha", 1}, {"alhpa", 1}, {""}, {"x", nan}, {"e", 1}})),
              ElementsAre("spec.problem.formula.parameters[1].name: \"alpha\" is listed twice",
                          "spec.problem.formula.parameters[2].name: \"alhpa\" does not occur in the formula; did you "
                          "mean \"alpha\"?",
                          "spec.problem.formula.parameters[3].name: is required",
                          "spec.problem.formula.parameters[4].start: must be finite, was nan",
                          "spec.problem.formula.parameters[5].name: \"e\" does not occur in the formula, where it is a "
                          "constant unless it stands in backquotes"));
  EXPECT_THAT(Problems(FormulaSpec("x*y", {{"x", 1, 2, 3}, {"y", 1, 3, 2}})),
              ElementsAre("spec.problem.formula.parameters[0].start: must be within the bounds, was 1",
                          "spec.problem.formula.parameters[1].upper: must be above lower (3), was 2"));
  EXPECT_THAT(Problems(FormulaSpec("2*pi", {})), ElementsAre("spec.problem.formula.expression: has no parameters to "
                                                             "change"));
  JobSpec rows = FormulaSpec("x^2", {{"x", 1}});
  rows.batch = BatchOf("one_row");
  rows.formula->loss = KindOf(Losses(), "squared");
  rows.initializer = KindOf(Initializers(), "kaiming");
  EXPECT_THAT(Problems(rows),
              ElementsAre(StartsWith("spec.problem.formula.loss.squared: is averaged over rows"),
                          StartsWith("spec.batch.one_row: a function has no rows"),
                          StartsWith("spec.initialization.kaiming: needs layers, which a formula does not have")));
  JobSpec no_target = FormulaSpec("a*t", {{"a", 1}});
  no_target.formula->dataset = "test";
  EXPECT_THAT(Problems(no_target), ElementsAre(HasSubstr("names no column to fit")));
  JobSpec no_data = FormulaSpec("y ~ a*t", {{"a", 1}});
  no_data.formula->dataset = "";
  EXPECT_THAT(Problems(no_data), ElementsAre("spec.problem.formula.dataset: is required: the formula is fitted to the "
                                             "column \"y\""));
  JobSpec classes = FormulaSpec("y ~ a*y + t", {{"a", 1}});
  classes.formula->loss = KindOf(Losses(), "logistic");
  EXPECT_THAT(Problems(classes),
              ElementsAre(HasSubstr("column 7: the column to fit cannot explain itself"),
                          HasSubstr("loss.logistic: compares classes or logarithms, and a formula gives the "
                                    "numbers themselves; one of: squared, ")));
}

TEST(FormulaProblemTest, MistakesThatTheDataShow) {
  const TrainingData data = Decay(20);
  EXPECT_THAT(Problems(FormulaSpec("yy ~ a*t", {{"a", 1}}), data),
              ElementsAre("spec.problem.formula.expression: column 1: the dataset has no column \"yy\"; did you mean "
                          "\"y\"?\n  yy ~ a*t\n  ^"));
  EXPECT_THAT(Problems(FormulaSpec("y ~ a*color", {{"a", 1}}), data),
              ElementsAre("spec.problem.formula.parameters: \"color\" is no column of the dataset and has no start "
                          "value; did you mean the column \"colour\"?; add {name: color, start: ...}, or choose an "
                          "initialization"));
  EXPECT_THAT(Problems(FormulaSpec("y ~ a*colour", {{"a", 1}}), data),
              ElementsAre(HasSubstr("column 7: the column \"colour\" is categorical; formulas take numeric columns")));
  EXPECT_THAT(Problems(FormulaSpec("y ~ a*t", {{"a", 1}, {"t", 1}}), data),
              ElementsAre("spec.problem.formula.parameters[1].name: \"t\" is a column of the dataset; give the "
                          "parameter another name"));
  EXPECT_THAT(Problems(FormulaSpec("y ~ a*holes", {{"a", 1}}), data),
              ElementsAre(StartsWith("spec.problem.formula.dataset: column \"holes\"")));
  EXPECT_THAT(Problems(FormulaSpec("y ~ a + log(b*t)", {{"a", 1}, {"b", 2}}), data),
              ElementsAre("spec.problem.formula.expression: column 9: log(b*t) is infinite at the start in line 1 of "
                          "the dataset, where a = 1, b = 2, t = 0; choose another start\n  y ~ a + log(b*t)\n"
                          "          ^"));
  EXPECT_THAT(Problems(FormulaSpec("sqrt(x)", {{"x", -1}})),
              ElementsAre(HasSubstr("column 1: sqrt(x) is not a number at the start, where x = -1")));
  EXPECT_THAT(Problems(FormulaSpec("abs(x) + max(y, 0)", {{"x", 0}, {"y", 0}})), IsEmpty());
}

}  // namespace
}  // namespace descent::core
