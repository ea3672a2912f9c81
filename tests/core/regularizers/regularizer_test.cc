#include "core/regularizers/regularizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(RegularizerTest, DerivativesAreAddedAndZeroHasNone) {
  std::vector<double> gradient(8, 100);
  EvaluatePenalties<double>({Penalty(kL1Penalty, 2, false)}, Layout(), kParameters, absl::MakeSpan(gradient));
  EXPECT_THAT(gradient, ElementsAre(102, 98, 100, 102, 100, 100, 98, 102));
}

TEST(RegularizerTest, GradientsAgreeWithDifferences) {
  for (const bool include_bias : {false, true}) {
    const std::vector<Config> both = {Penalty(kL1Penalty, 0.3, include_bias), Penalty(kL2Penalty, 0.7, include_bias)};
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
