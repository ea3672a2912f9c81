// How far fits come is in tests/core/accuracy/nist_solve_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/optimizers/triangular_factor.h"
#include "core/optimizers/trust_region.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::string_view kKind = "levenberg_marquardt";

std::vector<std::string> Check(const JobSpec& spec) {
  Violations violations;
  ValidateSpec(spec, "spec", &violations);
  return Lines(violations);
}

// y ~ a*exp(b*x) + c on 1500 rows, so that the rows are spread over lanes.
TrainingData DecayData() {
  const RandomStream noise(3, "noise");
  std::vector<double> x, y;
  for (uint64_t i = 0; i < 1500; ++i) {
    x.push_back(static_cast<double>(i) / 500);
    y.push_back(3 * std::exp(-1.5 * x.back()) + 0.5 + 0.01 * noise.Normal(i));
  }
  const auto table = std::make_shared<Table>();
  AddColumn("x", std::move(x), ColumnRole::kFeature, table.get());
  AddColumn("y", std::move(y), ColumnRole::kTarget, table.get());
  return {.table = table, .evaluation_table = nullptr};
}

JobSpec DecaySpec() {
  JobSpec spec = FunctionSpec("bowl", kKind, {});
  spec.function.reset();
  spec.formula.emplace();
  spec.formula->expression = "y ~ a*exp(b*x) + c";
  spec.formula->dataset = "test";
  spec.formula->parameters = {{"a", 1}, {"b", -0.1}, {"c", 0}};
  spec.stopping = StoppingAfter(40);
  return spec;
}

// Rows [J r] of 3 unknowns, one column after another.
std::vector<double> Rows(size_t first, size_t count) {
  const RandomStream random(5, "rows");
  std::vector<double> block(4 * count);
  for (size_t j = 0; j < 4; ++j) {
    for (size_t i = 0; i < count; ++i) block[j * count + i] = random.Normal(4 * (first + i) + j);
  }
  return block;
}

TEST(TriangularFactorTest, StandsForItsRows) {
  TriangularFactor factor(3);
  TriangularFactor other(3);
  for (const size_t first : {0, 5, 10}) {
    std::vector<double> block = Rows(first, 5);
    (first == 5 ? other : factor).Fold(5, 5, /*staggered=*/false, block.data());
  }
  factor.Fold(&other);
  const std::vector<double> rows = Rows(0, 15);
  for (const std::vector<double>& d : {std::vector<double>{0, 0, 0}, {1, -2, 0.5}, {0.1, 3, 2}}) {
    double direct = 0;
    for (size_t i = 0; i < 15; ++i) {
      const double residual = rows[i] * d[0] + rows[15 + i] * d[1] + rows[30 + i] * d[2] + rows[45 + i];
      direct += residual * residual;
    }
    std::vector<double> folded(3);
    factor.Multiply(d, absl::MakeSpan(folded));
    double sum = factor.column(3)[3] * factor.column(3)[3];
    for (size_t i = 0; i < 3; ++i) sum += (folded[i] + factor.c()[i]) * (folded[i] + factor.c()[i]);
    EXPECT_NEAR(sum / direct, 1, 1e-14);
  }
}

TEST(TriangularFactorTest, SolvesAndFreezes) {
  TriangularFactor factor(3);
  std::vector<double> block = Rows(0, 15);
  factor.Fold(15, 15, /*staggered=*/false, block.data());
  std::vector<double> scratch(4);
  factor.Freeze(1, absl::MakeSpan(scratch));
  std::vector<double> step(factor.c().begin(), factor.c().end());
  factor.Solve(absl::MakeSpan(step));
  EXPECT_EQ(step[1], 0);
  // The others solve the normal equations of the two columns that are left.
  const std::vector<double> rows = Rows(0, 15);
  for (const size_t column : {0, 2}) {
    double product = 0;
    for (size_t i = 0; i < 15; ++i) {
      product += rows[column * 15 + i] * (rows[45 + i] - rows[i] * step[0] - rows[30 + i] * step[2]);
    }
    EXPECT_NEAR(product, 0, 1e-13);
  }
  std::vector<double> vector = {1, 2, 3};
  std::vector<double> back(3);
  factor.Solve(absl::MakeSpan(vector));
  factor.Multiply(vector, absl::MakeSpan(back));
  EXPECT_THAT(back, ElementsAre(testing::DoubleNear(1, 1e-14), testing::DoubleNear(2, 1e-14), 3));
}

TEST(TrustRegionTest, StepsAreAsLongAsTheRadiusOrFree) {
  TriangularFactor factor(3);
  std::vector<double> block = Rows(0, 15);
  factor.Fold(15, 15, /*staggered=*/false, block.data());
  TrustRegion region(3);
  const std::vector<double> scale = {1, 10, 0.1};
  std::vector<double> step(3);
  double damping = 0;
  const double free = region.Solve(factor, scale, 1e9, &damping, absl::MakeSpan(step));
  EXPECT_EQ(damping, 0);
  for (const double share : {0.95, 0.5, 1e-3, 1e-9}) {
    damping = 0;
    const double length = region.Solve(factor, scale, share * free, &damping, absl::MakeSpan(step));
    EXPECT_NEAR(length / (share * free), 1, 0.1 + 1e-15) << share;
    EXPECT_EQ(damping > 0, share < 0.95) << share;
  }
}

// Columns that depend on each other: still a least squares step, of nearly the least length.
TEST(TrustRegionTest, TakesColumnsThatDependOnEachOther) {
  TriangularFactor factor(2);
  std::vector<double> block = {1, 2, 1, 2, -3, -6};  // both columns (1, 2), residuals (-3, -6)
  factor.Fold(2, 2, /*staggered=*/false, block.data());
  TrustRegion region(2);
  std::vector<double> step(2);
  double damping = 0;
  region.Solve(factor, std::vector<double>{1, 1}, 100, &damping, absl::MakeSpan(step));
  EXPECT_GT(damping, 0);
  EXPECT_NEAR(step[0] + step[1], 3, 1e-2);
  EXPECT_NEAR(step[0], step[1], 1e-2);
}

TEST(LevenbergMarquardtTest, SolvesLinearLeastSquaresInOneStep) {
  JobSpec spec = DatasetSpec("linear", kKind, {});
  Standardize(&spec);
  spec.stopping = StoppingAfter(1);
  const TrainingData data = {.table = ReadExample("diabetes", false), .evaluation_table = nullptr};
  const RunRecord run = RunToEnd(spec, data);
  EXPECT_NEAR(run.objective(1), 2859.6963475867502, 1e-11);
  EXPECT_LT(run.gradient_norm(1), 1e-10);
  spec.optimizer.SetNumber("learning_rate", 0.5);
  const RunRecord half = RunToEnd(spec, data);
  for (size_t i = 0; i < run.last.values.size(); ++i) {
    EXPECT_NEAR(half.last.values[i], run.last.values[i] / 2, 1e-11);
  }
}

// With half squares the penalty counts twice: another row factor and other penalty rows, the same optimum.
TEST(LevenbergMarquardtTest, PenaltiesAreResidualsToo) {
  const TrainingData data = {.table = ReadExample("diabetes", false), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", kKind, {});
  Standardize(&spec);
  AddL2(0.1, &spec);
  spec.stopping = StoppingAfter(3);
  const RunRecord squared = RunToEnd(spec, data);
  EXPECT_NEAR(squared.objective(3), 2959.296458146109, 1e-11);  // tests/golden/optima.txt
  EXPECT_LT(squared.gradient_norm(3), 1e-10);
  spec.dataset->loss = Config(&FindLoss("half_squared")->kind);
  spec.dataset->penalties.clear();
  AddL2(0.05, &spec);
  const RunRecord half = RunToEnd(spec, data);
  EXPECT_NEAR(2 * half.objective(3), squared.objective(3), 1e-11);
}

TEST(LevenbergMarquardtTest, FitsACurveToRoundingInEitherPrecision) {
  const TrainingData data = DecayData();
  JobSpec spec = DecaySpec();
  const RunRecord run = RunToEnd(spec, data);
  EXPECT_LT(run.gradient_norm(40), 1e-15);
  EXPECT_NEAR(run.last.values[1], -1.5, 0.01);
  for (size_t i = 1; i < run.steps.size(); ++i) EXPECT_LE(run.objective(i), run.objective(i - 1) * (1 + 1e-10)) << i;
  spec.precision = Precision::kFloat32;
  const RunRecord rounded = RunToEnd(spec, data);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(rounded.last.values[i] / run.last.values[i], 1, 1e-6) << i;
}

TEST(LevenbergMarquardtTest, AnyThreadsGiveTheSameBits) {
  JobSpec perceptron = DatasetSpec("mlp", kKind, {});
  perceptron.dataset->model.SetChoice("activation", "tanh");
  perceptron.dataset->model.SetIntegers("hidden_sizes", {8});
  AddL2(0.001, &perceptron);
  perceptron.stopping = StoppingAfter(10);
  const TrainingData rows = {.table = SyntheticTable(1500, 4, 0), .evaluation_table = nullptr};
  struct Case {
    JobSpec spec;
    TrainingData data;
  };
  for (const Case& each : {Case{DecaySpec(), DecayData()}, Case{perceptron, rows}}) {
    const RunRecord alone = RunToEnd(each.spec, each.data);
    for (size_t i = 1; i < alone.steps.size(); ++i) EXPECT_LE(alone.objective(i), alone.objective(i - 1) + 1e-15) << i;
    for (const int64_t threads : {2, 3, 7}) {
      JobSpec spec = each.spec;
      spec.execution = Config(&ExecutionInfo());
      spec.execution.SetInteger("threads", threads);
      ExpectSameRun(alone, RunToEnd(spec, each.data));
    }
  }
}

// A parameter that is pressed against its bound is as good as a constant: the others solve what is left.
TEST(LevenbergMarquardtTest, KeepsToBounds) {
  const TrainingData data = DecayData();
  JobSpec spec = DecaySpec();
  spec.formula->parameters = {{"a", 1}, {"b", -0.1, -1, 0}, {"c", 0, std::nullopt, 10}};
  const RunRecord bounded = RunToEnd(spec, data);
  EXPECT_EQ(bounded.last.values[1], -1);
  JobSpec fixed = spec;
  fixed.formula->expression = "y ~ a*exp(-x) + c";
  fixed.formula->parameters = {{"a", 1}, {"c", 0}};
  const RunRecord constant = RunToEnd(fixed, data);
  EXPECT_NEAR(bounded.last.values[0], constant.last.values[0], 1e-14);
  EXPECT_NEAR(bounded.last.values[2], constant.last.values[1], 1e-14);
  // Bounds that only the way there meets are left again.
  spec.formula->parameters = {{"a", 1, 0.9, 100}, {"b", -0.1, -2, -0.1}, {"c", 0, 0, 100}};
  const RunRecord inside = RunToEnd(spec, data);
  const RunRecord free = RunToEnd(DecaySpec(), data);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(inside.last.values[i], free.last.values[i], 1e-13) << i;
}

// From a start where nothing is lower within reach, the parameters stay and the run goes on.
TEST(LevenbergMarquardtTest, StaysWhereNoTryIsLower) {
  JobSpec spec = DecaySpec();
  spec.formula->expression = "y ~ a^2 + c*0";  // at a = 0 no parameter has a slope
  spec.formula->parameters = {{"a", 0}, {"c", 1}};
  spec.stopping = StoppingAfter(3);
  const RunRecord run = RunToEnd(spec, DecayData());
  EXPECT_THAT(run.last.values, ElementsAre(0, 1));
}

TEST(LevenbergMarquardtTest, WhatIsNoLeastSquaresIsRefusedByItsField) {
  const std::string is_for = "does not suit the optimizer levenberg_marquardt, which is for ";
  EXPECT_THAT(Check(FunctionSpec("bowl", kKind, {})),
              ElementsAre("spec.optimizer.levenberg_marquardt: is for least squares, fits of a model or a formula to "
                          "data, and a function has no residuals; use newton_cg, lbfgs or another optimizer"));
  JobSpec spec = DecaySpec();
  spec.formula->loss = Config(&FindLoss("huber")->kind);
  spec.batch = BatchOf("mini_batch", 8);
  EXPECT_THAT(Check(spec), ElementsAre("spec.batch.mini_batch: does not fit the optimizer levenberg_marquardt, which "
                                       "compares the objective at several points and so needs all rows in every step; "
                                       "leave batch out, or use another optimizer",
                                       "spec.problem.formula.loss.huber: " + is_for +
                                           "the losses squared, half_squared; use one of these, or another optimizer"));
  spec = DecaySpec();
  spec.formula->expression = "(a - 1)^2 + b^2 + c^2";
  spec.formula->dataset = "";
  EXPECT_THAT(Check(spec),
              ElementsAre("spec.optimizer.levenberg_marquardt: is for least squares, fits of a model or a formula to "
                          "data, and a formula without a dataset has no residuals; use newton_cg, lbfgs or another "
                          "optimizer"));
  spec = DatasetSpec("mlp", kKind, {});
  spec.dataset->model.SetNumber("dropout", 0.1);
  spec.dataset->penalties.push_back(KindOf(Regularizers(), "l1", {{"strength", 0.1}}));
  EXPECT_THAT(Check(spec), ElementsAre("spec.problem.dataset.model.mlp.dropout: " + is_for +
                                           "models that draw nothing at random; set it to 0, or use another optimizer",
                                       "spec.problem.dataset.regularization.l1: " + is_for +
                                           "sums of squares; use l2, or another optimizer"));
  EXPECT_THAT(Check(DatasetSpec("logistic", kKind, {})),
              ElementsAre("spec.problem.dataset.loss.logistic: " + is_for +
                          "the losses squared, half_squared; use one of these, or another optimizer"));
  spec = DatasetSpec("mlp", kKind, {});
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.dataset->model.SetIntegers("hidden_sizes", {200});
  Violations violations;
  PrepareProblem(spec, {.table = SyntheticTable(20, 4, 0), .evaluation_table = nullptr}, "spec", &violations);
  EXPECT_THAT(Lines(violations),
              ElementsAre("spec.optimizer.levenberg_marquardt: is for at most 500 parameters, and there are 1201; use "
                          "lbfgs or another optimizer"));
}

// The first full step leads to a = 0, where the formula has a value and no slope: it is shortened instead of ending
// there.
TEST(LevenbergMarquardtTest, StaysWhereThereIsASlope) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {1, 2, 3, 4, 5}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1.1, 1.2, 1.3, 1.4, 1.5}, ColumnRole::kTarget, table.get());
  JobSpec spec = FunctionSpec("bowl", "levenberg_marquardt", {});
  spec.function.reset();
  spec.formula.emplace();
  spec.formula->expression = "y ~ sqrt(a)*x + b";
  spec.formula->dataset = "test";
  spec.formula->parameters = {{.name = "a", .start = 1, .lower = 0}, {.name = "b", .start = 0}};
  spec.stopping = StoppingAfter(50);
  const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
  EXPECT_NEAR(run.last.values[0], 0.01, 1e-12);
  EXPECT_NEAR(run.last.values[1], 1, 1e-12);
}

}  // namespace
}  // namespace descent::core
