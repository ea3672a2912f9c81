#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Check(const JobSpec& spec) {
  Violations violations;
  ValidateSpec(spec, "spec", &violations);
  return Lines(violations);
}

TEST(ValidateSpecTest, TheLeastSpecsAreValid) {
  EXPECT_THAT(Check(FunctionSpec("bowl", "sgd", {})), IsEmpty());
  EXPECT_THAT(Check(DatasetSpec("mlp", "adam", {})), IsEmpty());
}

TEST(ValidateSpecTest, NothingGiven) {
  EXPECT_THAT(Check({}), ElementsAre("spec.problem: must name exactly one kind: dataset, function or formula",
                                     StartsWith("spec.optimizer: must name exactly one kind: sgd, ")));
}

TEST(ValidateSpecTest, ProximalStepsNeedPlainUpdates) {
  for (const absl::string_view optimizer : {"sgd", "adam", "asgd", "lbfgs"}) {
    JobSpec spec = DatasetSpec("linear", optimizer, {});
    spec.dataset->penalties.push_back(KindOf(Regularizers(), "l1", {{"strength", 1}}));
    EXPECT_THAT(Check(spec), IsEmpty()) << optimizer;
    spec.dataset->penalties[0].SetBoolean("proximal", true);
    if (optimizer == "sgd" || optimizer == "adam") {
      EXPECT_THAT(Check(spec), IsEmpty()) << optimizer;
    } else {
      EXPECT_THAT(Check(spec), ElementsAre(StartsWith("spec.problem.dataset.regularization.l1.proximal: ")));
    }
  }
}

// One spec with every kind of mistake: all are named at once, each by its path.
TEST(ValidateSpecTest, AllViolationsAtOnce) {
  JobSpec spec = DatasetSpec("logistic", "adam", {{"beta1", 1.2}, {"learning_rate", 0}});
  spec.dataset->dataset = "";
  spec.dataset->loss = Config(&FindLoss("squared")->kind);
  AddL2(-1, &spec);
  AddL2(1, &spec);
  spec.starts = 5;
  spec.schedule = KindOf(Schedules(), "step");
  spec.warmup = Config(&WarmupInfo());
  spec.warmup.SetSteps("length", 0);
  spec.batch = BatchOf("mini_batch", 0);
  spec.stopping = StoppingAfter(-1);
  spec.stopping.SetNumber("gradient_tolerance", -1);
  spec.plateau = Config(&PlateauInfo());
  spec.early_stopping = Config(&EarlyStoppingInfo());
  spec.evaluation = EvaluationEvery(0, 0);
  spec.evaluation.SetText("dataset_version", "sha256:0");
  spec.record = RecordEvery(4, 10);
  spec.execution = Config(&ExecutionInfo());
  spec.execution.SetInteger("threads", 0);
  spec.labels = {{"Team", "x"}, {"ok", std::string(300, 'x')}};
  EXPECT_THAT(
      Check(spec),
      UnorderedElementsAre(
          "spec.problem.dataset.dataset: is required",
          StartsWith("spec.problem.dataset.loss: squared does not fit the model logistic; those that do: logistic"),
          "spec.problem.dataset.regularization.l2: is given twice",
          "spec.problem.dataset.regularization.l2.strength: must be >= 0, was -1",
          "spec.optimizer.adam.beta1: must be in [0, 1), was 1.2",
          "spec.optimizer.adam.learning_rate: must be > 0, was 0",
          StartsWith("spec.initialization.starts: several starts need an initializer that draws (uniform, normal, "),
          "spec.schedule.step.period: is required", StartsWith("spec.schedule.warmup.length.steps: must be "),
          StartsWith("spec.batch.mini_batch.size: must be a whole number "),
          "spec.stopping.max_steps: must be a whole number in [0, 9007199254740992], was -1",
          "spec.stopping.gradient_tolerance: must be >= 0, was -1", "spec.stopping.plateau.window: is required",
          "spec.stopping.early_stopping: needs held-out data: set evaluation.held_out_fraction or evaluation.dataset",
          StartsWith("spec.evaluation.every.steps: must be "),
          "spec.evaluation.dataset_version: pins a dataset, but evaluation.dataset is not set",
          "spec.record.parameters_every_steps: must be a multiple of every_steps (4) or 0, was 10",
          StartsWith("spec.execution.threads: must be a whole number "),
          "spec.labels[\"Team\"]: a key must match [a-z][a-z0-9_-]{0,62}",
          "spec.labels[\"ok\"]: a value may have 256 bytes, was 300"));
}

TEST(ValidateSpecTest, FunctionsRefuseWhatNeedsRows) {
  JobSpec spec = FunctionSpec("rosenbrok", "sgd", {});
  spec.initializer = Config(&FindInitializer("kaiming")->kind);
  spec.batch = BatchOf("one_row");
  spec.stopping = Config(&StoppingInfo());
  spec.stopping.SetNumber("max_epochs", 2);
  spec.evaluation = EvaluationEvery(1, 0.2);
  spec.evaluation.SetText("dataset", "other");
  spec.warmup = Config(&WarmupInfo());
  SetEpochs("length", 0.5, &spec.warmup);
  EXPECT_THAT(
      Check(spec),
      UnorderedElementsAre(
          "spec.problem.function.name: there is no function \"rosenbrok\"; did you mean \"rosenbrock\"?",
          StartsWith("spec.initialization.kaiming: needs layers"), StartsWith("spec.batch.one_row: a function has "),
          "spec.stopping.max_epochs: a function has no epochs; use max_steps",
          StartsWith("spec.evaluation.held_out_fraction: a function has no rows"),
          StartsWith("spec.evaluation.dataset: a function is not measured on data"),
          StartsWith("spec.evaluation.dataset: cannot be combined with held_out_fraction"),
          "spec.schedule.warmup.length.epochs: a function has no epochs; use steps"));
}

TEST(ValidateSpecTest, StartsNeedDraws) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {});
  spec.starts = 2;
  EXPECT_THAT(Check(spec), ElementsAre("spec.initialization.starts: several starts need an initializer that draws "
                                       "(uniform, normal, truncated_normal), was the function's standard start"));
  spec.initializer = Config(&FindInitializer("normal")->kind);
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.starts = 10001;
  EXPECT_THAT(Check(spec), ElementsAre("spec.initialization.starts: must be a whole number in [1, 10000], was 10001"));
  JobSpec mlp = DatasetSpec("mlp", "sgd", {});
  mlp.starts = 3;
  EXPECT_THAT(Check(mlp), IsEmpty());
}

TEST(ValidateSpecTest, TooManyLabels) {
  JobSpec spec = FunctionSpec("bowl", "sgd", {});
  for (int i = 0; i < 65; ++i) spec.labels[absl::StrCat("k", i)] = "";
  EXPECT_THAT(Check(spec), ElementsAre(HasSubstr("has 65 entries, at most 64 are allowed")));
}

}  // namespace
}  // namespace descent::core
