// Where a kind has a trap: its path by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::Pointwise;

// Some parameters under one optimizer, from 0.
template <typename T = double>
class Walk {
 public:
  explicit Walk(const Config& config, size_t size = 1) : parameters_(size) {
    ParameterLayout layout;
    layout.Add("x", {static_cast<int64_t>(size)}, TensorRole::kVariable);
    optimizer_ = MakeOptimizer<T>(config, layout);
  }

  // The parameters after one more update.
  std::vector<T> Take(const std::vector<T>& gradient, double rate) {
    optimizer_->Step({.step = step_++, .learning_rate = rate, .gradient = gradient}, absl::MakeSpan(parameters_));
    return parameters_;
  }
  // One parameter's path.
  std::vector<T> Path(const std::vector<T>& gradients, double rate) {
    std::vector<T> path;
    for (const T gradient : gradients) path.push_back(Take({gradient}, rate)[0]);
    return path;
  }
  Optimizer<T>& optimizer() { return *optimizer_; }

 private:
  std::vector<T> parameters_;
  std::unique_ptr<Optimizer<T>> optimizer_;
  int64_t step_ = 0;
};

Config Preset(const OptimizerInfo& info, absl::string_view preset) {
  Config config(&info.kind);
  config.SetPreset(preset);
  return config;
}

std::string Refusal(const Config& config) {
  Violations violations;
  config.Validate("spec.optimizer", &violations);
  return violations.empty() ? "" : absl::StrCat(violations.list()[0].field, ": ", violations.list()[0].description);
}

TEST(RpropTest, AFlipHalvesTheStepAndRestsOnce) {
  // Steps 1, 2, 1 (flip, no move), 1 (nothing to agree with), 2, 4.
  Config config(&kRprop.kind);
  config.SetNumber("increase", 2);
  EXPECT_THAT(Walk(config).Path({5, 1, -3, -1, -1, -2}, 1), ElementsAre(-1, -3, -3, -2, 0, 4));
}

TEST(RpropTest, TheRateSeedsTheStepsAndNoMore) {
  Config config(&kRprop.kind);
  config.SetNumber("increase", 2);
  config.SetNumber("maximum_step", 4);
  Walk walk(config);
  // Gradients whose product is 0 in double still agree.
  EXPECT_THAT(walk.Take({1e-300}, 1), ElementsAre(-1));
  EXPECT_THAT(walk.Take({1e-300}, 100), ElementsAre(-3));
  EXPECT_THAT(walk.Take({1e-300}, 1e-3), ElementsAre(-7));
  EXPECT_THAT(walk.Take({1e-300}, 1), ElementsAre(-11));
}

TEST(RpropTest, TheSmallestStepIsAtMostTheLargest) {
  Config config(&kRprop.kind);
  config.SetNumber("minimum_step", 60);
  EXPECT_EQ(Refusal(config), "spec.optimizer.minimum_step: must be <= maximum_step, which is 50, was 60");
}

// With a constant gradient of 1 both moments, corrected, are 1: a step is the rate, and once rectified r times that.
TEST(RadamTest, RectifiesFromTheSixthStep) {
  const double longest = 1999;
  const double power = std::pow(0.999, 6);
  const double length = longest - 12 * power / (1 - power);
  const double r = std::sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
  EXPECT_LT(r, 0.03);
  for (const absl::string_view preset : {"torch", "optax"}) {
    const std::vector<double> path = Walk(Preset(kRadam, preset)).Path({1, 1, 1, 1, 1, 1}, 0.5);
    EXPECT_THAT(path, Pointwise(DoubleNear(1e-7), {-0.5, -1.0, -1.5, -2.0, -2.5, -2.5 - 0.5 * r})) << preset;
  }
  // The paper's bound of 4 is passed one step earlier.
  const std::vector<double> path = Walk(Preset(kRadam, "paper")).Path({1, 1, 1, 1, 1}, 0.5);
  EXPECT_NEAR(path[3], -2, 1e-12);
  EXPECT_GT(path[4], -2.01);
}

TEST(AsgdTest, TheAnswerIsTheAverageFromItsStart) {
  // x = -1, -2, ...; a = x while the share is 1, then -3 + (-4+3)/2 and -3.5 + (-5+3.5)/3.
  Config config(&kAsgd.kind);
  config.SetNumber("lambda", 0);
  config.SetInteger("average_start", 1);
  Walk walk(config);
  std::vector<double> answers;
  for (int i = 0; i < 5; ++i) {
    walk.Take({1}, 1);
    answers.push_back(walk.optimizer().Answer()[0]);
  }
  EXPECT_THAT(answers, ElementsAre(-1, -2, -3, -3.5, -4));
}

TEST(AsgdTest, TheRateFallsWithTheStepAndTakesItsSchedule) {
  // Rates 1, 1/(1 + 1/2), 1/(1 + 1): x = -1, then (1 - 1/3)*-1 - 2/3, then at half the rate (1 - 1/8)*-4/3 - 1/4.
  Config config(&kAsgd.kind);
  config.SetNumber("learning_rate", 1);
  config.SetNumber("lambda", 0.5);
  config.SetNumber("alpha", 1);
  Walk walk(config);
  EXPECT_THAT(walk.Take({1}, 1), ElementsAre(-1));
  EXPECT_THAT(walk.Take({1}, 1), Pointwise(DoubleNear(1e-15), {-4.0 / 3}));
  EXPECT_THAT(walk.Take({1}, 0.5), Pointwise(DoubleNear(1e-15), {-7.0 / 6 - 0.25}));
}

TEST(NadamTest, TheProductOfMomentaIsKeptInDouble) {
  Walk<float> walk((Config(&kNadam.kind)));
  double product = 1;
  for (int t = 1; t <= 50; ++t) {
    walk.Take({1}, 0.01);
    product *= 0.9 * (1 - 0.5 * std::pow(0.96, t * 4e-3));
  }
  ASSERT_EQ(walk.optimizer().Numbers().size(), 1u);
  EXPECT_DOUBLE_EQ(walk.optimizer().Numbers()[0][0], product);
}

TEST(AdamaxTest, NothingDividedByNothingIsNothing) {
  for (const absl::string_view placement : {"inside_maximum", "denominator"}) {
    Config config = Preset(kAdamax, "paper");
    config.SetChoice("epsilon_placement", placement);
    EXPECT_EQ(config.number("epsilon"), 0);
    EXPECT_THAT(Walk(config).Path({0, 2, 0}, 1), Each(testing::Truly([](double x) { return std::isfinite(x); })));
    EXPECT_THAT(Walk(config).Path({0, 0}, 1), ElementsAre(0, 0));
  }
}

TEST(AmsgradTest, TheMaximumIsOfEitherMoment) {
  // Gradients 1 and 0 with beta1 = 0: the step at t = 2 is 0, at t = 3 with gradient 1 it tells the two apart.
  Config config(&kAmsgrad.kind);
  config.SetNumber("beta1", 0);
  config.SetNumber("beta2", 0.5);
  config.SetNumber("epsilon", 1e-300);
  // v = 1/2, 1/4, 5/8: the largest is 5/8, corrected 5/8/(7/8).
  EXPECT_THAT(Walk(config).Path({1, 0, 1}, 1), Pointwise(DoubleNear(1e-15), {-1.0, -1.0, -1 - std::sqrt(7.0 / 5)}));
  // v corrected = 1, 1/3, 5/7: the largest is 1.
  config.SetChoice("maximum_of", "corrected");
  EXPECT_THAT(Walk(config).Path({1, 0, 1}, 1), ElementsAre(-1, -1, -2));
  config.SetChoice("epsilon_placement", "uncorrected");
  EXPECT_EQ(Refusal(config),
            "spec.optimizer.epsilon_placement: cannot be uncorrected where maximum_of is corrected: no uncorrected "
            "root is left; use outside or inside");
}

TEST(NormalizedSgdTest, EveryStepHasTheLengthOfTheRate) {
  const Config config(&kNormalizedSgd.kind);
  EXPECT_THAT(Walk(config, 2).Take({3e-200, 4e-200}, 5), Pointwise(DoubleNear(1e-15), {-3.0, -4.0}));
  EXPECT_THAT(Walk<float>(config, 2).Take({3e38f, 3e38f}, 1), Each(testing::FloatEq(-std::sqrt(0.5f))));
  EXPECT_THAT(Walk(config, 2).Take({0, 0}, 5), Each(0));
}

TEST(SignTest, NoGradientIsNoStep) {
  EXPECT_THAT(Walk(Config(&kSignSgd.kind), 3).Take({1e-300, 0, -1e300}, 1), ElementsAre(-1, 0, 1));
  EXPECT_THAT(Walk(Config(&kLion.kind), 3).Take({1e-300, 0, -1e300}, 1), ElementsAre(-1, 0, 1));
}

TEST(PresetTest, OneThatAKindLacksIsRefusedByName) {
  EXPECT_EQ(Refusal(Preset(kLion, "torch")),
            "spec.optimizer.preset: lion has no preset torch; those it has: keras, optax, paper");
  EXPECT_EQ(Refusal(Preset(kRadam, "keras")),
            "spec.optimizer.preset: radam has no preset keras; those it has: torch, optax, paper");
}

}  // namespace
}  // namespace descent::core
