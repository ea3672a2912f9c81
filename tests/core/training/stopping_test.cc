// Every rule that ends a run: its reason, its step, and whose parameters are kept.
#include "core/training/stopping.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// From (4, -2) on the bowl with rate 1/2 the objective is 10/4^t and the gradient norm sqrt(20)/2^t.
JobSpec Bowl(double learning_rate) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {{"learning_rate", learning_rate}});
  spec.initializer = Config(&FindInitializer("given")->kind);
  spec.initializer.SetNumbers("values", {4, -2});
  spec.stopping = StoppingAfter(100);
  spec.evaluation = EvaluationEvery(10);
  return spec;
}

TEST(StoppingTest, StepBudget) {
  const RunRecord run = RunToEnd(Bowl(0.001));
  EXPECT_EQ(run.termination->reason, TerminationReason::kStepBudget);
  EXPECT_EQ(run.termination->step, 100);
  EXPECT_EQ(run.termination->kept_step, 100);
  EXPECT_THAT(run.termination->message, StartsWith("The budget of 100 steps is used; the objective is 8.1"));
}

TEST(StoppingTest, TargetObjective) {
  JobSpec spec = Bowl(0.5);
  spec.stopping.SetNumber("target_objective", 10.0 / 64);
  const RunRecord run = RunToEnd(spec);
  EXPECT_EQ(run.termination->reason, TerminationReason::kTargetReached);
  EXPECT_EQ(run.termination->step, 3);
  EXPECT_EQ(run.termination->message, "The objective 0.15625 reached its target 0.15625 after 3 steps.");
  EXPECT_EQ(run.evaluations.back().step, 3);
}

TEST(StoppingTest, GradientTolerance) {
  JobSpec spec = Bowl(0.5);
  spec.stopping.SetNumber("gradient_tolerance", 0.1);
  const RunRecord run = RunToEnd(spec);
  EXPECT_EQ(run.termination->reason, TerminationReason::kConverged);
  EXPECT_EQ(run.termination->step, 6);
  EXPECT_EQ(run.termination->gradient_norm, std::sqrt(20.0) / 64);
}

TEST(StoppingTest, DivergenceKeepsTheBest) {
  const RunRecord run = RunToEnd(Bowl(3));  // the objective grows fourfold a step
  EXPECT_EQ(run.termination->reason, TerminationReason::kDiverged);
  EXPECT_EQ(run.termination->step, 20);  // 4^20 > 1e12
  EXPECT_EQ(run.termination->kept_step, 0);
  EXPECT_EQ(run.kept.step, 0);
  EXPECT_EQ(run.kept.values, (std::vector<double>{4, -2}));
  EXPECT_FALSE(run.termination->succeeded());

  JobSpec spec = Bowl(3);
  spec.stopping.SetNumber("divergence_objective", 100);
  EXPECT_EQ(RunToEnd(spec).termination->step, 2);
}

TEST(StoppingTest, Plateau) {
  JobSpec spec = Bowl(0.5);
  spec.plateau = Config(&PlateauInfo());
  spec.plateau.SetSteps("window", 4);
  spec.plateau.SetNumber("min_delta", 0.1);
  // 10, 2.5, .625, .156: falls by .469 at step 3, and by .117 at step 4; from .039 on never again by .1.
  const RunRecord run = RunToEnd(spec);
  EXPECT_EQ(run.termination->reason, TerminationReason::kPlateau);
  EXPECT_EQ(run.termination->step, 8);
  EXPECT_EQ(run.termination->kept_step, 8);
  EXPECT_EQ(run.termination->message, "The objective has not fallen by 0.1 below 0.0390625 since step 4, 4 steps ago.");
}

TEST(StoppingTest, SlowProgressIsNoPlateau) {
  JobSpec spec = Bowl(0.001);  // each step falls by less than min_delta, but the window sees their sum
  spec.plateau = Config(&PlateauInfo());
  spec.plateau.SetSteps("window", 10);
  spec.plateau.SetNumber("min_delta", 0.1);
  EXPECT_EQ(RunToEnd(spec).termination->reason, TerminationReason::kStepBudget);
}

TEST(StoppingTest, EpochBudget) {
  const TrainingData data = {.table = SyntheticTable(100, 2, 0), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.batch = BatchOf("mini_batch", 30);
  spec.stopping = Config(&StoppingInfo());
  spec.stopping.SetNumber("max_epochs", 2.5);
  const RunRecord run = RunToEnd(spec, data);
  EXPECT_EQ(run.termination->reason, TerminationReason::kEpochBudget);
  EXPECT_EQ(run.termination->step, 10);
  EXPECT_THAT(run.termination->message, StartsWith("The budget of 2.5 epochs (10 steps) is used"));
  spec.stopping.SetInteger("max_steps", 7);
  EXPECT_EQ(RunToEnd(spec, data).termination->reason, TerminationReason::kStepBudget);
}

TEST(StoppingTest, EarlyStoppingKeepsTheBest) {
  // Few rows, many features and no penalty: the held-out loss turns up again.
  const TrainingData data = {.table = SyntheticTable(60, 20, 2), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("logistic", "sgd", {{"learning_rate", 2}});
  spec.stopping = StoppingAfter(10000);
  spec.evaluation = EvaluationEvery(5, 0.3);
  spec.early_stopping = Config(&EarlyStoppingInfo());
  spec.early_stopping.SetInteger("patience", 3);
  const RunRecord run = RunToEnd(spec, data);
  EXPECT_EQ(run.termination->reason, TerminationReason::kStoppedEarly);
  EXPECT_EQ(run.termination->kept_step, run.termination->step - 15);
  EXPECT_EQ(run.kept.step, run.best.step);
  EXPECT_EQ(run.kept.values, run.best.values);
  EXPECT_THAT(run.termination->message, HasSubstr("for 3 evaluations; the best parameters are kept."));
  // The kept parameters are those that the log has at their step.
  const size_t width = run.kept.values.size();
  const auto begin = run.parameters.begin() + static_cast<int64_t>(static_cast<size_t>(run.kept.step) * width);
  EXPECT_EQ(run.kept.values, std::vector<double>(begin, begin + static_cast<int64_t>(width)));
}

TEST(StoppingTest, NonFiniteNamesItsPlaceAndKeepsTheLastFiniteRow) {
  JobSpec spec = Bowl(1e200);
  spec.stopping.SetNumber("divergence_objective", std::numeric_limits<double>::max());
  const RunRecord run = RunToEnd(spec);
  ASSERT_EQ(run.termination->reason, TerminationReason::kNonFinite);
  EXPECT_EQ(run.termination->non_finite->tensor, "loss");
  EXPECT_EQ(run.termination->step, 1);
  EXPECT_EQ(run.termination->kept_step, 0);
  EXPECT_EQ(run.kept.values, (std::vector<double>{4, -2}));
  EXPECT_THAT(run.termination->message, StartsWith("The loss is inf at step 1; the parameters of step 0 are kept"));
}

TEST(StoppingTest, NonFiniteGradientsAreNamed) {
  // |f - y| is finite where its features' product with the derivative is not: a huge feature in float32.
  auto table = std::make_shared<Table>();
  AddColumn("a", {1, 1}, ColumnRole::kFeature, table.get());
  AddColumn("b", {3e38, 3e38}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 1}, ColumnRole::kTarget, table.get());
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.dataset->loss = Config(&FindLoss("absolute")->kind);
  spec.precision = Precision::kFloat32;
  const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
  ASSERT_EQ(run.termination->reason, TerminationReason::kNonFinite);
  EXPECT_EQ(run.termination->non_finite->tensor, "weight");
  EXPECT_EQ(run.termination->non_finite->index, 1);
  EXPECT_EQ(run.termination->non_finite->step, 0);
  EXPECT_TRUE(std::isinf(run.termination->non_finite->value));
  EXPECT_EQ(run.kept.values, (std::vector<double>{0, 0, 0}));
  EXPECT_THAT(run.termination->message, StartsWith("The gradient of weight[1] is -inf at step 0"));
  EXPECT_TRUE(run.evaluations.empty());
}

TEST(StoppingTest, TheFirstOfSeveralRulesIsTheReason) {
  JobSpec spec = Bowl(0.5);
  spec.stopping = StoppingAfter(0);
  spec.stopping.SetNumber("gradient_tolerance", 1000);
  EXPECT_EQ(RunToEnd(spec).termination->reason, TerminationReason::kConverged);
  spec.stopping.SetNumber("target_objective", 1000);
  EXPECT_EQ(RunToEnd(spec).termination->reason, TerminationReason::kTargetReached);
  spec.stopping.SetNumber("divergence_objective", 1);
  EXPECT_EQ(RunToEnd(spec).termination->reason, TerminationReason::kDiverged);
}

}  // namespace
}  // namespace descent::core
