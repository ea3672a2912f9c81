#include "core/training/duality_gap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

// A conjugate is the least upper bound of slope*z - loss(z): found here by trying.
TEST(ConjugateTest, IsTheSupremum) {
  for (const LossInfo* info : Losses()) {
    if (info->conjugate == nullptr) continue;
    const Config config(&info->kind);
    const std::unique_ptr<Loss<double>> loss = MakeLoss<double>(config);
    const std::vector<double> targets =
        info->task == Task::kBinary ? std::vector<double>{0, 1} : std::vector<double>{0.5, 2};
    for (const double target : targets) {
      for (double z = -3; z <= 3; z += 0.37) {
        // At the slope of a point the supremum is there (Fenchel and Young hold with equality) ...
        double slope = 0;
        const double value = loss->Evaluate(1, 1, &z, &target, nullptr, &slope);
        const double conjugate = info->conjugate(config, target, slope);
        EXPECT_NEAR(slope * z - value, conjugate, 1e-12 * (1 + std::abs(conjugate))) << info->kind.name;
        // ... and no other point has more.
        for (double other = -5; other <= 5; other += 0.5) {
          EXPECT_LE(slope * other - loss->Evaluate(1, 1, &other, &target, nullptr, nullptr), conjugate + 1e-12)
              << info->kind.name << " at " << z << " and " << other;
        }
      }
    }
  }
}

struct Fit {
  std::string dataset, model, loss;
  Config penalty;
  double momentum;
};

std::vector<Fit> Fits() {
  const auto l2 = KindOf(Regularizers(), "l2", {{"strength", 1.0 / 569}});
  const auto net = KindOf(Regularizers(), "elastic_net", {{"strength", 0.5}});
  Config proximal = net;
  proximal.SetBoolean("proximal", true);
  return {{"breast_cancer", "logistic", "logistic", l2, 0.9},
          {"diabetes", "linear", "squared", KindOf(Regularizers(), "l2", {{"strength", 0.1}}), 0.9},
          {"diabetes", "linear", "squared", proximal, 0}};
}

// The gap bounds the true distance from the optimum all along a run, and falls to almost nothing with it.
TEST(DualityGapTest, BoundsTheDistanceFromTheOptimum) {
  for (const Fit& fit : Fits()) {
    const bool classes = fit.model == "logistic";
    const TrainingData data = {.table = ReadExample(fit.dataset, classes), .evaluation_table = nullptr};
    JobSpec spec = DatasetSpec(fit.model, "sgd", {{"learning_rate", 0.1}, {"momentum", fit.momentum}});
    Standardize(&spec);
    spec.dataset->loss = KindOf(Losses(), fit.loss);
    spec.dataset->penalties = {fit.penalty};
    spec.stopping = StoppingAfter(20000);
    const double optimum = RunToEnd(spec, data).termination->objective;
    double last = 0;
    for (const int64_t steps : {1, 10, 100, 1000, 5000}) {
      spec.stopping = StoppingAfter(steps);
      const Termination end = *RunToEnd(spec, data).termination;
      ASSERT_TRUE(end.duality_gap.has_value()) << fit.dataset;
      EXPECT_GE(*end.duality_gap, end.objective - optimum - 1e-12 * optimum) << fit.dataset << " " << steps;
      last = *end.duality_gap;
    }
    EXPECT_LE(last, 1e-9 * (1 + optimum)) << fit.dataset;
  }
}

TEST(DualityGapTest, LassoIsBoundedByShrinking) {
  const TrainingData data = {.table = ReadExample("diabetes", false), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.1}});
  Standardize(&spec);
  spec.dataset->penalties = {KindOf(Regularizers(), "l1", {{"strength", 5}})};
  spec.dataset->penalties[0].SetBoolean("proximal", true);
  spec.stopping = StoppingAfter(5000);
  const Termination end = *RunToEnd(spec, data).termination;
  ASSERT_TRUE(end.duality_gap.has_value());
  EXPECT_LE(*end.duality_gap, 1e-9 * end.objective);
}

TEST(DualityGapTest, NothingIsSaidWithoutAPenalty) {
  const TrainingData data = {.table = ReadExample("diabetes", false), .evaluation_table = nullptr};
  JobSpec spec = DatasetSpec("linear", "sgd", {{"learning_rate", 0.1}});
  Standardize(&spec);
  spec.stopping = StoppingAfter(10);
  EXPECT_FALSE(RunToEnd(spec, data).termination->duality_gap.has_value());
}

}  // namespace
}  // namespace descent::core
