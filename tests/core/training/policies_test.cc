// What a spec can add to any optimizer: clipping, averages, parameter groups, accumulation, reduction of the rate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/training/averaging.h"
#include "core/training/clipping.h"
#include "core/training/gradient_norm.h"
#include "core/training/parameter_groups.h"
#include "core/training/problem.h"
#include "core/training/rate_reduction.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pointwise;

Config Average(absl::string_view kind, int64_t start) {
  for (const KindInfo* info : Averages()) {
    if (info->name != kind) continue;
    Config config(info);
    config.SetInteger("start", start);
    return config;
  }
  std::abort();
}

// Points x_1, x_2 ... of one parameter, and the average after each.
std::vector<double> AveragesOf(const Config& config, const std::vector<double>& points) {
  const Averager averager(config);
  AlignedVector<double> average;
  std::vector<double> averages;
  for (size_t i = 0; i < points.size(); ++i) {
    averager.Observe<double>(static_cast<int64_t>(i) + 1, {points[i]}, &average);
    averages.push_back(average.empty() ? NAN : average[0]);
  }
  return averages;
}

TEST(AveragerTest, EmaIsTheDebiasedAverage) {
  Config config = Average("ema", 1);
  config.SetNumber("decay", 0.75);
  const std::vector<double> points = {4, 8, -2, 6};
  // The textbook form: m = d*m + (1-d)*x, divided by 1 - d^n.
  std::vector<double> expected;
  double moment = 0;
  for (size_t n = 1; n <= points.size(); ++n) {
    moment = 0.75 * moment + 0.25 * points[n - 1];
    expected.push_back(moment / (1 - std::pow(0.75, static_cast<double>(n))));
  }
  EXPECT_THAT(AveragesOf(config, points), Pointwise(DoubleNear(1e-14), expected));
}

TEST(AveragerTest, SwaAndPolyakAreMeans) {
  Config swa = Average("swa", 2);
  swa.SetInteger("every", 2);
  EXPECT_THAT(AveragesOf(swa, {9, 1, 9, 3, 9, 5}), testing::ElementsAre(testing::IsNan(), 1, 1, 2, 2, 3));
  EXPECT_THAT(AveragesOf(Average("polyak", 3), {9, 9, 1, 2, 6}),
              ElementsAre(testing::IsNan(), testing::IsNan(), 1, 1.5, 3));
}

TEST(ClippingTest, ValueThenNorm) {
  Config config(&ClippingInfo());
  config.SetNumber("max_value", 3);
  config.SetNumber("max_norm", 2.5);
  std::vector<double> gradient = {30, -4, 0};
  Clipping(config).Clip<double>(GradientNorm<double>(gradient), absl::MakeSpan(gradient));
  const double scale = 2.5 / std::sqrt(18.0);
  EXPECT_THAT(gradient, Pointwise(DoubleNear(1e-15), std::vector<double>{3 * scale, -3 * scale, 0}));
  // Within the limits nothing changes, not even by a rounding.
  std::vector<double> small = {0.1, 0.3, -0.7};
  const std::vector<double> before = small;
  Clipping(config).Clip<double>(GradientNorm<double>(small), absl::MakeSpan(small));
  EXPECT_EQ(small, before);
}

TEST(RateReductionTest, ReducesAfterPatience) {
  Config config(&ReduceOnPlateauInfo());
  config.SetInteger("patience", 2);
  config.SetInteger("cooldown", 1);
  config.SetNumber("minimum_factor", 0.05);
  const RateReduction reduction(config);
  RateReductionState state;
  std::vector<double> factors;
  // The first improves, as does the third; .99999 is too little. The third bad one reduces; the one after it, while
  // cooling down, does not count.
  for (const double value : {1.0, 1.0, 0.9, 0.99999 * 0.9, 0.95, 0.9, 0.9, 0.9, 0.9, 0.9}) {
    reduction.Observe(value, &state);
    factors.push_back(state.factor);
  }
  EXPECT_THAT(factors, ElementsAre(1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.05));
}

TEST(RateReductionTest, WorksBelowZero) {
  // With best*(1 - threshold) a value that is worse would count as better.
  Config config(&ReduceOnPlateauInfo());
  config.SetInteger("patience", 0);
  config.SetNumber("threshold", 0.1);
  RateReductionState state;
  RateReduction(config).Observe(-1, &state);
  RateReduction(config).Observe(-0.95, &state);
  EXPECT_EQ(state.factor, 0.1);
}

// f = x^2/2 + 25 y^2/2 from a start of (1, 1).
JobSpec RavineSpec(absl::string_view optimizer = "sgd") {
  JobSpec spec = FunctionSpec("ravine", optimizer, {{"learning_rate", 0.01}});
  spec.initializer = Config(&FindInitializer("given")->kind);
  spec.initializer.SetNumbers("values", {1, 1});
  return spec;
}

Config Group(absl::string_view tensors) {
  Config group(&ParameterGroupInfo());
  group.SetText("tensors", tensors);
  return group;
}

TEST(ParameterGroupsTest, PatternsMatchAsWritten) {
  const std::vector<Config> groups = {Group("layers.?.bias"), Group("*.weight"), Group("*")};
  EXPECT_EQ(GroupOf(groups, "layers.0.bias"), 0);
  EXPECT_EQ(GroupOf(groups, "layers.10.bias"), 2);
  EXPECT_EQ(GroupOf(groups, "layers.10.weight"), 1);
  EXPECT_EQ(GroupOf({groups.data(), 2}, "bias"), -1);
}

TEST(ParameterGroupsTest, RateFactorAndFrozen) {
  JobSpec spec = RavineSpec();
  spec.parameter_groups = {Group("y"), Group("x")};
  spec.parameter_groups[0].SetBoolean("frozen", true);
  spec.parameter_groups[1].SetNumber("learning_rate_factor", 10);
  spec.stopping = StoppingAfter(3);
  EXPECT_THAT(RunToEnd(spec).last.values, ElementsAre(DoubleNear(std::pow(1 - 0.1, 3), 1e-15), 1));
}

TEST(ParameterGroupsTest, OneGroupOfAllIsNoGroupAtAll) {
  for (const OptimizerInfo* info : Optimizers()) {
    if (info->whole_vector) continue;
    JobSpec spec = RavineSpec(info->kind.name);
    spec.stopping = StoppingAfter(20);
    const std::vector<double> plain = RunToEnd(spec).last.values;
    spec.parameter_groups = {Group("*")};
    EXPECT_EQ(RunToEnd(spec).last.values, plain) << info->kind.name;
  }
}

// Also where the optimizer has a decay of its own that goes by the rate.
TEST(ParameterGroupsTest, AFactorIsAnotherRate) {
  for (const absl::string_view kind : {"sgd", "asgd", "rprop"}) {
    JobSpec spec = FunctionSpec("ravine", kind, {{"learning_rate", 0.02}});
    if (kind == "asgd") spec.optimizer.SetNumber("lambda", 0.5);
    spec.stopping = StoppingAfter(20);
    spec.parameter_groups = {Group("*")};
    spec.parameter_groups[0].SetNumber("learning_rate_factor", 0.25);
    const RunRecord grouped = RunToEnd(spec);
    spec.parameter_groups.clear();
    spec.optimizer.SetNumber("learning_rate", 0.005);
    EXPECT_TRUE(SameBits(grouped.last.values, RunToEnd(spec).last.values)) << kind;
  }
}

TEST(ParameterGroupsTest, APatternWithoutATensorIsRefused) {
  Violations violations;
  CheckGroupsMatch({Group("x"), Group("z*")}, FunctionLayout("ravine"), "spec", &violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].field, "spec.parameter_groups[1].tensors");
  EXPECT_THAT(violations.list()[0].description, HasSubstr("those there are: x, y"));
}

TEST(AveragingTest, TheAnswerIsTheAverage) {
  JobSpec spec = RavineSpec();
  spec.averaging = Average("polyak", 1);
  spec.stopping = StoppingAfter(3);
  const std::unique_ptr<Trainer> trainer = MakeTrainer(spec);
  const RunRecord run = RunToEnd(trainer.get());
  const double x = (0.99 + 0.99 * 0.99 + 0.99 * 0.99 * 0.99) / 3;
  const double y = (0.75 + 0.75 * 0.75 + 0.75 * 0.75 * 0.75) / 3;
  for (const ParameterVector& answer : {trainer->last(), trainer->kept(), trainer->best()}) {
    EXPECT_THAT(answer.values, ElementsAre(DoubleNear(x, 1e-15), DoubleNear(y, 1e-15)));
  }
  // Evaluated there, too; the row is that of the last point.
  EXPECT_NEAR(run.evaluations.back().objective, 0.5 * (x * x + 25 * y * y), 1e-15);
  EXPECT_NEAR(run.loss(3), 0.5 * (std::pow(0.99, 6) + 25 * std::pow(0.75, 6)), 1e-15);
  const absl::StatusOr<SnapshotParameters> stored = ReadSnapshotParameters(trainer->Snapshot());
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->last.values, trainer->last().values);
}

TEST(AccumulationTest, SumsOfBatchesAreOneBatch) {
  JobSpec spec = DatasetSpec("logistic", "sgd", {});
  JobSpec other = spec;
  spec.batch = BatchOf("mini_batch", 8);
  spec.batch.SetInteger("accumulation_steps", 4);
  other.batch = BatchOf("mini_batch", 32);
  EXPECT_EQ(BatchShapeOf(spec, 569).size, 32);
  EXPECT_EQ(StepsPerEpoch(spec, 569), StepsPerEpoch(other, 569));
  EXPECT_EQ(BatchShapeOf(spec, 20).size, 20);
}

}  // namespace
}  // namespace descent::core
