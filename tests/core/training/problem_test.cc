#include "core/training/problem.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> Check(const JobSpec& spec, const TrainingData& data) {
  Violations violations;
  PrepareProblem(spec, data, "spec", &violations);
  return Lines(violations);
}

TEST(ProblemTest, ShapesFollowModelLossAndData) {
  const TrainingData iris = {.table = ReadExample("iris", true), .evaluation_table = nullptr};
  Violations violations;
  const PreparedProblem softmax = PrepareProblem(DatasetSpec("softmax", "sgd", {}), iris, "spec", &violations);
  EXPECT_EQ(softmax.shape.parameter_count, 3 * 4 + 3);
  EXPECT_EQ(softmax.shape.training_rows, 150);
  EXPECT_EQ(softmax.shape.default_initializer, "zeros");
  EXPECT_THAT(softmax.classes, ElementsAre("setosa", "versicolor", "virginica"));

  JobSpec mlp = DatasetSpec("mlp", "sgd", {});
  mlp.dataset->loss = Config(&FindLoss("cross_entropy")->kind);
  mlp.dataset->model.SetIntegers("hidden_sizes", {5});
  mlp.evaluation = EvaluationEvery(1, 0.1);
  const PreparedProblem layers = PrepareProblem(mlp, iris, "spec", &violations);
  EXPECT_EQ(layers.shape.parameter_count, 4 * 5 + 5 + 5 * 3 + 3);
  EXPECT_EQ(layers.shape.training_rows, 135);
  EXPECT_TRUE(layers.shape.has_held_out);
  EXPECT_EQ(layers.shape.default_initializer, "kaiming");

  mlp.dataset->loss = Config(&FindLoss("squared")->kind);
  const TrainingData diabetes = {.table = ReadExample("diabetes", false), .evaluation_table = nullptr};
  EXPECT_EQ(PrepareProblem(mlp, diabetes, "spec", &violations).shape.parameter_count, 10 * 5 + 5 + 5 + 1);
  EXPECT_TRUE(violations.empty());

  const PreparedProblem function = PrepareProblem(FunctionSpec("bowl", "sgd", {}), {}, "spec", &violations);
  EXPECT_EQ(function.layout.tensors[0].name, "x");
  EXPECT_EQ(function.shape.parameter_count, 2);
}

TEST(ProblemTest, MissingValuesAreCountedAndPlaced) {
  const auto table = SyntheticTable(30, 2, 0);
  for (const size_t row : {3u, 7u, 29u}) table->columns[1].numbers[row] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(
      Check(DatasetSpec("linear", "sgd", {}), {.table = table, .evaluation_table = nullptr}),
      ElementsAre(StartsWith("spec.problem.dataset.dataset: 3 rows have a missing value (lines 4, 8, 30); fill or "
                             "remove them")));
  for (double& value : table->columns[0].numbers) value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Check(DatasetSpec("linear", "sgd", {}), {.table = table, .evaluation_table = nullptr}),
              ElementsAre(HasSubstr("30 rows have a missing value (lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ...)")));
}

TEST(ProblemTest, TheTargetMustBeThereAndFit) {
  auto table = SyntheticTable(30, 2, 3);
  EXPECT_THAT(Check(DatasetSpec("linear", "sgd", {}), {.table = table, .evaluation_table = nullptr}),
              ElementsAre(StartsWith("spec.problem.dataset.dataset: ")));
  EXPECT_THAT(Check(DatasetSpec("logistic", "sgd", {}), {.table = table, .evaluation_table = nullptr}),
              ElementsAre(AllOf(StartsWith("spec.problem.dataset.dataset: "), HasSubstr("softmax"))));
  table->schema.columns.back().role = ColumnRole::kFeature;
  EXPECT_THAT(Check(DatasetSpec("softmax", "sgd", {}), {.table = table, .evaluation_table = nullptr}),
              ElementsAre(HasSubstr("has no target column")));
}

TEST(ProblemTest, TooFewRows) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.evaluation = EvaluationEvery(1, 0.5);
  EXPECT_THAT(Check(spec, {.table = SyntheticTable(1, 1, 0), .evaluation_table = nullptr}),
              ElementsAre("spec.evaluation.held_out_fraction: needs at least 2 rows to split, the dataset has 1"));
  EXPECT_THAT(Check(spec, {.table = SyntheticTable(0, 1, 0), .evaluation_table = nullptr}),
              ElementsAre("spec.problem.dataset.dataset: has no rows"));
}

TEST(ProblemTest, EvaluationTablesMustFitTheEncoder) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.evaluation = EvaluationEvery(1);
  spec.evaluation.SetText("dataset", "other");
  const auto table = SyntheticTable(20, 3, 0);
  EXPECT_THAT(Check(spec, {.table = table, .evaluation_table = SyntheticTable(20, 3, 0, 8)}), ElementsAre());
  EXPECT_THAT(Check(spec, {.table = table, .evaluation_table = SyntheticTable(20, 2, 0)}),
              ElementsAre(AllOf(StartsWith("spec.evaluation.dataset: "), HasSubstr("x2"))));
  EXPECT_THAT(Check(spec, {.table = table, .evaluation_table = SyntheticTable(0, 3, 0)}),
              ElementsAre("spec.evaluation.dataset: has no rows"));
}

}  // namespace
}  // namespace descent::core
