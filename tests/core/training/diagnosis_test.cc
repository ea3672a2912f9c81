// What runs have come to where they end. Every place here is known.
#include "core/training/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/losses/loss.h"
#include "core/training/stopping.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

JobSpec From(absl::string_view function, std::vector<double> start, double rate, int64_t steps,
             absl::string_view optimizer = "sgd") {
  JobSpec spec = FunctionSpec(function, optimizer, {{"learning_rate", rate}});
  spec.initializer = Config(&FindInitializer("given")->kind);
  spec.initializer.SetNumbers("values", std::move(start));
  spec.stopping = StoppingAfter(steps);
  return spec;
}

JobSpec WithTolerance(JobSpec spec, double tolerance) {
  if (spec.stopping.info() == nullptr) spec.stopping = StoppingAfter(1000);
  spec.stopping.SetNumber("gradient_tolerance", tolerance);
  return spec;
}

// Fixed-step descent on x^2 sin(y) from (1, -1) locks into a cycle at |x| = sqrt(10 pi) whose objective is 0 and whose
// gradient is not: a flat loss is not convergence.
TEST(DiagnosisTest, ACycleOfTwoPoints) {
  const RunRecord run = RunToEnd(WithTolerance(From("trough", {1, -1}, 0.1, 2000), 1e-6));
  ASSERT_EQ(run.termination->reason, TerminationReason::kLimitCycle);
  EXPECT_EQ(run.termination->diagnosis->verdict, Verdict::kLimitCycle);
  EXPECT_EQ(run.termination->diagnosis->period, 2);
  EXPECT_NEAR(run.termination->diagnosis->diameter, M_PI, 1e-6);
  EXPECT_NEAR(std::abs(run.last.values[0]), 5.604991216397929, 1e-9);
  EXPECT_NEAR(run.termination->objective, 0, 1e-9);
  EXPECT_NEAR(run.termination->gradient_norm, 10 * M_PI, 1e-9);
  EXPECT_THAT(run.termination->message, HasSubstr("Limit cycle of 2 points"));
}

TEST(DiagnosisTest, TheLookAheadChangesNothing) {
  // The run that is diagnosed and one that stops elsewhere have the same rows, and the same end state.
  const JobSpec spec = From("trough", {1, -1}, 0.1, 500);
  const RunRecord run = RunToEnd(spec);
  const RunRecord longer = RunToEnd(From("trough", {1, -1}, 0.1, 501));
  for (size_t row = 0; row <= 500; ++row) ASSERT_EQ(run.objective(row), longer.objective(row)) << row;
  ASSERT_EQ(longer.parameters.size(), run.parameters.size() + 2);
  EXPECT_TRUE(std::equal(run.parameters.begin(), run.parameters.end(), longer.parameters.begin()));
  EXPECT_EQ(run.last.step, 500);
  EXPECT_EQ(run.last.values, (std::vector<double>(run.parameters.end() - 2, run.parameters.end())));
}

// Mean absolute error in one weight: the slope keeps its size however close the minimum is, so a fixed rate steps over
// it for ever.
TEST(DiagnosisTest, MeanAbsoluteErrorWithAFixedRate) {
  auto table = std::make_shared<Table>();
  AddColumn("x", {1, 2, 3, 4, 5}, ColumnRole::kFeature, table.get());
  AddColumn("y", {2.1, 3.9, 6.2, 8.1, 9.8}, ColumnRole::kTarget, table.get());
  for (const double rate : {0.01, 0.03, 0.07}) {
    JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", rate}});
    spec.dataset->model.SetBoolean("bias", false);
    spec.dataset->loss = Config(&FindLoss("absolute")->kind);
    spec.stopping = StoppingAfter(1000);
    const RunRecord run = RunToEnd(spec, {.table = table, .evaluation_table = nullptr});
    EXPECT_EQ(run.termination->reason, TerminationReason::kLimitCycle) << rate << run.termination->message;
  }
}

TEST(DiagnosisTest, ASaddleIsNotConvergence) {
  for (const JobSpec& spec : {WithTolerance(From("saddle", {1, 0}, 0.1, 1000), 1e-8), From("saddle", {1, 0}, 0.1, 1000),
                              WithTolerance(From("saddle", {0, 0}, 0.1, 10), 0)}) {
    const RunRecord run = RunToEnd(spec);
    ASSERT_EQ(run.termination->reason, TerminationReason::kStationary);
    EXPECT_EQ(run.termination->diagnosis->verdict, Verdict::kSaddle);
    EXPECT_NEAR(run.termination->diagnosis->smallest_eigenvalue, -1, 1e-12);
    EXPECT_NEAR(run.termination->diagnosis->largest_eigenvalue, 1, 1e-12);
    EXPECT_THAT(run.termination->message, EndsWith("Stationary: saddle, smallest eigenvalue -1; perturb the start."));
  }
}

// The same surface written as a formula: its second derivatives are exact, too. One with a kink has none.
TEST(DiagnosisTest, FormulasAreJudgedLikeFunctions) {
  JobSpec spec = WithTolerance(FunctionSpec("bowl", "sgd", {{"learning_rate", 0.1}}), 1e-8);
  spec.function.reset();
  spec.formula.emplace();
  spec.formula->expression = "x^2/2 - y^2/2 + y^4/4";
  spec.formula->parameters = {{"x", 1}, {"y", 0}};
  const RunRecord run = RunToEnd(spec);
  ASSERT_EQ(run.termination->reason, TerminationReason::kStationary);
  EXPECT_EQ(run.termination->diagnosis->verdict, Verdict::kSaddle);
  EXPECT_NEAR(run.termination->diagnosis->smallest_eigenvalue, -1, 1e-12);
  spec.formula->expression = "x^2 + y^2 + abs(x - 5)*0";
  EXPECT_FALSE(RunToEnd(spec).termination->diagnosis.has_value());
}

TEST(DiagnosisTest, AMinimumHasACertificate) {
  const RunRecord run = RunToEnd(WithTolerance(From("himmelblau", {0, 0}, 0.01, 5000), 1e-10));
  ASSERT_EQ(run.termination->reason, TerminationReason::kConverged);
  EXPECT_EQ(run.termination->diagnosis->verdict, Verdict::kMinimum);
  // At (3, 2) the Hessian is [[74, 20], [20, 34]]: 54 -+ sqrt(800).
  EXPECT_NEAR(run.termination->diagnosis->smallest_eigenvalue, 54 - std::sqrt(800.0), 1e-8);
  EXPECT_NEAR(run.termination->diagnosis->largest_eigenvalue, 54 + std::sqrt(800.0), 1e-8);
  EXPECT_LT(run.termination->diagnosis->newton_distance, 1e-11);
}

TEST(DiagnosisTest, APlateauIsNotConvergence) {
  const RunRecord run = RunToEnd(WithTolerance(From("plateau", {4, 4}, 0.1, 1000), 1e-5));
  ASSERT_EQ(run.termination->reason, TerminationReason::kStationary);
  EXPECT_EQ(run.termination->diagnosis->verdict, Verdict::kPlateau);
}

TEST(DiagnosisTest, ARunThatStillDescendsHasNoDiagnosis) {
  for (const absl::string_view optimizer : {"sgd", "adam"}) {
    const RunRecord run = RunToEnd(From("rosenbrock", {-1.2, 1}, 1e-3, 300, optimizer));
    EXPECT_EQ(run.termination->reason, TerminationReason::kStepBudget) << run.termination->message;
    EXPECT_FALSE(run.termination->diagnosis.has_value());
  }
  // Zigzag across a ravine that shrinks by half a percent a step is no cycle: 2/25 would be one.
  EXPECT_EQ(RunToEnd(From("ravine", {10, 1}, 0.0798, 200)).termination->reason, TerminationReason::kStepBudget);
  EXPECT_EQ(RunToEnd(From("ravine", {10, 1}, 0.08, 4000)).termination->reason, TerminationReason::kLimitCycle);
}

TEST(DiagnosisTest, FallingWithoutEnd) {
  const StoppingRules rules(Resolve(From("trough", {1, -1}, 0.1, 100)), 0);
  StoppingState state;
  rules.Observe({.step = 0, .objective = -5}, nullptr, &state);
  EXPECT_EQ(rules.Check(state, {.step = 1, .objective = -4e12, .gradient_norm = 1}, nullptr), std::nullopt);
  EXPECT_EQ(rules.Check(state, {.step = 1, .objective = -6e12, .gradient_norm = 1}, nullptr),
            TerminationReason::kUnbounded);
  Termination termination;
  termination.reason = TerminationReason::kUnbounded;
  EXPECT_FALSE(termination.succeeded());
}

}  // namespace
}  // namespace descent::core
