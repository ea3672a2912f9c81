// What is easy to get wrong in single optimizers, by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/SVD>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/eigen.h"
#include "core/base/random.h"
#include "core/optimizers/kinds.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::Pointwise;

constexpr double kNear = 1e-7;  // where an epsilon of 1e-8 is left out of what is computed by hand

ParameterLayout OneTensor(std::vector<int64_t> shape) {
  ParameterLayout layout;
  layout.Add("weight", std::move(shape), TensorRole::kWeight);
  return layout;
}

// One tensor and its optimizer, moved with gradients and objectives that the test chooses.
class Walk {
 public:
  Walk(const Config& config, const ParameterLayout& layout, std::vector<double> start)
      : optimizer_(MakeOptimizer<double>(config, layout)), x_(std::move(start)) {}
  Walk(const Config& config, std::vector<double> start)
      : Walk(config, OneTensor({static_cast<int64_t>(start.size())}), start) {}

  const std::vector<double>& Step(double rate, const std::vector<double>& gradient, double objective = 1) {
    optimizer_->Step({.step = step_++, .learning_rate = rate, .objective = objective, .gradient = gradient},
                     absl::MakeSpan(x_));
    return x_;
  }
  std::vector<double> answer() const { return {optimizer_->Answer().begin(), optimizer_->Answer().end()}; }

 private:
  std::unique_ptr<Optimizer<double>> optimizer_;
  std::vector<double> x_;
  int64_t step_ = 0;
};

std::vector<double> Draws(size_t size) {
  const RandomStream random(3, "gradient");
  std::vector<double> values;
  for (size_t i = 0; i < size; ++i) values.push_back(random.Normal(i));
  return values;
}

TEST(LambTest, StepsAreAsLongAsAShareOfTheNorm) {
  // The direction of a first step is (1, 1); the tensor's norm is 5.
  const double step = 0.1 * 5 / std::sqrt(2.0);
  EXPECT_THAT(Walk(Config(&kLamb.kind), {3, 4}).Step(0.1, {1, 10}),
              ElementsAre(testing::DoubleNear(3 - step, 1e-5), testing::DoubleNear(4 - step, 1e-5)));
}

TEST(LambTest, RatioIsOneWhereANormIsZero) {
  Walk from_zero(Config(&kLamb.kind), {0});
  EXPECT_NEAR(from_zero.Step(0.1, {2})[0], -0.1, 1e-6);
  EXPECT_THAT(Walk(Config(&kLamb.kind), {3, 4}).Step(0.1, {0, 0}), ElementsAre(3, 4));
}

TEST(LarsTest, NormsAreCombinedOrSeparate) {
  Config config(&kLars.kind);
  config.SetNumber("momentum", 0);
  config.SetNumber("trust_coefficient", 0.5);
  config.SetNumber("weight_decay", 1);
  // Norm of x is 5, of the gradient 5, of gradient + x = (-1, 7) the root of 50.
  const double combined = 0.1 * 0.5 * 5 / std::sqrt(50.0);
  EXPECT_THAT(Walk(config, {3, 4}).Step(0.1, {-4, 3}),
              Pointwise(DoubleEq(), std::vector<double>{3 + combined, 4 - 7 * combined}));
  config.SetChoice("norm", "separate");
  const double separate = 0.1 * 0.5 * 5 / 10;
  EXPECT_THAT(Walk(config, {3, 4}).Step(0.1, {-4, 3}),
              Pointwise(DoubleEq(), std::vector<double>{3 + separate, 4 - 7 * separate}));
}

TEST(LarsTest, RatioIsOneWhereANormIsZero) {
  for (const absl::string_view norm : {"combined", "separate"}) {
    Config config(&kLars.kind);
    config.SetChoice("norm", norm);
    EXPECT_THAT(Walk(config, {0}).Step(0.5, {2}), ElementsAre(-1));
    EXPECT_THAT(Walk(config, {3, 4}).Step(0.5, {0, 0}), ElementsAre(3, 4));
  }
}

TEST(LarsTest, NesterovNeedsMomentum) {
  Config config(&kLars.kind);
  config.SetNumber("momentum", 0);
  config.SetBoolean("nesterov", true);
  Violations violations;
  config.Validate("spec.optimizer.lars", &violations);
  EXPECT_THAT(Lines(violations),
              ElementsAre("spec.optimizer.lars.nesterov: needs momentum > 0; set momentum, for instance to 0.9"));
}

Config PlainMuon() {
  Config config(&kMuon.kind);
  config.SetNumber("momentum", 0);
  config.SetNumber("weight_decay", 0);
  return config;
}

TEST(MuonTest, SingularValuesGoThroughThePolynomial) {
  // diag(3, 4) has norm 5 and singular values 3/5 and 4/5 after that.
  std::vector<double> values = {0.6, 0.8};
  for (double& s : values) {
    for (int i = 0; i < 5; ++i) s = 3.4445 * s - 4.775 * std::pow(s, 3) + 2.0315 * std::pow(s, 5);
  }
  Walk walk(PlainMuon(), OneTensor({2, 2}), {0, 0, 0, 0});
  const std::vector<double>& x = walk.Step(1, {3, 0, 0, 4});
  // The epsilon that the norm is divided by is 1e-7.
  EXPECT_NEAR(x[0], -values[0], 1e-6);
  EXPECT_NEAR(x[3], -values[1], 1e-6);
  EXPECT_EQ(x[1], 0);
  EXPECT_EQ(x[2], 0);
}

TEST(MuonTest, TallAndWideStepsAreNearlyOrthogonal) {
  const std::vector<double> gradient = Draws(40 * 7);
  std::vector<double> transposed(gradient.size());
  for (size_t i = 0; i < 40; ++i) {
    for (size_t j = 0; j < 7; ++j) transposed[j * 40 + i] = gradient[i * 7 + j];
  }
  const std::vector<double> zeros(gradient.size());
  const std::vector<double> tall = Walk(PlainMuon(), OneTensor({40, 7}), zeros).Step(1, gradient);
  const std::vector<double> wide = Walk(PlainMuon(), OneTensor({7, 40}), zeros).Step(1, transposed);
  const double factor = std::sqrt(40.0 / 7);
  for (size_t i = 0; i < 40; ++i) {
    for (size_t j = 0; j < 7; ++j) EXPECT_DOUBLE_EQ(tall[i * 7 + j], factor * wide[j * 40 + i]);
  }
  const ColumnVector<double> singular =
      Eigen::JacobiSVD<RowMajor<double>>(ConstMatrixView<double>(wide.data(), 7, 40)).singularValues();
  EXPECT_GT(singular.minCoeff(), 0.65);
  EXPECT_LT(singular.maxCoeff(), 1.25);
}

TEST(MuonTest, WhatIsNoMatrixGoesToAdamW) {
  ParameterLayout layout;
  layout.Add("bias", {3}, TensorRole::kBias);
  layout.Add("weight", {2, 2}, TensorRole::kWeight);
  layout.Add("row", {1, 3}, TensorRole::kWeight);
  Config adamw(&kAdamW.kind);
  adamw.SetNumber("beta2", 0.95);
  adamw.SetNumber("weight_decay", 0.1);
  Walk muon(Config(&kMuon.kind), layout, std::vector<double>(10, 1.0));
  Walk reference(adamw, layout, std::vector<double>(10, 1.0));
  for (int step = 0; step < 3; ++step) {
    const std::vector<double>& x = muon.Step(0.1, Draws(10));
    const std::vector<double>& expected = reference.Step(0.1, Draws(10));
    for (const size_t i : {0, 1, 2, 7, 8, 9}) EXPECT_EQ(x[i], expected[i]);
    for (const size_t i : {3, 4, 5, 6}) EXPECT_NE(x[i], expected[i]);
  }
}

TEST(MuonTest, NoGradientNoStep) {
  EXPECT_THAT(Walk(PlainMuon(), OneTensor({2, 2}), {1, 2, 3, 4}).Step(1, {0, 0, 0, 0}), ElementsAre(1, 2, 3, 4));
}

TEST(ScheduleFreeTest, AnswerIsTheAverage) {
  // Gradient y, beta 1/2, rate 1/2: z = 1/2, 1/4; x = 1/2, (1/2 + 1/4)/2; y between the two.
  Config config(&kScheduleFreeSgd.kind);
  config.SetNumber("beta", 0.5);
  Walk walk(config, {1});
  EXPECT_TRUE(walk.answer().empty());
  EXPECT_THAT(walk.Step(0, {1}), ElementsAre(1));  // no rate, no step and no weight
  EXPECT_TRUE(walk.answer().empty());
  EXPECT_THAT(walk.Step(0.5, {1}), ElementsAre(0.5));
  EXPECT_THAT(walk.answer(), ElementsAre(0.5));
  EXPECT_THAT(walk.Step(0.5, {0.5}), ElementsAre(0.3125));
  EXPECT_THAT(walk.answer(), ElementsAre(0.375));
  // A smaller rate has the weight of the largest: z = 0.25 - 0.25*0.3125, a third of the average.
  walk.Step(0.25, {0.3125});
  EXPECT_THAT(walk.answer(), ElementsAre(DoubleEq((0.5 + 0.25 + 0.171875) / 3)));
}

TEST(ScheduleFreeTest, ARunKeepsTheAverageAndGoesOnFromASnapshot) {
  for (const absl::string_view kind : {"schedule_free_sgd", "schedule_free_adamw"}) {
    JobSpec spec = FunctionSpec("ravine", kind, {{"learning_rate", 0.03}});
    spec.stopping = StoppingAfter(60);
    const RunRecord whole = RunToEnd(spec);
    EXPECT_NE(whole.kept.values, std::vector<double>(whole.parameters.end() - 2, whole.parameters.end()));
    const std::unique_ptr<Trainer> first = MakeTrainer(spec);
    StepBlock block;
    while (first->step() < 30) first->Advance(30 - first->step(), &block);
    const std::unique_ptr<Trainer> second = MakeTrainer(spec);
    ASSERT_EQ(second->Restore(first->Snapshot()), absl::OkStatus());
    const RunRecord rest = RunToEnd(second.get());
    EXPECT_TRUE(SameBits(rest.kept.values, whole.kept.values)) << kind;
    EXPECT_TRUE(SameBits(rest.best.values, whole.best.values)) << kind;
    EXPECT_TRUE(SameBits(rest.parameters, {whole.parameters.end() - 62, whole.parameters.end()})) << kind;
  }
}

TEST(ProdigyTest, StepsUseTheOldDistance) {
  Config config(&kProdigy.kind);
  for (const absl::string_view beta : {"beta1", "beta2"}) config.SetNumber(beta, 0);
  config.SetNumber("initial_d", 1);
  config.SetNumber("d_coefficient", 4);
  config.SetNumber("epsilon", 1e-12);
  Walk walk(config, {0});
  EXPECT_NEAR(walk.Step(1, {2})[0], -1, kNear);
  // r = 3 * (0 - -1), s = 3: d becomes 4 only after this step. Then r = 16 * (0 - -2), s = 16: 8.
  EXPECT_NEAR(walk.Step(1, {3})[0], -2, kNear);
  EXPECT_NEAR(walk.Step(1, {1})[0], -6, kNear);
  EXPECT_NEAR(walk.Step(1, {1})[0], -14, kNear);

  // The first growth is not bounded: it finds the scale.
  config.SetNumber("growth_rate", 1.5);
  Walk limited(config, {0});
  limited.Step(1, {2});
  limited.Step(1, {3});
  EXPECT_NEAR(limited.Step(1, {1})[0], -6, kNear);
  EXPECT_NEAR(limited.Step(1, {1})[0], -12, kNear);
}

TEST(ProdigyTest, EpsilonIsMultipliedByTheNewDistanceOrAsInThePaperByTheOld) {
  for (const bool paper : {false, true}) {
    Config config(&kProdigy.kind);
    if (paper) config.SetPreset("paper");
    for (const absl::string_view beta : {"beta1", "beta2"}) config.SetNumber(beta, 0);
    config.SetNumber("initial_d", 1);
    config.SetNumber("d_coefficient", 4);
    config.SetNumber("epsilon", 1);
    Walk walk(config, {0});
    EXPECT_NEAR(walk.Step(1, {1})[0], -0.5, kNear);
    // r = 1 * (0 - -0.5), s = 1: d becomes 2; m = 1, v = 1.
    EXPECT_NEAR(walk.Step(1, {1})[0], paper ? -1 : -0.5 - 1.0 / 3, kNear);
  }
}

TEST(ProdigyTest, NoGradientNoStep) {
  Walk walk(Config(&kProdigy.kind), {1, 2});
  EXPECT_THAT(walk.Step(1, {0, 0}), ElementsAre(1, 2));
}

TEST(PolyakTest, StepsFollowTheGapAndStopAtTheMinimum) {
  Config config(&kPolyak.kind);
  config.SetNumber("optimal_value", 2);
  // Gap 5 over squared norm 25; then the largest rate; then nothing to gain.
  EXPECT_THAT(Walk(config, {1, 1}).Step(10, {3, 4}, 7), Pointwise(DoubleEq(), std::vector<double>{0.4, 0.2}));
  EXPECT_THAT(Walk(config, {1, 1}).Step(0.125, {3, 4}, 7), ElementsAre(0.625, 0.5));
  EXPECT_THAT(Walk(config, {1, 1}).Step(10, {3, 4}, 2), ElementsAre(1, 1));
  EXPECT_THAT(Walk(config, {1, 1}).Step(10, {3, 4}, 1), ElementsAre(1, 1));
  EXPECT_THAT(Walk(config, {1, 1}).Step(10, {0, 0}, 7), ElementsAre(1, 1));
}

TEST(FtrlTest, L1GivesExactZeros) {
  Config config(&kFtrl.kind);
  config.SetNumber("l1", 1);
  config.SetNumber("initial_accumulator", 0);
  // z = 1/2 and -3; n = 1/4 and 9: x = 0, and (3 - 1) / (3 / 0.5).
  EXPECT_THAT(Walk(config, {0, 0}).Step(0.5, {0.5, -3}), ElementsAre(0, DoubleEq(1.0 / 3)));
}

TEST(FtrlTest, NoRateNoStep) {
  Walk walk(Config(&kFtrl.kind), {1, -1});
  EXPECT_THAT(walk.Step(0, {2, 3}), ElementsAre(1, -1));
}

}  // namespace
}  // namespace descent::core
