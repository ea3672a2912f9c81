#include "core/training/predictor.h"

#include <cmath>
#include <cstdint>

#include "core/training/problem.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<Predictor> MakePredictor(const JobSpec& spec, const TrainingData& data) {
  absl::StatusOr<std::unique_ptr<Predictor>> predictor = Predictor::Create(Resolve(spec, data), data);
  EXPECT_EQ(predictor.status(), absl::OkStatus());
  return *std::move(predictor);
}

// What the trainer measured is what the predictor measures, bit for bit.
TEST(PredictorTest, EvaluatesLikeTheTrainer) {
  const TrainingData data = {.table = SyntheticTable(1000, 4, 3), .evaluation_table = nullptr};
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    JobSpec spec = DatasetSpec("softmax", "adam", {{"learning_rate", 0.05}});
    Standardize(&spec);
    spec.precision = precision;
    spec.batch = BatchOf("mini_batch", 64);
    spec.stopping = StoppingAfter(50);
    spec.evaluation = EvaluationEvery(10, 0.3);
    const RunRecord run = RunToEnd(spec, data);
    const std::unique_ptr<Predictor> predictor = MakePredictor(spec, data);
    const EvaluationPoint& last = run.evaluations.back();
    EXPECT_TRUE(*predictor->EvaluatePart(run.last.values, DataPart::kTraining) == last.training);
    EXPECT_TRUE(*predictor->EvaluatePart(run.last.values, DataPart::kHeldOut) == *last.held_out);
    EXPECT_TRUE(predictor->has_held_out());
    EXPECT_EQ(predictor->Evaluate(run.last.values, *data.table)->rows, 1000);
  }
}

TEST(PredictorTest, LinearPredictsInUnitsOfTheTarget) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {1, 2, 3, 4}, ColumnRole::kFeature, table.get());
  AddColumn("y", {3, 5, 7, 9}, ColumnRole::kTarget, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.4}});
  Standardize(&spec);
  const RunRecord run = RunToEnd(spec, data);
  const std::unique_ptr<Predictor> predictor = MakePredictor(spec, data);
  Table rows;
  AddColumn("x", {10, -1}, ColumnRole::kFeature, &rows);
  const absl::StatusOr<Predictions> predictions = predictor->Predict(run.last.values, rows);
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  EXPECT_NEAR(predictions->values[0], 21, 1e-9);
  EXPECT_NEAR(predictions->values[1], -1, 1e-9);
  // y = 2x + 1 before scaling.
  const std::vector<double> original = *predictor->InOriginalUnits(run.last.values);
  EXPECT_NEAR(original[0], 2, 1e-9);
  EXPECT_NEAR(original[1], 1, 1e-9);
  EXPECT_EQ(predictor->EvaluatePart(run.last.values, DataPart::kHeldOut).status().code(),
            absl::StatusCode::kInvalidArgument);
  AddColumn("z", {1}, ColumnRole::kFeature, &rows);
  Table unlike;
  AddColumn("w", {1}, ColumnRole::kFeature, &unlike);
  EXPECT_EQ(GetErrorInfo(predictor->Predict(run.last.values, unlike).status()).reason, ErrorReason::kInvalidData);
}

TEST(PredictorTest, ProbabilitiesAreStable) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {0, 1}, ColumnRole::kFeature, table.get());
  AddTexts("y", {"no", "yes"}, ColumnRole::kTarget, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  Table rows;
  AddColumn("x", {0, 1, -1000, 1000}, ColumnRole::kFeature, &rows);
  const std::unique_ptr<Predictor> logistic = MakePredictor(DatasetSpec("logistic", "sgd", {}), data);
  EXPECT_THAT(logistic->classes(), ElementsAre("no", "yes"));
  const Predictions binary = *logistic->Predict({1, 0}, rows);
  EXPECT_THAT(binary.classes, ElementsAre(1, 1, 0, 1));
  const double p = 1 / (1 + std::exp(-1.0));
  EXPECT_THAT(binary.probabilities, ElementsAre(0.5, 0.5, DoubleEq(1 - p), DoubleEq(p), 1, 0, 0, 1));

  const std::unique_ptr<Predictor> softmax = MakePredictor(DatasetSpec("softmax", "sgd", {}), data);
  const Predictions two = *softmax->Predict({0, 1, 0, 0}, rows);
  EXPECT_THAT(two.classes, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(two.probabilities, ElementsAre(0.5, 0.5, DoubleEq(1 - p), DoubleEq(p), 1, 0, 0, 1));
}

TEST(PredictorTest, MarginsGiveClassesWithoutProbabilities) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {0, 1}, ColumnRole::kFeature, table.get());
  AddTexts("y", {"no", "yes"}, ColumnRole::kTarget, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  for (const auto& [model, loss] : {std::pair("logistic", "hinge"), std::pair("softmax", "multiclass_hinge")}) {
    JobSpec spec = DatasetSpec(model, "sgd", {});
    spec.dataset->loss = KindOf(Losses(), loss);
    const std::vector<double> parameters =
        absl::string_view(model) == "logistic" ? std::vector<double>{2, -1} : std::vector<double>{0, 2, 0, -1};
    const Predictions predictions = *MakePredictor(spec, data)->Predict(parameters, *table);
    EXPECT_THAT(predictions.classes, ElementsAre(0, 1));
    EXPECT_TRUE(predictions.probabilities.empty());
  }
}

// Under a log link the model is on a log scale, predictions and their metrics on that of the targets.
TEST(PredictorTest, CountsArePredictedAsMeans) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {0, 1, 2}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 2, 4}, ColumnRole::kTarget, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.05}});
  spec.dataset->loss = KindOf(Losses(), "poisson");
  spec.stopping = StoppingAfter(4000);
  spec.evaluation = EvaluationEvery(4000);
  const RunRecord run = RunToEnd(spec, data);
  EXPECT_NEAR(run.last.values[0], std::log(2.0), 1e-8);
  EXPECT_NEAR(run.last.values[1], 0, 1e-8);
  const std::unique_ptr<Predictor> predictor = MakePredictor(spec, data);
  const Predictions predictions = *predictor->Predict(run.last.values, *table);
  EXPECT_THAT(predictions.values, testing::Pointwise(testing::DoubleNear(1e-7), {1.0, 2.0, 4.0}));
  const Evaluation evaluation = *predictor->Evaluate(run.last.values, *table);
  EXPECT_EQ(evaluation, run.evaluations.back().training);
  EXPECT_LT(evaluation.metrics[0].value, 1e-14) << evaluation.metrics[0].name;
}

TEST(PredictorTest, OriginalUnitsOfSoftmaxGiveTheSameOutputs) {
  const auto table = ReadExample("iris", true);
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("softmax", "sgd", {{"learning_rate", 0.1}});
  const std::unique_ptr<Predictor> plain = MakePredictor(spec, data);
  Standardize(&spec);
  spec.stopping = StoppingAfter(50);
  const RunRecord run = RunToEnd(spec, data);
  const std::unique_ptr<Predictor> scaled = MakePredictor(spec, data);
  const std::vector<double> original = *scaled->InOriginalUnits(run.last.values);
  const Predictions expected = *scaled->Predict(run.last.values, *table);
  const Predictions actual = *plain->Predict(original, *table);
  for (size_t i = 0; i < expected.probabilities.size(); ++i) {
    EXPECT_NEAR(actual.probabilities[i], expected.probabilities[i], 1e-12);
  }
}

TEST(PredictorTest, OriginalUnitsNeedALinearModelAndABiasForShifts) {
  const TrainingData data = {.table = SyntheticTable(20, 2, 0), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  spec.dataset->model.SetBoolean("bias", false);
  EXPECT_TRUE(MakePredictor(spec, data)->InOriginalUnits({1, 2}).ok());
  Standardize(&spec);
  const absl::Status shifted = MakePredictor(spec, data)->InOriginalUnits({1, 2}).status();
  EXPECT_EQ(GetErrorInfo(shifted).violations[0].field, "original_units");
  EXPECT_THAT(std::string(shifted.message()), HasSubstr("bias"));
  JobSpec mlp = DatasetSpec("mlp", "sgd", {});
  mlp.dataset->model.SetIntegers("hidden_sizes", {1});
  const absl::Status layers = MakePredictor(mlp, data)->InOriginalUnits({1, 2, 3, 4, 5}).status();
  EXPECT_EQ(GetErrorInfo(layers).reason, ErrorReason::kInvalidField);
}

}  // namespace
}  // namespace descent::core
