// Optimizers that go through the rows of a linear problem. The optima are those of tests/golden/linear_optima.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/optimizers/kinds.h"
#include "core/training/clipping.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<double> kRidge = {0.4947307640618588, -8.200383487003348, 21.05474130253029,  13.16541158807253,
                                    -1.881075612380868, -3.649301476368381, -8.927532278484898, 5.74484095952801,
                                    18.30894593789365,  4.810019669384109,  152.1334841628959};
const std::vector<double> kLasso = {
    0, -2.155407208297779, 24.21564461658665, 10.33149570026983, 0, 0, -7.027194975237999, 0, 21.22925483701413,
    0, 152.1334841628959};
const std::vector<double> kElasticNet = {
    0, -5.582601775544574, 22.22200961624774, 12.04028021883236, 0, -0.2977715129634891, -9.951840741148491,
    0, 19.69295036315880,  2.657114158290386, 152.1334841628959};
constexpr double kRidgeObjective = 3229.79284399701790;
constexpr double kLassoObjective = 3678.28743264969983;
constexpr double kElasticNetObjective = 3481.67222206134795;
constexpr double kLogisticObjective = 0.112641096789093726;

TrainingData Diabetes() { return {.table = ReadExample("diabetes", false), .evaluation_table = nullptr}; }

TrainingData BreastCancer() {
  const auto table = ReadExample("breast_cancer", /*classes=*/true);
  table->schema.columns.back().positive_class = "benign";
  return {.table = table, .evaluation_table = nullptr};
}

JobSpec SpecOf(absl::string_view model, absl::string_view optimizer, int64_t steps) {
  JobSpec spec = DatasetSpec(model, optimizer, {});
  Standardize(&spec);
  spec.stopping = StoppingAfter(steps);
  spec.evaluation = EvaluationEvery(steps);
  spec.record = RecordEvery(1000, 0);
  return spec;
}

void AddL1(double strength, bool proximal, JobSpec* spec) {
  spec->dataset->penalties.push_back(KindOf(Regularizers(), "l1", {{"strength", strength}}));
  spec->dataset->penalties.back().SetBoolean("proximal", proximal);
}

void ExpectAnswer(const RunRecord& run, double objective, const std::vector<double>& values, double tolerance) {
  EXPECT_NEAR(run.evaluations.back().objective, objective, tolerance * objective);
  ASSERT_EQ(run.last.values.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    // Zeros are exact.
    EXPECT_NEAR(run.last.values[i], values[i], tolerance * 1e3 * std::abs(values[i])) << i;
  }
}

std::vector<std::string> Check(const JobSpec& spec) {
  Violations violations;
  ValidateSpec(spec, "spec", &violations);
  return Lines(violations);
}

TEST(LinearRowsTest, StochasticKindsReachRidgeRegression) {
  for (const absl::string_view kind : {"sag", "saga", "svrg"}) {
    SCOPED_TRACE(kind);
    JobSpec spec = SpecOf("linear", kind, 442 * 300);
    AddL2(0.5, &spec);
    spec.batch = BatchOf("one_row");
    ExpectAnswer(RunToEnd(spec, Diabetes()), kRidgeObjective, kRidge, 1e-13);
  }
}

TEST(LinearRowsTest, StochasticKindsReachLogisticRegression) {
  for (const absl::string_view kind : {"sag", "saga", "svrg"}) {
    for (const Config& batch : {BatchOf("one_row"), BatchOf("mini_batch", 16, Shuffling::kWithReplacement)}) {
      SCOPED_TRACE(absl::StrCat(kind, " ", batch.name()));
      JobSpec spec = SpecOf("logistic", kind, 40000);
      spec.optimizer.SetNumber("learning_rate", 0.02);
      AddL2(1.0 / 64, &spec);
      spec.batch = batch;
      EXPECT_NEAR(RunToEnd(spec, BreastCancer()).evaluations.back().objective, kLogisticObjective, 1e-13);
    }
  }
}

TEST(LinearRowsTest, SagaWithAProximalStepFindsTheZerosOfTheLasso) {
  JobSpec spec = SpecOf("linear", "saga", 442 * 300);
  AddL1(10, /*proximal=*/true, &spec);
  spec.batch = BatchOf("one_row");
  ExpectAnswer(RunToEnd(spec, Diabetes()), kLassoObjective, kLasso, 1e-12);
}

TEST(LinearRowsTest, CoordinateDescentReachesRidgeLassoAndElasticNet) {
  JobSpec ridge = SpecOf("linear", "coordinate_descent", 1000);
  AddL2(0.5, &ridge);
  ExpectAnswer(RunToEnd(ridge, Diabetes()), kRidgeObjective, kRidge, 1e-14);
  JobSpec lasso = SpecOf("linear", "coordinate_descent", 1000);
  AddL1(10, /*proximal=*/false, &lasso);
  ExpectAnswer(RunToEnd(lasso, Diabetes()), kLassoObjective, kLasso, 1e-14);
  JobSpec both = SpecOf("linear", "coordinate_descent", 1000);
  // l1 = 5, l2 = 0.25.
  both.dataset->penalties.push_back(
      KindOf(Regularizers(), "elastic_net", {{"strength", 5.25}, {"l1_ratio", 5 / 5.25}}));
  ExpectAnswer(RunToEnd(both, Diabetes()), kElasticNetObjective, kElasticNet, 1e-14);
  // The same under half the loss and half the penalty.
  lasso.dataset->loss = Config(&FindLoss("half_squared")->kind);
  lasso.dataset->penalties[0].SetNumber("strength", 5);
  ExpectAnswer(RunToEnd(lasso, Diabetes()), kLassoObjective / 2, kLasso, 1e-14);
}

TEST(LinearRowsTest, CoordinateDescentNeverRises) {
  for (const double rate : {0.5, 1.0}) {
    JobSpec spec = SpecOf("linear", "coordinate_descent", 50);
    spec.optimizer.SetNumber("learning_rate", rate);
    spec.record = RecordEvery(1, 0);
    AddL1(10, /*proximal=*/false, &spec);
    const RunRecord run = RunToEnd(spec, Diabetes());
    for (size_t i = 1; i < run.steps.size(); ++i) {
      EXPECT_LE(run.objective(i), run.objective(i - 1) * (1 + 1e-14)) << rate << " " << i;
    }
  }
}

// Where every row was just seen, all three step along the whole gradient.
TEST(LinearRowsTest, WithAllRowsTheyAreGradientDescent) {
  const TrainingData data = {.table = SyntheticTable(60, 4, 2), .evaluation_table = nullptr};
  JobSpec plain = DatasetSpec("logistic", "sgd", {{"learning_rate", 0.5}});
  AddL2(0.1, &plain);
  plain.stopping = StoppingAfter(20);
  const std::vector<double> expected = RunToEnd(plain, data).last.values;
  for (const absl::string_view kind : {"sag", "saga", "svrg"}) {
    JobSpec spec = plain;
    spec.optimizer = KindOf(Optimizers(), kind, {{"learning_rate", 0.5}});
    const std::vector<double> values = RunToEnd(spec, data).last.values;
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-14) << kind;
  }
}

TEST(LinearRowsTest, AnyThreadsGiveTheSameBits) {
  const TrainingData data = {.table = SyntheticTable(600, 5, 0), .evaluation_table = nullptr};
  for (const absl::string_view kind : {"sag", "saga", "svrg", "coordinate_descent"}) {
    JobSpec spec = DatasetSpec("linear", kind, {});
    AddL2(0.1, &spec);
    spec.batch = kind == "coordinate_descent" ? BatchOf("full") : BatchOf("mini_batch", 300);
    spec.stopping = StoppingAfter(40);
    const RunRecord alone = RunToEnd(spec, data);
    for (const int64_t threads : {2, 3, 7}) {
      spec.execution = Config(&ExecutionInfo());
      spec.execution.SetInteger("threads", threads);
      ExpectSameRun(alone, RunToEnd(spec, data));
    }
  }
}

TEST(LinearRowsTest, DefaultRatesFollowFromTheRows) {
  const auto table = std::make_shared<Table>();
  AddColumn("a", {3, 0, 1}, ColumnRole::kFeature, table.get());
  AddColumn("b", {4, 1, 1}, ColumnRole::kFeature, table.get());
  AddColumn("y", {1, 2, 3}, ColumnRole::kTarget, table.get());
  const TrainingData data = {.table = table, .evaluation_table = nullptr};
  const auto rate = [&](absl::string_view kind, double l2) {
    JobSpec spec = DatasetSpec("linear", kind, {});
    spec.batch = BatchOf("one_row");
    if (l2 > 0) AddL2(l2, &spec);
    return Resolve(spec, data).optimizer.number("learning_rate");
  };
  EXPECT_EQ(rate("sag", 0), 1 / (16 * 52.0));
  EXPECT_EQ(rate("sag", 0.5), 1 / (16 * 52.5));
  EXPECT_EQ(rate("saga", 0.5), 1 / (105.0 + 3));
  EXPECT_EQ(rate("saga", 100), 1 / (304.0 + 152));
  EXPECT_EQ(rate("svrg", 0), 0.1 / 52);
  JobSpec spec = DatasetSpec("linear", "svrg", {{"learning_rate", 0.3}});
  spec.batch = BatchOf("mini_batch", 2);
  const JobSpec resolved = Resolve(spec, data);
  EXPECT_EQ(resolved.optimizer.number("learning_rate"), 0.3);
  EXPECT_EQ(resolved.optimizer.integer("inner_steps"), 4);
}

TEST(LinearRowsTest, OtherProblemsAreRefusedByTheirFields) {
  EXPECT_THAT(Check(FunctionSpec("bowl", "saga", {})),
              ElementsAre("spec.optimizer.saga: goes through the rows of a dataset, and a function has none; use "
                          "another optimizer"));
  EXPECT_THAT(Check(DatasetSpec("mlp", "sag", {})),
              ElementsAre("spec.problem.dataset.model.mlp: does not suit the optimizer sag, which is for models with "
                          "one linear output: linear, logistic; use one of these, or another optimizer"));
  JobSpec spec = DatasetSpec("logistic", "svrg", {});
  spec.dataset->loss = Config(&FindLoss("hinge")->kind);
  spec.clipping = Config(&ClippingInfo());
  spec.clipping.SetNumber("max_norm", 1);
  EXPECT_THAT(Check(spec), ElementsAre("spec.clipping: svrg does not step along the batch's gradient, which is what is "
                                       "clipped; leave it out or use another optimizer",
                                       "spec.problem.dataset.loss.hinge: does not suit the optimizer svrg, which is "
                                       "for smooth losses; use one of these, or another optimizer"));
  spec = DatasetSpec("linear", "saga", {});
  spec.dataset->loss = Config(&FindLoss("poisson")->kind);
  EXPECT_THAT(Check(spec), ElementsAre("spec.optimizer.saga.learning_rate: is required under the loss poisson, for "
                                       "whose second derivative no bound is known"));
  spec.optimizer.SetNumber("learning_rate", 0.1);
  EXPECT_THAT(Check(spec), IsEmpty());
  EXPECT_THAT(
      Check(DatasetSpec("logistic", "coordinate_descent", {})),
      ElementsAre("spec.problem.dataset.loss.logistic: does not suit the optimizer coordinate_descent, which is "
                  "for the losses squared, half_squared; use one of these, or another optimizer"));
  spec = DatasetSpec("linear", "coordinate_descent", {});
  AddL1(1, /*proximal=*/true, &spec);
  spec.batch = BatchOf("one_row");
  EXPECT_THAT(Check(spec),
              ElementsAre("spec.batch.one_row: does not fit the optimizer coordinate_descent, which goes along whole "
                          "columns and so needs all rows in every step; leave batch out, or use another optimizer",
                          "spec.problem.dataset.regularization.l1.proximal: coordinate_descent chooses the length of "
                          "its steps itself; leave it out or use another optimizer"));
}

}  // namespace
}  // namespace descent::core
