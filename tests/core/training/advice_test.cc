#include "core/training/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// All the advice of a run, by its codes.
std::vector<std::string> AdviceOf(const JobSpec& spec, const TrainingData& data = {}) {
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec, data);
  StepBlock block;
  std::vector<std::string> codes;
  while (true) {
    const Trainer::Progress progress = trainer->Advance(1000, &block);
    for (const Advice& advice : progress.advice) codes.push_back(advice.code);
    if (progress.termination.has_value()) return codes;
  }
}

TEST(AdviceTest, BadlyScaledFeaturesAreNamed) {
  const TrainingData data = {.table = ReadExample("breast_cancer", /*classes=*/true), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("logistic", "sgd", {{"learning_rate", 1e-6}});
  spec.stopping = StoppingAfter(1);
  EXPECT_THAT(AdviceOf(spec, data), testing::Contains("FEATURES_BADLY_SCALED"));
  Standardize(&spec);
  EXPECT_THAT(AdviceOf(spec, data), testing::Not(testing::Contains("FEATURES_BADLY_SCALED")));

  Matrix<double> matrix;
  matrix.rows = 2;
  matrix.columns = 3;
  matrix.values = {100, 0, 0.25, -500, 0, 0.25};
  const std::optional<Advice> advice = AdviseOnScales(matrix, std::vector<std::string>{"area", "none", "smoothness"});
  ASSERT_TRUE(advice.has_value());
  EXPECT_THAT(advice->message, AllOf(HasSubstr("area: 361"), HasSubstr("smoothness: 0.25"),
                                     HasSubstr("by a factor of 1"), HasSubstr("standardize")));
}

TEST(AdviceTest, RatesAboveTheLimitOfStability) {
  // The ravine's greatest curvature is 25.
  const auto codes = [](double rate, double momentum, bool nesterov) {
    JobSpec spec = FunctionSpec("ravine", "sgd", {{"learning_rate", rate}, {"momentum", momentum}});
    spec.optimizer.SetBoolean("nesterov", nesterov);
    spec.stopping = StoppingAfter(1000);
    return AdviceOf(spec);
  };
  const std::vector<std::string> warned = {"RATE_ABOVE_LIMIT"};
  EXPECT_EQ(codes(0.0799, 0, false).size(), 0u);
  EXPECT_EQ(codes(0.0801, 0, false), warned);
  EXPECT_EQ(codes(0.1519, 0.9, false).size(), 0u);
  EXPECT_EQ(codes(0.1521, 0.9, false), warned);
  EXPECT_EQ(codes(0.0542, 0.9, true).size(), 0u);
  EXPECT_EQ(codes(0.0544, 0.9, true), warned);
}

// The limits are those where descent on the ravine turns from falling to growing.
TEST(AdviceTest, TheLimitsAreTrue) {
  for (const auto& [momentum, nesterov, limit] :
       {std::tuple(0.0, false, 0.08), {0.9, false, 0.152}, {0.9, true, 2 * 1.9 / 2.8 / 25}}) {
    for (const double share : {0.99, 1.01}) {
      JobSpec spec = FunctionSpec("ravine", "sgd", {{"learning_rate", share * limit}, {"momentum", momentum}});
      spec.optimizer.SetBoolean("nesterov", nesterov);
      spec.stopping = StoppingAfter(3000);
      const RunRecord run = RunToEnd(spec);
      EXPECT_EQ(run.termination->objective < 1, share < 1) << momentum << " " << nesterov << " " << share;
    }
  }
}

TEST(AdviceTest, ALossAboveAConstantIsSaid) {
  const TrainingData data = {.table = ReadExample("iris", /*classes=*/true), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("softmax", "sgd", {{"learning_rate", 20}});
  spec.stopping = StoppingAfter(1);
  EXPECT_THAT(AdviceOf(spec, data), testing::Contains("LOSS_ABOVE_CONSTANT"));
  spec.optimizer.SetNumber("learning_rate", 0.01);
  spec.stopping = StoppingAfter(200);
  EXPECT_THAT(AdviceOf(spec, data), testing::Not(testing::Contains("LOSS_ABOVE_CONSTANT")));
}

// Such an end has no evaluation, so there is no loss to compare.
TEST(AdviceTest, ANonFiniteEndSaysNothingOfTheLoss) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {1, 2, 3}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 2, 4}, ColumnRole::kTarget, table.get());
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 1e200}});
  spec.stopping = StoppingAfter(100);
  spec.stopping.SetNumber("divergence_objective", std::numeric_limits<double>::max());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  ASSERT_EQ(RunToEnd(spec, data).termination->reason, TerminationReason::kNonFinite);
  EXPECT_THAT(AdviceOf(spec, data), testing::Not(testing::Contains("LOSS_ABOVE_CONSTANT")));
}

TEST(AdviceTest, DeadUnitsAreCounted) {
  const TrainingData data = {.table = ReadExample("iris", /*classes=*/true), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("mlp", "sgd", {{"learning_rate", 0.01}});
  spec.dataset->model.SetIntegers("hidden_sizes", {8});
  spec.dataset->loss = Config(&FindLoss("cross_entropy")->kind);
  spec.stopping = StoppingAfter(1);
  Standardize(&spec);
  EXPECT_THAT(AdviceOf(spec, data), testing::Not(testing::Contains("DEAD_UNITS")));
  spec.initializer = Config(&FindInitializer("constant")->kind);
  spec.initializer.SetNumber("value", -1000);
  Standardize(&spec);
  const std::vector<std::string> codes = AdviceOf(spec, data);
  // Weights and biases of -1000: z = -1000 (1 + sum of features) is positive on some rows.
  EXPECT_THAT(codes, testing::Not(testing::Contains("DEAD_UNITS")));
  spec.dataset->preprocessing.SetChoice("scaling", "min_max");
  EXPECT_THAT(AdviceOf(spec, data), testing::Contains("DEAD_UNITS"));
}

TEST(AdviceTest, ConstantLossesAreThoseOfTheTextbook) {
  Matrix<double> numbers;
  numbers.rows = 4;
  numbers.targets = {1, 2, 3, 10};
  const auto loss = [](absl::string_view name) { return MakeLoss<double>(Config(&FindLoss(name)->kind)); };
  EXPECT_DOUBLE_EQ(ConstantLoss<double>(*loss("squared"), Task::kRegression, 1, numbers), 12.5);
  EXPECT_DOUBLE_EQ(ConstantLoss<double>(*loss("absolute"), Task::kRegression, 1, numbers), 2.5);
  Matrix<double> labels;
  labels.rows = 4;
  labels.targets = {1, 1, 1, 0};
  const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  EXPECT_NEAR(ConstantLoss<double>(*loss("logistic"), Task::kBinary, 1, labels), entropy, 1e-15);
  EXPECT_NEAR(ConstantLoss<double>(*loss("cross_entropy"), Task::kMulticlass, 2, labels), entropy, 1e-15);
}

}  // namespace
}  // namespace descent::core
