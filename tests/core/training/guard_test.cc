#include "core/training/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::HasSubstr;

// Twice the rate that x^2/2 bears: each step doubles the distance, past the tolerated 1000 at step 8.
JobSpec TooFast() {
  JobSpec spec = FunctionSpec("bowl", "sgd", {{"learning_rate", 3}});
  spec.stopping = StoppingAfter(200);
  spec.stopping.SetNumber("divergence_objective", 1e6);
  spec.guard = Config(&GuardInfo());
  spec.guard.SetSteps("save_every", 5);
  return spec;
}

TEST(GuardTest, GoesBackAndOnWithASmallerRate) {
  const std::unique_ptr<Trainer> trainer = MakeTrainer(TooFast());
  std::vector<Advice> advice;
  StepBlock block;
  std::vector<double> rates;
  std::vector<double> losses;
  Trainer::Progress progress;
  do {
    progress = trainer->Advance(1000, &block);
    rates.insert(rates.end(), block.learning_rate.begin(), block.learning_rate.end());
    losses.insert(losses.end(), block.loss.begin(), block.loss.end());
    for (const Advice& more : progress.advice) {
      if (more.code == "ROLLED_BACK") advice.push_back(more);
    }
  } while (!progress.termination.has_value());
  EXPECT_EQ(progress.termination->reason, TerminationReason::kStepBudget);
  ASSERT_EQ(advice.size(), 1u);
  EXPECT_THAT(advice[0].message, HasSubstr("back to the state of step 5; the learning rate is 0.5"));
  // Loss 12.5 * 4^t passes 1e6 at step 9: that row is there, and the next is row 5 again.
  const auto bad = static_cast<size_t>(advice[0].step);
  EXPECT_EQ(bad, 9u);
  EXPECT_EQ(losses.size(), 201u);
  EXPECT_EQ(losses[bad + 1], losses[5]);
  EXPECT_EQ(rates[bad], 3);
  EXPECT_EQ(rates[bad + 1], 1.5);
  EXPECT_LT(progress.termination->objective, 1e-15);
}

TEST(GuardTest, EndsWhenNothingHelps) {
  JobSpec spec = TooFast();
  spec.optimizer.SetNumber("learning_rate", 1e6);
  const RunRecord run = RunToEnd(spec);
  EXPECT_EQ(run.termination->reason, TerminationReason::kDiverged);
  EXPECT_GT(run.steps.size(), 4u);
}

TEST(GuardTest, GoesOnBitForBitFromAnySnapshot) {
  JobSpec spec = TooFast();
  spec.optimizer = KindOf(Optimizers(), "sgd", {{"learning_rate", 3}, {"momentum", 0.3}});
  spec.stopping.SetInteger("max_steps", 40);
  const RunRecord whole = RunToEnd(spec);
  for (int64_t step = 0; step <= 40; step += 3) {
    const std::unique_ptr<Trainer> first = MakeTrainer(spec);
    StepBlock block;
    while (first->step() < step) first->Advance(step - first->step(), &block);
    const std::unique_ptr<Trainer> second = MakeTrainer(spec);
    ASSERT_EQ(second->Restore(first->Snapshot()), absl::OkStatus());
    const RunRecord rest = RunToEnd(second.get());
    EXPECT_EQ(rest.last.values, whole.last.values) << step;
  }
}

}  // namespace
}  // namespace descent::core
