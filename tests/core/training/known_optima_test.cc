// Training on data whose optima are known from Newton's method in long double (features standardised by the population
// deviation, intercept free, mean loss + strength/2 * |w|^2).
#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

JobSpec BreastCancerSpec() {
  JobSpec spec = DatasetSpec("logistic", "sgd", {{"learning_rate", 0.3}});
  Standardize(&spec);
  AddL2(1.0 / 569, &spec);
  return spec;
}

// The target's positive class is benign.
TrainingData BreastCancer() {
  const auto table = ReadExample("breast_cancer", /*classes=*/true);
  table->schema.columns.back().positive_class = "benign";
  return {.table = table, .evaluation_table = nullptr};
}

TEST(KnownOptimaTest, BreastCancerGradientDescentFollowsItsPath) {
  JobSpec spec = BreastCancerSpec();
  spec.stopping = StoppingAfter(1000);
  const RunRecord run = RunToEnd(spec, BreastCancer());
  ASSERT_EQ(run.steps.size(), 1001u);
  EXPECT_NEAR(run.objective(0), .6931471806, 1e-10);
  EXPECT_NEAR(run.objective(1), .3261205536, 1e-10);
  EXPECT_NEAR(run.objective(10), .1528346761, 1e-10);
  EXPECT_NEAR(run.objective(100), .0818022450, 1e-10);
  EXPECT_NEAR(run.objective(1000), .0669371467, 1e-10);
  EXPECT_EQ(run.termination->reason, TerminationReason::kStepBudget);
}

TEST(KnownOptimaTest, BreastCancerReachesItsOptimum) {
  JobSpec spec = BreastCancerSpec();
  spec.optimizer = KindOf(Optimizers(), "sgd", {{"learning_rate", 1}, {"momentum", 0.95}});
  spec.stopping = StoppingAfter(100000);
  spec.stopping.SetNumber("gradient_tolerance", 1e-9);
  const RunRecord run = RunToEnd(spec, BreastCancer());
  EXPECT_EQ(run.termination->reason, TerminationReason::kConverged);
  EXPECT_NEAR(run.termination->objective, .066360186224738, 1e-12);
  EXPECT_NEAR(run.last.values.back(), .214502717402, 1e-6);  // the intercept
  const Evaluation& evaluation = run.evaluations.back().training;
  ASSERT_EQ(evaluation.metrics[0].name, "accuracy");
  EXPECT_EQ(evaluation.metrics[0].value, 562.0 / 569);
}

TEST(KnownOptimaTest, IrisSoftmaxReachesItsOptimum) {
  JobSpec spec = DatasetSpec("softmax", "sgd", {{"learning_rate", 1}, {"momentum", 0.95}});
  Standardize(&spec);
  AddL2(1.0 / 150, &spec);
  spec.stopping = StoppingAfter(100000);
  spec.stopping.SetNumber("gradient_tolerance", 1e-9);
  const RunRecord run = RunToEnd(spec, {.table = ReadExample("iris", true), .evaluation_table = nullptr});
  EXPECT_EQ(run.termination->reason, TerminationReason::kConverged);
  EXPECT_NEAR(run.termination->objective, .209191788405310, 1e-12);
}

TEST(KnownOptimaTest, DiabetesLeastSquares) {
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.05}, {"momentum", 0.98}});
  Standardize(&spec);
  spec.stopping = StoppingAfter(100000);
  spec.stopping.SetNumber("gradient_tolerance", 1e-8);
  const RunRecord run = RunToEnd(spec, {.table = ReadExample("diabetes", false), .evaluation_table = nullptr});
  EXPECT_EQ(run.termination->reason, TerminationReason::kConverged);
  EXPECT_NEAR(run.termination->loss, 2859.6963475867502, 1e-8);
  EXPECT_NEAR(run.last.values.back(), 152.133484162896, 1e-8);
  const Evaluation& evaluation = run.evaluations.back().training;
  EXPECT_EQ(evaluation.metrics[0].name, "mean_squared_error");
  EXPECT_NEAR(evaluation.metrics[0].value, evaluation.loss, 1e-9);
  EXPECT_EQ(evaluation.metrics[2].name, "r_squared");
  EXPECT_NEAR(evaluation.metrics[2].value, .51774842222035, 1e-12);
}

}  // namespace
}  // namespace descent::core
