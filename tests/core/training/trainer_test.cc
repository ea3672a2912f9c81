#include "core/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/functions/function.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;

TEST(TrainerTest, EveryFunctionRunsFromItsStandardStart) {
  for (const FunctionInfo& function : Functions()) {
    JobSpec spec = FunctionSpec(function.name, "adam", {{"learning_rate", 0.01}});
    spec.stopping = StoppingAfter(250);
    const RunRecord run = RunToEnd(spec);
    ASSERT_EQ(run.steps.size(), 251u) << function.name;
    std::vector<double> gradient(function.variables.size());
    EXPECT_EQ(run.objective(0), function.evaluate(function.default_start.data(), gradient.data())) << function.name;
    EXPECT_LT(run.objective(250), run.objective(0)) << function.name;
    EXPECT_EQ(run.parameters.size(), 251 * function.variables.size());
  }
}

// x <- x - eta * x on the bowl: known in closed form.
TEST(TrainerTest, RowsAreTheStateAfterTheirUpdates) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {{"learning_rate", 0.5}});
  spec.initializer = Config(&FindInitializer("given")->kind);
  spec.initializer.SetNumbers("values", {4, -2});
  spec.stopping = StoppingAfter(3);
  const RunRecord run = RunToEnd(spec);
  EXPECT_THAT(run.steps, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(run.parameters, ElementsAre(4, -2, 2, -1, 1, -.5, .5, -.25));
  EXPECT_EQ(run.loss(1), 2.5);
  EXPECT_EQ(run.gradient_norm(1), std::sqrt(5.0));
  EXPECT_EQ(run.learning_rate(3), 0.5);
  EXPECT_EQ(run.termination->step, 3);
  EXPECT_EQ(run.termination->kept_step, 3);
}

TEST(TrainerTest, SchedulesScaleTheRate) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {{"learning_rate", 0.5}});
  spec.schedule = KindOf(Schedules(), "cosine");
  spec.stopping = StoppingAfter(10);
  const JobSpec resolved = Resolve(spec);
  EXPECT_EQ(resolved.schedule.steps("period"), 10);
  const RunRecord run = RunToEnd(spec);
  EXPECT_EQ(run.learning_rate(0), 0.5);
  EXPECT_NEAR(run.learning_rate(5), 0.25, 1e-15);
  EXPECT_EQ(run.learning_rate(10), 0);
}

TEST(TrainerTest, NoStepsGiveOneRow) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {});
  spec.stopping = StoppingAfter(0);
  const RunRecord run = RunToEnd(spec);
  EXPECT_THAT(run.steps, ElementsAre(0));
  EXPECT_EQ(run.evaluations.size(), 1u);
  EXPECT_EQ(run.termination->reason, TerminationReason::kStepBudget);
}

// Whatever the model, batch and precision: a chunk belongs to a lane by the number of rows only.
TEST(TrainerTest, SameBitsForAnyNumberOfThreads) {
  const TrainingData data = {.table = SyntheticTable(6000, 5, 3), .evaluation_table = nullptr};
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    for (const Config& batch : {BatchOf("full"), BatchOf("mini_batch", 1500)}) {
      JobSpec spec = DatasetSpec("mlp", "adam", {{"learning_rate", 0.01}});
      spec.dataset->model.SetIntegers("hidden_sizes", {7, 5});
      spec.dataset->loss = Config(&FindLoss("cross_entropy")->kind);
      AddL2(0.001, &spec);
      spec.precision = precision;
      spec.batch = batch;
      spec.stopping = StoppingAfter(30);
      spec.evaluation = EvaluationEvery(7, 0.2);
      const RunRecord alone = RunToEnd(spec, data);
      for (const int64_t threads : {2, 3, 7}) {
        spec.execution = Config(&ExecutionInfo());
        spec.execution.SetInteger("threads", threads);
        SCOPED_TRACE(threads);
        ExpectSameRun(alone, RunToEnd(spec, data));
      }
      EXPECT_LT(alone.loss(30), alone.loss(0));
    }
  }
}

// What dropout leaves out follows seed and step: no portion, thread or restored snapshot changes it, and evaluations
// leave out nothing.
TEST(TrainerTest, DropoutIsAFunctionOfTheStep) {
  const TrainingData data = {.table = SyntheticTable(1000, 5, 3), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("mlp", "adam", {{"learning_rate", 0.01}});
  spec.dataset->model.SetIntegers("hidden_sizes", {9, 5});
  spec.dataset->model.SetNumber("dropout", 0.3);
  spec.dataset->model.SetBoolean("layer_norm", true);
  spec.dataset->loss = Config(&FindLoss("cross_entropy")->kind);
  spec.stopping = StoppingAfter(40);
  spec.evaluation = EvaluationEvery(8, 0.2);
  const RunRecord alone = RunToEnd(spec, data);
  ExpectSameRun(alone, RunToEnd(spec, data, /*updates=*/7));
  spec.execution = Config(&ExecutionInfo());
  spec.execution.SetInteger("threads", 3);
  ExpectSameRun(alone, RunToEnd(spec, data));
  EXPECT_NE(alone.evaluations[1].training.loss, alone.loss(8)) << "full batches, but not as evaluated";
  const std::unique_ptr<Trainer> half = MakeTrainer(spec, data);
  StepBlock block;
  while (half->step() < 20) half->Advance(20 - half->step(), &block);
  const std::unique_ptr<Trainer> restored = MakeTrainer(spec, data);
  ASSERT_TRUE(restored->Restore(half->Snapshot()).ok());
  EXPECT_EQ(RunToEnd(restored.get()).last.values, alone.last.values);
  spec.dataset->model.SetNumber("dropout", 0);
  const RunRecord whole = RunToEnd(spec, data);
  EXPECT_EQ(whole.evaluations[1].training.loss, whole.loss(8));
}

// Least squares with an L1 penalty on one feature has the closed form w = sign(c)*max(|c| - strength, 0)/v.
TEST(TrainerTest, ProximalStepsReachTheLassoAndExactZeros) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {1, 1, -1, -1}, ColumnRole::kFeature, table.get());
  AddColumn("z", {1, -1, 1, -1}, ColumnRole::kFeature, table.get());
  AddColumn("y", {3.1, 2.9, -3.1, -2.9}, ColumnRole::kTarget, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  for (const Precision precision : {Precision::kFloat64, Precision::kFloat32}) {
    JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.25}});
    spec.precision = precision;
    spec.dataset->loss = Config(&FindLoss("half_squared")->kind);
    spec.dataset->penalties.push_back(KindOf(Regularizers(), "l1", {{"strength", 0.5}}));
    spec.dataset->penalties[0].SetBoolean("proximal", true);
    spec.stopping = StoppingAfter(200);
    const RunRecord run = RunToEnd(spec, data);
    EXPECT_NEAR(run.last.values[0], 2.5, 1e-6);
    EXPECT_EQ(run.last.values[1], 0);
    EXPECT_NEAR(run.objective(200), 0.5 * (0.25 + 0.01) + 0.5 * 2.5, 1e-6);
  }
}

TEST(TrainerTest, AdvanceInAnyPortionsGivesTheSameRows) {
  const TrainingData data = {.table = SyntheticTable(100, 3, 2), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("logistic", "rmsprop", {});
  spec.batch = BatchOf("mini_batch", 8);
  spec.stopping = StoppingAfter(211);
  spec.evaluation = EvaluationEvery(50, 0.1);
  for (const auto& [every, parameters_every] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 0}, {5, 20}}) {
    spec.record = RecordEvery(every, parameters_every);
    const RunRecord whole = RunToEnd(spec, data, 100000);
    for (const int64_t updates : {1, 2, 7, 64}) {
      SCOPED_TRACE(updates);
      ExpectSameRun(whole, RunToEnd(spec, data, updates));
    }
  }
}

TEST(TrainerTest, StridesKeepTheLastRow) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {});
  spec.stopping = StoppingAfter(25);
  spec.evaluation = EvaluationEvery(1000);
  spec.record = RecordEvery(4, 8);
  const RunRecord run = RunToEnd(spec);
  EXPECT_THAT(run.steps, ElementsAre(0, 4, 8, 12, 16, 20, 24, 25));
  EXPECT_THAT(run.parameter_steps, ElementsAre(0, 8, 16, 24, 25));
  spec.record = RecordEvery(4, 0);
  EXPECT_TRUE(RunToEnd(spec).parameters.empty());
  // A last row on the rows' stride but off the parameters'.
  spec.stopping = StoppingAfter(12);
  spec.record = RecordEvery(4, 8);
  const RunRecord even = RunToEnd(spec);
  EXPECT_THAT(even.steps, ElementsAre(0, 4, 8, 12));
  EXPECT_THAT(even.parameter_steps, ElementsAre(0, 8, 12));
}

TEST(TrainerTest, EvaluationsAreAtTheirCadenceAndAtTheEnd) {
  const TrainingData data = {.table = SyntheticTable(100, 3, 0), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.05}});
  spec.stopping = StoppingAfter(25);
  spec.evaluation = EvaluationEvery(10);
  const RunRecord run = RunToEnd(spec, data);
  std::vector<int64_t> steps;
  for (const EvaluationPoint& evaluation : run.evaluations) {
    steps.push_back(evaluation.step);
    // Full batches: the row's very loss.
    EXPECT_EQ(evaluation.training.loss, run.loss(static_cast<size_t>(evaluation.step)));
    EXPECT_EQ(evaluation.objective, run.objective(static_cast<size_t>(evaluation.step)));
    EXPECT_EQ(evaluation.training.rows, 100);
    EXPECT_FALSE(evaluation.held_out.has_value());
    EXPECT_TRUE(evaluation.best);
  }
  EXPECT_THAT(steps, ElementsAre(0, 10, 20, 25));
}

TEST(TrainerTest, HeldOutRowsAreMeasuredAndDecideTheBest) {
  const auto table = SyntheticTable(200, 4, 2);
  JobSpec spec = DatasetSpec("logistic", "sgd", {{"learning_rate", 0.5}});
  spec.stopping = StoppingAfter(100);
  spec.evaluation = EvaluationEvery(10, 0.25);
  const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
  double least = std::numeric_limits<double>::infinity();
  int64_t best_step = 0;
  for (const EvaluationPoint& evaluation : run.evaluations) {
    EXPECT_EQ(evaluation.training.rows, 150);
    EXPECT_EQ(evaluation.held_out->rows, 50);
    EXPECT_EQ(evaluation.best, evaluation.held_out->loss < least);
    if (evaluation.best) best_step = evaluation.step;
    least = std::min(least, evaluation.held_out->loss);
  }
  EXPECT_EQ(run.best.step, best_step);

  // The training table as evaluation data: the same loss twice.
  spec.evaluation = EvaluationEvery(10);
  spec.evaluation.SetText("dataset", "other");
  const RunRecord other = RunToEnd(spec, {.table = table, .evaluation_table = table});
  EXPECT_EQ(other.evaluations[3].held_out->rows, 200);
  EXPECT_EQ(other.evaluations[3].held_out->loss, other.evaluations[3].training.loss);
}

TEST(TrainerTest, SeveralStartsKeepTheBest) {
  JobSpec spec = FunctionSpec("himmelblau", "sgd", {{"learning_rate", 0.001}});
  spec.initializer = KindOf(Initializers(), "uniform", {{"low", -4}, {"high", 4}});
  spec.starts = 20;
  spec.stopping = StoppingAfter(5);
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec);
  const MultiStart starts = *trainer->multi_start();
  ASSERT_EQ(starts.objectives.size(), 20u);
  EXPECT_EQ(starts.chosen,
            std::min_element(starts.objectives.begin(), starts.objectives.end()) - starts.objectives.begin());
  const RunRecord run = RunToEnd(trainer.get());
  EXPECT_EQ(run.objective(0), starts.objectives[static_cast<size_t>(starts.chosen)]);
  spec.starts = 1;
  EXPECT_FALSE(MakeTrainer(spec)->multi_start().has_value());
}

TEST(TrainerTest, FinishMakesTheNextRowTheLast) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {{"learning_rate", 0.1}});
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec);
  StepBlock block;
  trainer->Advance(1, &block);
  trainer->Advance(5, &block);
  EXPECT_EQ(trainer->step(), 6);
  EXPECT_EQ(trainer->executed_steps(), 6);
  const Trainer::Progress progress = trainer->Finish(TerminationReason::kTimeBudget, &block);
  EXPECT_EQ(block.rows(), 1);
  EXPECT_EQ(block.first_step, 6);
  EXPECT_EQ(progress.evaluation->step, 6);
  EXPECT_EQ(progress.termination->reason, TerminationReason::kTimeBudget);
  EXPECT_EQ(progress.termination->step, 6);
  EXPECT_EQ(trainer->termination()->reason, TerminationReason::kTimeBudget);
  EXPECT_EQ(trainer->kept().step, 6);
}

TEST(TrainerTest, BatchesAreTheRowsOfTheSpec) {
  // Loss of a constant model on one row is that row's squared target: rows can be read off the losses.
  auto table = std::make_shared<Table>();
  AddColumn("x", {0, 0, 0, 0, 0}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 2, 3, 4, 5}, ColumnRole::kTarget, table.get());
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 1e-300}});
  spec.batch = BatchOf("mini_batch", 2, Shuffling::kNone);
  spec.stopping = StoppingAfter(5);
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec, {.table = table, .evaluation_table = nullptr});
  const RunRecord run = RunToEnd(trainer.get());
  const std::vector<double> losses = {run.loss(0), run.loss(1), run.loss(2), run.loss(3), run.loss(4), run.loss(5)};
  EXPECT_THAT(losses, ElementsAre(2.5, 12.5, 25, 2.5, 12.5, 25));
  EXPECT_EQ(trainer->epoch(), 1.8);
}

}  // namespace
}  // namespace descent::core
