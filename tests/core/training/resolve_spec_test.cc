#include <cmath>
#include <cstdint>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;

constexpr ProblemShape kRows = {.training_rows = 100, .has_held_out = false, .parameter_count = 4};

JobSpec ResolveFor(const JobSpec& spec, const ProblemShape& shape, const SpecLimits& limits = {.max_threads = 64}) {
  Violations violations;
  JobSpec resolved = ResolveSpec(spec, shape, limits, 42, "spec", &violations);
  EXPECT_TRUE(violations.empty());
  return resolved;
}

TEST(ResolveSpecTest, FillsEveryDefaultOfADatasetProblem) {
  JobSpec spec = DatasetSpec("logistic", "adam", {});
  spec.seed.reset();
  const JobSpec resolved = ResolveFor(spec, kRows, {.max_threads = 1, .default_log_byte_budget = 5000000});
  EXPECT_EQ(resolved.dataset->loss.name(), "logistic");
  EXPECT_EQ(resolved.dataset->preprocessing.choice("scaling"), 0);
  EXPECT_EQ(resolved.initializer.name(), "zeros");
  EXPECT_EQ(resolved.starts, 1);
  EXPECT_EQ(resolved.schedule.name(), "constant");
  EXPECT_EQ(resolved.batch.name(), "full");
  EXPECT_EQ(resolved.seed, 42u);
  EXPECT_EQ(resolved.precision, Precision::kFloat64);
  EXPECT_EQ(resolved.stopping.integer("max_steps"), 1000);
  EXPECT_FALSE(resolved.stopping.has("divergence_objective"));
  EXPECT_EQ(resolved.evaluation.steps("every"), 100);
  EXPECT_EQ(resolved.record.integer("every_steps"), 1);
  EXPECT_EQ(resolved.record.integer("parameters_every_steps"), 1);
  EXPECT_EQ(resolved.record.integer("parameters_byte_budget"), int64_t{256} << 20);
  EXPECT_EQ(resolved.record.integer("log_byte_budget"), 5000000);
  EXPECT_EQ(resolved.record.number("checkpoint_seconds"), 30);
  EXPECT_EQ(resolved.execution.integer("threads"), 1);
  EXPECT_EQ(ResolveFor(spec, kRows).plateau.info(), nullptr);
}

TEST(ResolveSpecTest, FunctionsStartAtTheirStandardStart) {
  const JobSpec resolved = Resolve(FunctionSpec("rosenbrock", "sgd", {}));
  EXPECT_EQ(resolved.initializer.name(), "given");
  EXPECT_THAT(resolved.initializer.numbers("values"), ElementsAre(-1.2, 1));
  EXPECT_EQ(resolved.batch.info(), nullptr);
  EXPECT_EQ(resolved.evaluation.steps("every"), 100);
}

TEST(ResolveSpecTest, TheGainFollowsTheActivation) {
  JobSpec spec = DatasetSpec("mlp", "sgd", {});
  ProblemShape shape = kRows;
  shape.default_initializer = "kaiming";
  EXPECT_DOUBLE_EQ(ResolveFor(spec, shape).initializer.number("gain"), std::sqrt(2.0));
  spec.dataset->model.SetChoice("activation", "tanh");
  EXPECT_DOUBLE_EQ(ResolveFor(spec, shape).initializer.number("gain"), 5.0 / 3);
}

TEST(ResolveSpecTest, AGivenSlopeStandsInForTheGain) {
  JobSpec spec = DatasetSpec("mlp", "sgd", {});
  spec.initializer = KindOf(Initializers(), "kaiming", {{"negative_slope", 0.1}});
  const JobSpec resolved = ResolveFor(spec, kRows);
  EXPECT_FALSE(resolved.initializer.has("gain"));
  EXPECT_TRUE(ResolveFor(resolved, kRows) == resolved);
}

TEST(ResolveSpecTest, LengthsThatAreNotGivenAreTheStepBudgetLessTheWarmup) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.stopping = StoppingAfter(500);
  spec.warmup = Config(&WarmupInfo());
  spec.warmup.SetSteps("length", 20);
  for (const auto& [kind, field] : {std::pair{"cosine", "period"},
                                    {"linear", "length"},
                                    {"polynomial", "length"},
                                    {"one_cycle", "length"},
                                    {"warmup_stable_decay", "length"}}) {
    spec.schedule = KindOf(Schedules(), kind);
    EXPECT_EQ(ResolveFor(spec, kRows).schedule.steps(field), 480) << kind;
    spec.schedule.SetSteps(field, 7);
    EXPECT_EQ(ResolveFor(spec, kRows).schedule.steps(field), 7) << kind;
  }
}

TEST(ResolveSpecTest, EpochsBecomeSteps) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.batch = BatchOf("mini_batch", 30);
  spec.stopping = Config(&StoppingInfo());
  spec.stopping.SetNumber("max_epochs", 2.6);
  spec.schedule = KindOf(Schedules(), "cosine");
  spec.warmup = Config(&WarmupInfo());
  SetEpochs("length", 0.6, &spec.warmup);
  spec.plateau = Config(&PlateauInfo());
  SetEpochs("window", 2, &spec.plateau);
  const JobSpec resolved = ResolveFor(spec, kRows);
  EXPECT_EQ(resolved.stopping.integer("max_steps"), 11);  // 2.6 epochs of 4 steps
  EXPECT_EQ(resolved.warmup.steps("length"), 3);
  EXPECT_EQ(resolved.schedule.steps("period"), 8);  // the rest
  EXPECT_EQ(resolved.plateau.steps("window"), 8);
  EXPECT_EQ(resolved.evaluation.steps("every"), 4);
  // The smaller of two budgets.
  spec.stopping.SetInteger("max_steps", 7);
  EXPECT_EQ(ResolveFor(spec, kRows).stopping.integer("max_steps"), 7);
  spec.stopping.SetInteger("max_steps", 70);
  EXPECT_EQ(ResolveFor(spec, kRows).stopping.integer("max_steps"), 11);
}

TEST(ResolveSpecTest, ParametersAreKeptAsOftenAsTheBudgetAllows) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.stopping = StoppingAfter(1000);
  spec.record = Config(&RecordInfo());
  spec.record.SetInteger("every_steps", 2);
  const auto stride = [&](int64_t budget) {
    spec.record.SetInteger("parameters_byte_budget", budget);
    return ResolveFor(spec, kRows).record.integer("parameters_every_steps");
  };
  EXPECT_EQ(stride(501 * 32), 2);
  EXPECT_EQ(stride(501 * 32 - 1), 20);
  EXPECT_EQ(stride(51 * 32), 20);
  EXPECT_EQ(stride(7 * 32), 200);
  EXPECT_EQ(stride(5 * 32), 2000);  // 200 gives six vectors; 2000 the first and the last
  EXPECT_EQ(stride(2 * 32), 2000);
  EXPECT_EQ(stride(2 * 32 - 1), 0);
}

TEST(ResolveSpecTest, ABatchOfAllRowsIsFull) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.batch = BatchOf("mini_batch", 100);
  EXPECT_TRUE(BatchShapeOf(spec, 100).full);
  EXPECT_EQ(StepsPerEpoch(spec, 100), 1);
  EXPECT_EQ(ResolveFor(spec, kRows).evaluation.steps("every"), 100);
  spec.batch = BatchOf("mini_batch", 1000, Shuffling::kWithReplacement);
  EXPECT_FALSE(BatchShapeOf(spec, 100).full);
  EXPECT_EQ(BatchShapeOf(spec, 100).size, 100);
}

TEST(ResolveSpecTest, ResolvedSpecsResolveToThemselvesAndGiveTheSameBits) {
  const TrainingData data = {.table = SyntheticTable(90, 3, 3), .evaluation_table = nullptr};
  JobSpec mlp = DatasetSpec("mlp", "adam", {});
  mlp.dataset->loss = Config(&FindLoss("cross_entropy")->kind);
  mlp.batch = BatchOf("mini_batch", 16);
  mlp.stopping = Config(&StoppingInfo());
  mlp.stopping.SetNumber("max_epochs", 3.3);
  mlp.schedule = KindOf(Schedules(), "cosine");
  mlp.warmup = Config(&WarmupInfo());
  SetEpochs("length", 0.5, &mlp.warmup);
  mlp.starts = 3;
  mlp.seed.reset();
  JobSpec softmax = DatasetSpec("softmax", "sgd", {});
  softmax.evaluation = EvaluationEvery(10, 0.2);
  for (const JobSpec& spec : {mlp, softmax}) {
    const JobSpec resolved = Resolve(spec, data);
    EXPECT_TRUE(Resolve(resolved, data) == resolved);
    ExpectSameRun(RunToEnd(spec, data), RunToEnd(resolved, data));
  }
  const JobSpec function = Resolve(FunctionSpec("beale", "adam", {}));
  EXPECT_TRUE(Resolve(function) == function);
}

TEST(ResolveSpecTest, WhatTheDataContradicts) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.initializer = Config(&FindInitializer("given")->kind);
  spec.initializer.SetNumbers("values", {1, 2});
  spec.execution = Config(&ExecutionInfo());
  spec.execution.SetInteger("threads", 9);
  spec.evaluation = Config(&EvaluationInfo());
  SetEpochs("every", 1e300, &spec.evaluation);
  Violations violations;
  ResolveSpec(spec, kRows, {.max_threads = 8, .max_parameters = 3}, 1, "spec", &violations);
  EXPECT_THAT(
      Lines(violations),
      ElementsAre("spec.evaluation.every.epochs: must be at most 9007199254740992 steps, was 1e+300 epochs of 1 "
                  "step",
                  "spec.execution.threads: must be a whole number in [1, 8], was 9",
                  "spec.problem.dataset.model: has 4 parameters, at most 3 are allowed on this server; make it "
                  "smaller",
                  "spec.initialization.given.values: must have 4 values, one a parameter, had 2"));
}

}  // namespace
}  // namespace descent::core
