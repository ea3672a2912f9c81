// Weights of rows and classes: a row of weight k counts as k rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/training/class_weights.h"
#include "core/training/predictor.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A table with a column of weights, and one in which each row stands as often as its weight says.
struct Pair {
  TrainingData weighted;
  TrainingData repeated;
};

Pair MakePair(int64_t classes) {
  const std::shared_ptr<Table> table = SyntheticTable(300, 3, classes);
  auto weighted = std::make_shared<Table>(*table);
  std::vector<double> weights;
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < table->row_count; ++row) {
    const int64_t weight = row % 4;
    weights.push_back(static_cast<double>(weight));
    rows.insert(rows.end(), static_cast<size_t>(weight), row);
  }
  AddColumn("w", weights, ColumnRole::kWeight, weighted.get());
  auto repeated = std::make_shared<Table>();
  repeated->schema = table->schema;
  repeated->row_count = static_cast<int64_t>(rows.size());
  for (const Column& column : table->columns) {
    Column& to = repeated->columns.emplace_back();
    for (const int64_t row : rows) {
      if (!column.numbers.empty()) to.numbers.push_back(column.numbers[static_cast<size_t>(row)]);
      if (!column.codes.empty()) to.codes.push_back(column.codes[static_cast<size_t>(row)]);
    }
  }
  return {{.table = weighted, .evaluation_table = nullptr}, {.table = repeated, .evaluation_table = nullptr}};
}

void ExpectSameMathematics(const RunRecord& a, const RunRecord& b) {
  ASSERT_EQ(a.values.size(), b.values.size());
  for (size_t i = 0; i < a.values.size(); ++i)
    ASSERT_NEAR(a.values[i], b.values[i], 1e-10 * (1 + std::abs(b.values[i])));
  for (size_t i = 0; i < a.last.values.size(); ++i) EXPECT_NEAR(a.last.values[i], b.last.values[i], 1e-9);
  EXPECT_NEAR(a.evaluations.back().training.loss, b.evaluations.back().training.loss, 1e-10);
  ASSERT_EQ(a.termination->duality_gap.has_value(), b.termination->duality_gap.has_value());
  if (a.termination->duality_gap.has_value()) {
    EXPECT_NEAR(*a.termination->duality_gap, *b.termination->duality_gap, 1e-9);
  }
}

// Gradients, Hessian products, sweeps over columns, and a network.
TEST(WeightsTest, CountAsRepeatedRows) {
  const Pair numbers = MakePair(0);
  const Pair two = MakePair(2);
  const Pair three = MakePair(3);
  struct Case {
    const Pair& data;
    std::string model, optimizer;
  };
  for (const Case& c : std::vector<Case>{{numbers, "linear", "sgd"},
                                         {numbers, "linear", "coordinate_descent"},
                                         {numbers, "linear", "levenberg_marquardt"},
                                         {two, "logistic", "sgd"},
                                         {two, "logistic", "newton_cg"},
                                         {three, "softmax", "lbfgs"},
                                         {three, "mlp", "adam"}}) {
    SCOPED_TRACE(c.model + " " + c.optimizer);
    JobSpec spec = DatasetSpec(c.model, c.optimizer, {});
    if (c.model == "mlp") spec.dataset->loss = Config(&FindLoss("cross_entropy")->kind);
    AddL2(0.01, &spec);
    spec.stopping = StoppingAfter(20);
    ExpectSameMathematics(RunToEnd(spec, c.data.weighted), RunToEnd(spec, c.data.repeated));
  }
}

// Row by row the order differs, so the optima are compared.
TEST(WeightsTest, RowKindsFindTheWeightedOptimum) {
  const Pair data = MakePair(2);
  JobSpec reference = DatasetSpec("logistic", "newton_cg", {});
  AddL2(0.05, &reference);
  reference.stopping = StoppingAfter(30);
  const std::vector<double> optimum = RunToEnd(reference, data.repeated).last.values;
  for (const std::string optimizer : {"sag", "saga", "svrg"}) {
    JobSpec spec = reference;
    spec.optimizer = KindOf(Optimizers(), optimizer);
    spec.batch = BatchOf("one_row");
    spec.stopping = StoppingAfter(60000);
    spec.record = RecordEvery(10000, 0);
    const std::vector<double> found = RunToEnd(spec, data.weighted).last.values;
    for (size_t i = 0; i < optimum.size(); ++i) EXPECT_NEAR(found[i], optimum[i], 1e-8) << optimizer;
  }
}

// A batch is divided by its rows times the mean weight of all, so that batches estimate the whole without bias: one row
// at a time, the mean of the gradients is that of all rows. Rows of weight 0 are not trained on.
TEST(WeightsTest, BatchesEstimateTheWholeWithoutBias) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {1, 2, 3, 4}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 0, 2, 5}, ColumnRole::kTarget, table.get());
  AddColumn("w", {1, 3, 2, 0}, ColumnRole::kWeight, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 1e-300}});
  spec.batch = BatchOf("one_row", 0, Shuffling::kNone);
  spec.stopping = StoppingAfter(3);
  const RunRecord run = RunToEnd(spec, data);
  EXPECT_DOUBLE_EQ(run.loss(0), 0.5) << "1*1 over the mean weight, 2";
  EXPECT_DOUBLE_EQ(run.loss(1), 0);
  EXPECT_DOUBLE_EQ(run.loss(2), 4) << "2*4/2";
  EXPECT_DOUBLE_EQ(run.loss(3), 0.5) << "the next epoch: the row of weight 0 is left out";
  EXPECT_DOUBLE_EQ(run.evaluations[0].training.loss, (0.5 + 0 + 4) / 3);
  EXPECT_EQ(run.evaluations[0].training.rows, 3);
}

// So plain gradient descent, one row at a time, comes near the weighted optimum, whose weights differ a hundredfold.
TEST(WeightsTest, OneRowAtATimeGoesToTheWeightedOptimum) {
  const std::shared_ptr<Table> table = SyntheticTable(400, 2, 0);
  std::vector<double> weights;
  for (const double y : table->columns.back().numbers) weights.push_back(y > 0 ? 100 : 1);
  AddColumn("w", weights, ColumnRole::kWeight, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "newton_cg", {});
  spec.stopping = StoppingAfter(20);
  const std::vector<double> optimum = RunToEnd(spec, data).last.values;
  spec.optimizer = KindOf(Optimizers(), "sgd", {{"learning_rate", 0.05}});
  spec.batch = BatchOf("one_row");
  spec.schedule = KindOf(Schedules(), "linear");
  spec.stopping = StoppingAfter(40000);
  spec.record = RecordEvery(10000, 0);
  const std::vector<double> found = RunToEnd(spec, data).last.values;
  for (size_t i = 0; i < optimum.size(); ++i) EXPECT_NEAR(found[i], optimum[i], 0.02);
}

// Weights count by their ratios, however large or small, in any precision.
TEST(WeightsTest, CountByTheirRatios) {
  const std::shared_ptr<Table> table = SyntheticTable(100, 2, 0);
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    std::vector<std::vector<double>> answers;
    for (const double scale : {1.0, 1e-300, 1e307}) {
      auto weighted = std::make_shared<Table>(*table);
      std::vector<double> weights;
      for (int i = 0; i < 100; ++i) weights.push_back(scale * (1 + i % 3));
      AddColumn("w", weights, ColumnRole::kWeight, weighted.get());
      JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.1}});
      spec.precision = precision;
      spec.batch = BatchOf("mini_batch", 10);
      spec.stopping = StoppingAfter(50);
      answers.push_back(RunToEnd(spec, {.table = weighted, .evaluation_table = nullptr}).last.values);
    }
    for (size_t i = 0; i < answers[0].size(); ++i) {
      EXPECT_NEAR(answers[1][i], answers[0][i], 1e-6);
      EXPECT_NEAR(answers[2][i], answers[0][i], 1e-6);
    }
  }
}

TEST(WeightsTest, ClassWeightsAreWeightsOfTheirRows) {
  const std::shared_ptr<Table> table = SyntheticTable(300, 3, 3);
  auto weighted = std::make_shared<Table>(*table);
  const std::vector<int32_t>& codes = table->columns.back().codes;
  std::vector<double> counts(3, 0), by_hand, balanced;
  for (const int32_t code : codes) counts[static_cast<size_t>(code)] += 1;
  for (const int32_t code : codes) {
    by_hand.push_back(code == 1 ? 2.5 : 1);
    balanced.push_back(300 / (3 * counts[static_cast<size_t>(code)]));
  }
  JobSpec spec = DatasetSpec("softmax", "sgd", {{"learning_rate", 0.1}});
  spec.stopping = StoppingAfter(50);
  const auto expect_same = [&](const ClassWeights& classes, const std::vector<double>& weights) {
    JobSpec with_classes = spec;
    with_classes.dataset->class_weights = classes;
    const RunRecord a = RunToEnd(with_classes, {.table = table, .evaluation_table = nullptr});
    AddColumn("w", weights, ColumnRole::kWeight, weighted.get());
    const RunRecord b = RunToEnd(spec, {.table = weighted, .evaluation_table = nullptr});
    EXPECT_EQ(a.last.values, b.last.values);
    EXPECT_EQ(a.evaluations.back().training, b.evaluations.back().training);
    weighted->schema.columns.pop_back();
    weighted->columns.pop_back();
  };
  expect_same({.balanced = false, .weights = {{"class1", 2.5}}}, by_hand);
  expect_same({.balanced = true, .weights = {}}, balanced);
}

// Held-out rows and rows that are asked for later count by their weights too, in any precision.
TEST(WeightsTest, CountInEvaluations) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {1, 2, 3, 4}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 0, 0, 5}, ColumnRole::kTarget, table.get());
  AddColumn("w", {1, 3, 0, 4}, ColumnRole::kWeight, table.get());
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    JobSpec spec = DatasetSpec("linear", "sgd", {});
    spec.precision = precision;
    spec.stopping = StoppingAfter(0);
    spec.evaluation = Config(&EvaluationInfo());
    spec.evaluation.SetText("dataset", "test");
    const TrainingData data = {.table = table, .evaluation_table = table};
    const RunRecord run = RunToEnd(spec, data);
    EXPECT_EQ(run.evaluations[0].training.rows, 3) << "the row of weight 0 is not trained on";
    EXPECT_EQ(run.evaluations[0].training.loss, (1 + 4 * 25) / 8.0);
    EXPECT_EQ(run.evaluations[0].held_out->loss, (1 + 4 * 25) / 8.0);
    const auto predictor = Predictor::Create(Resolve(spec, data), data);
    ASSERT_TRUE(predictor.ok());
    EXPECT_EQ((*predictor)->Evaluate({0, 0}, *table)->loss, (1 + 4 * 25) / 8.0);
  }
}

// A fit of a formula counts them as well: an outlier of weight 0 does not count.
TEST(WeightsTest, CountInFormulas) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {0, 1, 2, 3}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 3, 100, 7}, ColumnRole::kTarget, table.get());
  AddColumn("w", {1, 2, 0, 1}, ColumnRole::kWeight, table.get());
  for (const std::string optimizer : {"levenberg_marquardt", "newton_cg"}) {
    JobSpec spec = FunctionSpec("bowl", optimizer, {});
    spec.function.reset();
    spec.formula.emplace();
    spec.formula->expression = "y ~ a*x + b";
    spec.formula->dataset = "test";
    spec.formula->parameters = {{"a", 0}, {"b", 0}};
    spec.stopping = StoppingAfter(20);
    const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
    EXPECT_NEAR(run.last.values[0], 2, 1e-9) << optimizer;
    EXPECT_NEAR(run.last.values[1], 1, 1e-9) << optimizer;
  }
}

std::string Refusal(const JobSpec& spec, const TrainingData& data) {
  Violations violations;
  ValidateSpec(spec, "spec", &violations);
  if (violations.empty()) PrepareProblem(spec, data, "spec", &violations);
  return std::string(violations.ToStatus().message());
}

TEST(WeightsTest, RefusesWeightsThatCannotBe) {
  JobSpec spec = DatasetSpec("linear", "sgd", {});
  const auto with = [&spec](std::vector<double> weights) {
    auto table = std::make_shared<Table>();
    AddColumn("x", {1, 2}, ColumnRole::kFeature, table.get());
    AddColumn("y", {1, 0}, ColumnRole::kTarget, table.get());
    AddColumn("w", std::move(weights), ColumnRole::kWeight, table.get());
    return Refusal(spec, {.table = table, .evaluation_table = nullptr});
  };
  EXPECT_EQ(with({0, 1}), "");
  EXPECT_THAT(with({1, -0.5}), HasSubstr("weight column \"w\" is -0.5 in line 2; weights must be 0 or more"));
  EXPECT_THAT(with({0, 0}), HasSubstr("the weights of 2 rows are all 0, class weights included; some row must count"));
  spec.evaluation = EvaluationEvery(1, 0.5);
  EXPECT_THAT(with({0, 1}), HasSubstr("the weights of 1 row are all 0")) << "one of the two parts";
  EXPECT_THAT(with({1, std::nan("")}), HasSubstr("1 row has a missing value (line 2)"));
  const TrainingData classes = {.table = SyntheticTable(50, 2, 2), .evaluation_table = nullptr};
  const auto with_classes = [&](absl::string_view model, const ClassWeights& weights) {
    JobSpec classifier = DatasetSpec(model, "sgd", {});
    classifier.dataset->class_weights = weights;
    return Refusal(classifier, classes);
  };
  EXPECT_THAT(with_classes("linear", {.balanced = true, .weights = {}}), HasSubstr("class_weights: is for classes"));
  EXPECT_THAT(with_classes("logistic", {}), HasSubstr("class_weights: must have either"));
  EXPECT_THAT(with_classes("logistic", {.balanced = true, .weights = {{"class0", 1}}}),
              HasSubstr("class_weights: must have either"));
  EXPECT_THAT(with_classes("logistic", {.balanced = false, .weights = {{"class0", -1}}}),
              HasSubstr("class_weights.weights[\"class0\"]: must be finite and 0 or more, was -1"));
  EXPECT_THAT(with_classes("logistic", {.balanced = false, .weights = {{"clas0", 1}}}),
              HasSubstr("is no class of the target \"y\"; did you mean \"class0\"?"));
  EXPECT_THAT(with_classes("logistic", {.balanced = false, .weights = {{"class0", 0}, {"class1", 0}}}),
              HasSubstr("some class must count"));
}

// Several targets are fitted together: the loss of a row is the mean over its targets.
TEST(TargetsTest, AreSeparateRegressionsAtOnce) {
  const std::shared_ptr<Table> first = SyntheticTable(200, 4, 0);
  auto both = std::make_shared<Table>(*first);
  auto second = std::make_shared<Table>(*first);
  std::vector<double> z;
  for (const double x : first->columns[1].numbers) z.push_back(std::sin(x) + 2);
  AddColumn("z", z, ColumnRole::kTarget, both.get());
  second->columns.back().numbers = z;
  const auto fit = [](const std::shared_ptr<Table>& table) {
    JobSpec spec = DatasetSpec("linear", "lbfgs", {});
    spec.stopping = StoppingAfter(200);
    return RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
  };
  const RunRecord together = fit(both);
  const RunRecord alone1 = fit(first);
  const RunRecord alone2 = fit(second);
  const std::unique_ptr<Trainer> trainer =
      MakeTrainer(DatasetSpec("linear", "lbfgs", {}), {.table = both, .evaluation_table = nullptr});
  EXPECT_THAT(trainer->layout().tensors[0].shape, ElementsAre(2, 4));
  EXPECT_THAT(trainer->layout().tensors[1].shape, ElementsAre(2));
  const double mean = (alone1.termination->loss + alone2.termination->loss) / 2;
  EXPECT_NEAR(together.termination->loss, mean, 1e-12);
  for (size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(together.last.values[j], alone1.last.values[j], 1e-7);
    EXPECT_NEAR(together.last.values[4 + j], alone2.last.values[j], 1e-7);
  }
  const std::vector<Metric>& metrics = together.evaluations.back().training.metrics;
  EXPECT_NEAR(metrics[0].value, mean, 1e-12);
  EXPECT_NEAR(
      metrics[2].value,
      (alone1.evaluations.back().training.metrics[2].value + alone2.evaluations.back().training.metrics[2].value) / 2,
      1e-9);
}

TEST(TargetsTest, ArePredictedRowByRow) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {0, 1, 2}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 3, 5}, ColumnRole::kTarget, table.get());
  AddColumn("z", {0, -1, -2}, ColumnRole::kTarget, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  const JobSpec spec = Resolve(DatasetSpec("linear", "sgd", {}), data);
  const auto predictor = Predictor::Create(spec, data);
  ASSERT_TRUE(predictor.ok());
  EXPECT_THAT((*predictor)->targets(), ElementsAre("y", "z"));
  const auto predictions = (*predictor)->Predict({2, -1, 1, 0}, *table);
  ASSERT_TRUE(predictions.ok());
  EXPECT_THAT(predictions->values, ElementsAre(1, 0, 3, -1, 5, -2));
}

TEST(TargetsTest, ClassifiersAndRowKindsTakeOne) {
  const std::shared_ptr<Table> table = SyntheticTable(50, 2, 2);
  table->schema.columns[0].role = ColumnRole::kTarget;
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  EXPECT_THAT(Refusal(DatasetSpec("logistic", "sgd", {}), data), HasSubstr("is a target besides \"x0\""));
  const std::shared_ptr<Table> numbers = SyntheticTable(50, 3, 0);
  numbers->schema.columns[0].role = ColumnRole::kTarget;
  EXPECT_THAT(Refusal(DatasetSpec("linear", "coordinate_descent", {}), {.table = numbers, .evaluation_table = nullptr}),
              HasSubstr("spec.optimizer.coordinate_descent: is for one target, and the dataset has 2"));
}

}  // namespace
}  // namespace descent::core
