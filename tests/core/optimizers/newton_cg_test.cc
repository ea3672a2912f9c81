#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/optimizers/kinds.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

double LastObjective(const RunRecord& run) { return run.objective(run.steps.size() - 1); }
double LastGradientNorm(const RunRecord& run) { return run.gradient_norm(run.steps.size() - 1); }

std::vector<std::string> Check(const JobSpec& spec) {
  Violations violations;
  ValidateSpec(spec, "spec", &violations);
  return Lines(violations);
}

TEST(NewtonCgTest, Rosenbrock) {
  JobSpec spec = FunctionSpec("rosenbrock", "newton_cg", {});
  spec.stopping = StoppingAfter(39);
  const RunRecord run = RunToEnd(spec);
  EXPECT_LT(LastObjective(run), 1e-12);
  for (size_t i = 1; i < run.steps.size(); ++i) EXPECT_LE(run.objective(i), run.objective(i - 1)) << i;
}

// A bowl's system is solved at once; what remains is what the forcing term leaves.
TEST(NewtonCgTest, ConvergesFasterThanLinearly) {
  JobSpec spec = FunctionSpec("ravine", "newton_cg", {});
  spec.stopping = StoppingAfter(4);
  EXPECT_LT(LastObjective(RunToEnd(spec)), 1e-30);
}

TEST(NewtonCgTest, LeavesASaddle) {
  JobSpec spec = FunctionSpec("saddle", "newton_cg", {});
  spec.initializer = KindOf(Initializers(), "given");
  spec.initializer.SetNumbers("values", {1, 1e-3});
  spec.stopping = StoppingAfter(40);
  const RunRecord run = RunToEnd(spec);
  EXPECT_NEAR(LastObjective(run), -0.25, 1e-15);
  EXPECT_NEAR(std::abs(run.last.values[1]), 1, 1e-8);
}

// The optima of both: see known_optima_test.cc.
TEST(NewtonCgTest, LogisticRegressionToRounding) {
  JobSpec spec = DatasetSpec("logistic", "newton_cg", {});
  AddL2(1.0 / 569, &spec);
  Standardize(&spec);
  spec.stopping = StoppingAfter(14);
  const auto table = ReadExample("breast_cancer", /*classes=*/true);
  table->schema.columns.back().positive_class = "benign";
  const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
  EXPECT_NEAR(LastObjective(run), .066360186224738, 1e-14);
  EXPECT_LT(LastGradientNorm(run), 1e-12);
  spec.precision = Precision::kFloat32;
  EXPECT_NEAR(LastObjective(RunToEnd(spec, {.table = table, .evaluation_table = nullptr})), .066360186224738, 1e-7);
}

TEST(NewtonCgTest, SoftmaxRegressionToRounding) {
  JobSpec spec = DatasetSpec("softmax", "newton_cg", {});
  Standardize(&spec);
  AddL2(1.0 / 150, &spec);
  spec.stopping = StoppingAfter(14);
  const RunRecord run = RunToEnd(spec, {.table = ReadExample("iris", true), .evaluation_table = nullptr});
  EXPECT_NEAR(LastObjective(run), .209191788405310, 1e-14);
  EXPECT_LT(LastGradientNorm(run), 1e-12);
}

TEST(NewtonCgTest, PerceptronGoesDownhillAndAnyThreadsGiveTheSameBits) {
  const TrainingData data = {.table = SyntheticTable(700, 5, 2), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("mlp", "newton_cg", {});
  spec.dataset->loss = Config(&FindLoss("logistic")->kind);
  spec.dataset->model.SetChoice("activation", "tanh");
  spec.stopping = StoppingAfter(12);
  const RunRecord alone = RunToEnd(spec, data);
  for (size_t i = 1; i < alone.steps.size(); ++i) EXPECT_LE(alone.objective(i), alone.objective(i - 1)) << i;
  for (const int64_t threads : {2, 3, 7}) {
    spec.execution = Config(&ExecutionInfo());
    spec.execution.SetInteger("threads", threads);
    ExpectSameRun(alone, RunToEnd(spec, data));
  }
}

TEST(NewtonCgTest, WhatHasNoCurvatureIsRefusedByItsField) {
  const std::string needs = "does not suit the optimizer newton_cg: it needs second derivatives; ";
  JobSpec spec = DatasetSpec("mlp", "newton_cg", {});
  spec.dataset->loss = Config(&FindLoss("absolute")->kind);
  spec.dataset->model.SetNumber("dropout", 0.1);
  spec.dataset->penalties.push_back(KindOf(Regularizers(), "l1", {{"strength", 0.1}}));
  EXPECT_THAT(Check(spec), ElementsAre("spec.problem.dataset.loss.absolute: has slopes that jump, which " + needs +
                                           "use a smooth loss, or another optimizer",
                                       "spec.problem.dataset.model.mlp.activation: has slopes that jump, which " +
                                           needs + "use a smooth one (tanh, gelu), or lbfgs",
                                       "spec.problem.dataset.model.mlp.dropout: draws anew in every step, which " +
                                           needs + "set it to 0, or use another optimizer",
                                       "spec.problem.dataset.regularization.l1: has a slope that jumps at 0, which " +
                                           needs + "use l2, or another optimizer"));
  spec = DatasetSpec("mlp", "newton_cg", {});
  spec.dataset->model.SetChoice("activation", "gelu");
  AddL2(0.1, &spec);
  EXPECT_THAT(Check(spec), IsEmpty());
  spec = DatasetSpec("logistic", "newton_cg", {});
  spec.dataset->loss = Config(&FindLoss("squared_hinge")->kind);
  EXPECT_THAT(Check(spec), IsEmpty());
}

TEST(NewtonCgTest, FormulasWithKinksAreRefusedAtTheirPlace) {
  JobSpec spec = FunctionSpec("", "newton_cg", {});
  spec.function.reset();
  spec.formula.emplace();
  spec.formula->expression = "x^2 + abs(x-1)";
  spec.formula->parameters = {{.name = "x", .start = 3, .lower = {}, .upper = {}}};
  EXPECT_THAT(
      Check(spec),
      ElementsAre("spec.problem.formula.expression: column 7: this has slopes that jump, which does not suit the "
                  "optimizer newton_cg: it needs second derivatives; write it smoothly, for instance "
                  "sqrt(x^2 + 1e-6) for abs(x), or use lbfgs\n  x^2 + abs(x-1)\n        ^"));
  spec.formula->expression = "x^2 + sqrt((x-1)^2 + 1e-6)";
  EXPECT_THAT(Check(spec), IsEmpty());
}

}  // namespace
}  // namespace descent::core
