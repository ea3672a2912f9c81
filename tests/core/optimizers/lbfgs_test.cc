#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/optimizers/kinds.h"
#include "tests/core/optimizers/more_garbow_hillstrom.h"
#include "tests/core/optimizers/problem_batch.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::ElementsAre;

struct Result {
  double value = 0;
  double gradient_norm = 0;
  int64_t steps = 0;
  int64_t evaluations = 0;
};

// Steps until one gains nothing, or is the last.
Result Minimize(const Config& config, const TestProblem& problem, int64_t max_steps) {
  std::vector<double> x = problem.start;
  std::vector<double> gradient(x.size());
  ParameterLayout layout;
  layout.Add("x", {static_cast<int64_t>(x.size())}, TensorRole::kVariable);
  const std::unique_ptr<Optimizer<double>> optimizer = MakeOptimizer<double>(config, layout);
  ProblemBatch batch(&problem);
  Result result;
  while (true) {
    result.value = batch.Measure(x, absl::MakeSpan(gradient));
    result.gradient_norm = 0;
    for (const double slope : gradient) result.gradient_norm = std::max(result.gradient_norm, std::abs(slope));
    result.evaluations = batch.evaluations();
    if (result.steps == max_steps || result.gradient_norm == 0) return result;
    const std::vector<double> before = x;
    optimizer->Step({.step = result.steps,
                     .learning_rate = config.number("learning_rate"),
                     .objective = result.value,
                     .gradient = gradient,
                     .batch = &batch},
                    absl::MakeSpan(x));
    ++result.steps;
  }
}

class MoreGarbowHillstromTest : public testing::TestWithParam<TestProblem> {};

// The gradients by complex step, where a formula goes through a function of complex numbers.
TEST_P(MoreGarbowHillstromTest, GradientIsThatOfTheValues) {
  const TestProblem& problem = GetParam();
  std::vector<double> x = problem.start;
  std::vector<double> gradient(x.size());
  std::vector<double> unused(x.size());
  const double value = Evaluate(problem, x.data(), gradient.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double step = 1e-5 * std::max(1.0, std::abs(x[i]));
    x[i] = problem.start[i] + step;
    const double above = Evaluate(problem, x.data(), unused.data());
    x[i] = problem.start[i] - step;
    const double below = Evaluate(problem, x.data(), unused.data());
    x[i] = problem.start[i];
    EXPECT_NEAR(gradient[i], (above - below) / (2 * step), 1e-4 * (std::abs(gradient[i]) + std::abs(value) + 1e-3));
  }
}

TEST_P(MoreGarbowHillstromTest, LbfgsReachesThePublishedMinimum) {
  const TestProblem& problem = GetParam();
  const Result result = Minimize(Config(&kLbfgs.kind), problem, 2000);
  bool found = false;
  for (const double minimum : problem.minima) {
    // Six digits are published; a minimum of 0 is reached to 1e-10.
    found = found || std::abs(result.value - minimum) <= (minimum == 0 ? 1e-10 : 1e-5 * minimum);
  }
  EXPECT_TRUE(found) << problem.name << " ended at " << result.value << " with a gradient of " << result.gradient_norm
                     << " after " << result.evaluations << " evaluations";
}

INSTANTIATE_TEST_SUITE_P(All, MoreGarbowHillstromTest, testing::ValuesIn(MoreGarbowHillstromProblems()),
                         [](const testing::TestParamInfo<TestProblem>& info) { return info.param.name; });

TEST(LbfgsTest, RosenbrockIsQuick) {
  const Result result = Minimize(Config(&kLbfgs.kind), MoreGarbowHillstromProblems()[0], 59);
  EXPECT_LT(result.value, 1e-10);
}

TEST(LbfgsTest, ARavineTakesADozenSteps) {
  JobSpec spec = FunctionSpec("ravine", "lbfgs", {});
  spec.stopping = StoppingAfter(12);
  const RunRecord run = RunToEnd(spec);
  EXPECT_LT(run.objective(run.steps.size() - 1), 1e-20);
}

TEST(LbfgsTest, LineSearchDescentFallsAtEveryStep) {
  for (const absl::string_view search : {"armijo", "strong_wolfe"}) {
    JobSpec spec = FunctionSpec("rosenbrock", "line_search_descent", {});
    spec.optimizer.SetChoice("search", search);
    spec.stopping = StoppingAfter(2000);
    const RunRecord run = RunToEnd(spec);
    for (size_t i = 1; i < run.steps.size(); ++i) EXPECT_LE(run.objective(i), run.objective(i - 1)) << search << i;
    EXPECT_LT(run.objective(run.steps.size() - 1), 1e-2) << search;
  }
}

// An objective that is nowhere finite but at the start, or rises whatever its gradient says.
class Hostile final : public BatchObjective<double> {
 public:
  explicit Hostile(double value) : value_(value) {}
  double Measure(absl::Span<const double> /*point*/, absl::Span<double> gradient) override {
    for (double& slope : gradient) slope = value_;
    return value_;
  }
  bool MultiplyByHessian(absl::Span<const double> /*point*/, absl::Span<const double> /*direction*/,
                         absl::Span<double> product) override {
    for (double& value : product) value = value_;
    return true;
  }

 private:
  const double value_;
};

TEST(LbfgsTest, StaysWhereNothingIsBetter) {
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 2.0}) {
    for (const OptimizerInfo* info : {&kLbfgs, &kLineSearchDescent, &kNewtonCg}) {
      ParameterLayout layout;
      layout.Add("x", {2}, TensorRole::kVariable);
      const std::unique_ptr<Optimizer<double>> optimizer = MakeOptimizer<double>(Config(&info->kind), layout);
      std::vector<double> x = {1, 2};
      const std::vector<double> gradient = {3, 4};
      Hostile batch(value);
      for (int64_t step = 0; step < 3; ++step) {
        optimizer->Step({.step = step, .learning_rate = 1, .objective = 1, .gradient = gradient, .batch = &batch},
                        absl::MakeSpan(x));
        EXPECT_THAT(x, ElementsAre(1, 2));
      }
    }
  }
}

TEST(LbfgsTest, GoesOnFromASnapshotBitForBit) {
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    JobSpec spec = FunctionSpec("rosenbrock", "lbfgs", {});
    spec.optimizer.SetInteger("memory", 4);
    spec.precision = precision;
    spec.stopping = StoppingAfter(25);
    const RunRecord whole = RunToEnd(spec);
    for (const int64_t step : {1, 3, 4, 9, 17}) {
      const std::unique_ptr<Trainer> first = MakeTrainer(spec);
      StepBlock block;
      while (first->step() < step) first->Advance(step - first->step(), &block);
      const std::unique_ptr<Trainer> second = MakeTrainer(spec);
      ASSERT_EQ(second->Restore(first->Snapshot()), absl::OkStatus());
      const RunRecord rest = RunToEnd(second.get());
      EXPECT_TRUE(SameBits(rest.values, {whole.values.begin() + 4 * step, whole.values.end()})) << step;
    }
  }
}

TEST(LbfgsTest, LogisticRegressionToRounding) {
  // Loss .066360186224738: see known_optima_test.cc for the problem.
  JobSpec spec = DatasetSpec("logistic", "lbfgs", {});
  AddL2(1.0 / 569, &spec);
  Standardize(&spec);
  spec.precision = Precision::kFloat64;
  spec.stopping = StoppingAfter(60);
  const auto table = ReadExample("breast_cancer", /*classes=*/true);
  table->schema.columns.back().positive_class = "benign";
  const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
  EXPECT_NEAR(run.objective(run.steps.size() - 1), .066360186224738, 1e-14);
  EXPECT_LT(run.gradient_norm(run.steps.size() - 1), 1e-9);
}

TEST(LbfgsTest, NeedsFullBatches) {
  for (const absl::string_view kind : {"lbfgs", "line_search_descent"}) {
    JobSpec spec = DatasetSpec("linear", kind, {});
    spec.batch = BatchOf("mini_batch", 8);
    Violations violations;
    ValidateSpec(spec, "spec", &violations);
    EXPECT_THAT(Lines(violations),
                ElementsAre(absl::StrCat("spec.batch.mini_batch: does not fit the optimizer ", kind,
                                         ", which compares the objective at several points and so needs all rows in "
                                         "every step; leave batch out, or use another optimizer")));
    spec.batch = BatchOf("full");
    Violations none;
    ValidateSpec(spec, "spec", &none);
    EXPECT_TRUE(none.empty());
  }
}

}  // namespace
}  // namespace descent::core
