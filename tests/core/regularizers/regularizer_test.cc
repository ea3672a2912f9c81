#include "core/regularizers/regularizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "core/regularizers/kinds.h"

namespace descent::core {
namespace {

using testing::ElementsAre;

Config Penalty(const RegularizerInfo& info, double strength, bool include_bias) {
  Config config(&info.kind);
  config.SetNumber("strength", strength);
  config.SetBoolean("include_bias", include_bias);
  return config;
}

ParameterLayout Layout() {
  ParameterLayout layout;
  layout.Add("layers.0.weight", {2, 2}, TensorRole::kWeight);
  layout.Add("layers.0.bias", {2}, TensorRole::kBias);
  layout.Add("layers.1.weight", {2}, TensorRole::kWeight);
  return layout;
}

const std::vector<double> kParameters = {1, -2, 0, 4, 5, -6, -7, 8};

TEST(RegularizerTest, ValuesByHand) {
  const std::vector<double>& w = kParameters;
  EXPECT_EQ(EvaluatePenalties<double>({Penalty(kL1Penalty, 0.5, false)}, Layout(), w, {}), 0.5 * 22);
  EXPECT_EQ(EvaluatePenalties<double>({Penalty(kL1Penalty, 0.5, true)}, Layout(), w, {}), 0.5 * 33);
  EXPECT_EQ(EvaluatePenalties<double>({Penalty(kL2Penalty, 0.5, false)}, Layout(), w, {}), 0.25 * 134);
  EXPECT_EQ(EvaluatePenalties<double>({Penalty(kL2Penalty, 0.5, true)}, Layout(), w, {}), 0.25 * 195);
  EXPECT_EQ(EvaluatePenalties<double>({}, Layout(), w, {}), 0);
}

Config ElasticNet(double strength, double l1_ratio) {
  Config config = Penalty(kElasticNetPenalty, strength, false);
  config.SetNumber("l1_ratio", l1_ratio);
  return config;
}

Config Proximal(Config config) {
  config.SetBoolean("proximal", true);
  return config;
}

TEST(RegularizerTest, ElasticNetIsItsParts) {
  const std::vector<double>& w = kParameters;
  EXPECT_DOUBLE_EQ(EvaluatePenalties<double>({ElasticNet(0.5, 0.25)}, Layout(), w, {}),
                   0.5 * (0.25 * 22 + 0.75 / 2 * 134));
  for (const auto& [ratio, other] : {std::pair(1.0, &kL1Penalty), std::pair(0.0, &kL2Penalty)}) {
    std::vector<double> gradient(8);
    std::vector<double> expected(8);
    EXPECT_EQ(EvaluatePenalties<double>({ElasticNet(0.5, ratio)}, Layout(), w, absl::MakeSpan(gradient)),
              EvaluatePenalties<double>({Penalty(*other, 0.5, false)}, Layout(), w, absl::MakeSpan(expected)));
    EXPECT_EQ(gradient, expected);
  }
}

TEST(RegularizerTest, ProximalStepsShrinkToExactZeros) {
  std::vector<double> w = {1, -2, 0, 0.25, 5, -6, -0.5, 8};
  ApplyProximal<double>({Proximal(Penalty(kL1Penalty, 5, false))}, Layout(), 0.1, {}, absl::MakeSpan(w));
  EXPECT_THAT(w, ElementsAre(0.5, -1.5, 0, 0, 5, -6, 0, 7.5));
  for (const double value : {w[2], w[3], w[6]}) EXPECT_FALSE(std::signbit(value));
  std::vector<float> w32 = {1, -2, 0, 0.25f, 5, -6, -0.5f, 8};
  ApplyProximal<float>({Proximal(ElasticNet(10, 0.5))}, Layout(), 0.1, {}, absl::MakeSpan(w32));
  EXPECT_THAT(w32, ElementsAre(0.5f, -1.5f, 0, 0, 5, -6, 0, 7.5f));
  std::vector<double> untouched = kParameters;
  ApplyProximal<double>({Penalty(kL1Penalty, 5, false), Penalty(kL2Penalty, 5, false)}, Layout(), 0.1, {},
                        absl::MakeSpan(untouched));
  EXPECT_EQ(untouched, kParameters);
  // A tensor with a rate of its own, and one that is not updated.
  w = kParameters;
  const std::vector<Config> penalty = {Proximal(Penalty(kL1Penalty, 5, false))};
  ApplyProximal<double>(penalty, Layout(), 0.1, {2, 1, 0}, absl::MakeSpan(w));
  EXPECT_THAT(w, ElementsAre(0, -1, 0, 3, 5, -6, -7, 8));
  EXPECT_TRUE(AskForProximal(penalty));
  EXPECT_FALSE(AskForProximal({Penalty(kL1Penalty, 5, false)}));
  EXPECT_TRUE(HaveKinks({Penalty(kL1Penalty, 5, false)}));
  EXPECT_FALSE(HaveKinks({Penalty(kL2Penalty, 5, false)}));
}

// The step minimises (v - w)^2/(2 rate) + strength*|v|: no point of a fine grid is below it.
TEST(RegularizerTest, TheProximalStepIsTheMinimiser) {
  const double rate = 0.3;
  const double strength = 0.7;
  for (const double w : {-2.0, -0.21, -0.1, 0.0, 0.05, 0.22, 3.0}) {
    ParameterLayout layout;
    layout.Add("weight", {1}, TensorRole::kWeight);
    std::vector<double> v = {w};
    ApplyProximal<double>({Proximal(Penalty(kL1Penalty, strength, false))}, layout, rate, {}, absl::MakeSpan(v));
    const auto cost = [&](double x) { return (x - w) * (x - w) / (2 * rate) + strength * std::abs(x); };
    for (int i = -3000; i <= 3000; ++i) EXPECT_LE(cost(v[0]), cost(i * 1e-3) + 1e-15);
  }
}

TEST(RegularizerTest, AProximalPenaltyCountsButHasNoGradientOfItsKink) {
  std::vector<double> gradient(8);
  EXPECT_EQ(EvaluatePenalties<double>({Proximal(Penalty(kL1Penalty, 0.5, false))}, Layout(), kParameters,
                                      absl::MakeSpan(gradient)),
            0.5 * 22);
  EXPECT_THAT(gradient, testing::Each(0));
  EXPECT_DOUBLE_EQ(
      EvaluatePenalties<double>({Proximal(ElasticNet(2, 0.75))}, Layout(), kParameters, absl::MakeSpan(gradient)),
      2 * (0.75 * 22 + 0.25 / 2 * 134));
  EXPECT_THAT(gradient, ElementsAre(0.5, -1, 0, 2, 0, 0, -3.5, 4));
}

TEST(RegularizerTest, HessianProductsAgreeWithDifferencesOfGradients) {
  const std::vector<Config> all = {Penalty(kL1Penalty, 0.3, true), Penalty(kL2Penalty, 0.7, true), ElasticNet(2, 0.25)};
  const std::vector<double> w = {1, -2, 3, 4, 5, -6, -7, 8};
  const std::vector<double> direction = {1, 2, -3, 4, 5, -6, 7, 8};
  const auto gradient_at = [&](double shift) {
    std::vector<double> moved = w;
    for (size_t i = 0; i < w.size(); ++i) moved[i] += shift * direction[i];
    std::vector<double> gradient(8);
    EvaluatePenalties<double>(all, Layout(), moved, absl::MakeSpan(gradient));
    return gradient;
  };
  std::vector<double> product(8, 100.0);
  AddPenaltyHessianProduct<double>(all, Layout(), direction, absl::MakeSpan(product));
  const std::vector<double> up = gradient_at(0.01), down = gradient_at(-0.01);
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(product[i] - 100, (up[i] - down[i]) / 0.02, 1e-11) << i;
}

TEST(RegularizerTest, DerivativesAreAddedAndZeroHasNone) {
  std::vector<double> gradient(8, 100);
  EvaluatePenalties<double>({Penalty(kL1Penalty, 2, false)}, Layout(), kParameters, absl::MakeSpan(gradient));
  EXPECT_THAT(gradient, ElementsAre(102, 98, 100, 102, 100, 100, 98, 102));
}

TEST(RegularizerTest, GradientsAgreeWithDifferences) {
  for (const bool include_bias : {false, true}) {
    const std::vector<Config> both = {Penalty(kL1Penalty, 0.3, include_bias), Penalty(kL2Penalty, 0.7, include_bias),
                                      Penalty(kElasticNetPenalty, 0.2, include_bias)};
    std::vector<double> gradient(8, 0.0);
    const double value = EvaluatePenalties<double>(both, Layout(), kParameters, absl::MakeSpan(gradient));
    std::vector<float> parameters32(kParameters.begin(), kParameters.end());
    std::vector<float> gradient32(8, 0.0f);
    EXPECT_DOUBLE_EQ(EvaluatePenalties<float>(both, Layout(), parameters32, absl::MakeSpan(gradient32)), value);
    for (size_t i = 0; i < kParameters.size(); ++i) {
      const double h = 1e-4;
      std::vector<double> up = kParameters;
      std::vector<double> down = kParameters;
      up[i] += h;
      down[i] -= h;
      const double quotient =
          (EvaluatePenalties<double>(both, Layout(), up, {}) - EvaluatePenalties<double>(both, Layout(), down, {})) /
          (2 * h);
      EXPECT_NEAR(gradient[i], quotient, 1e-9) << i << (include_bias ? " with" : " without") << " bias";
      EXPECT_NEAR(gradient32[i], quotient, 1e-6);
    }
  }
}

}  // namespace
}  // namespace descent::core
