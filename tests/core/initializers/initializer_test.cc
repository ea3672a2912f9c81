#include "core/initializers/initializer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/initializers/kinds.h"

namespace descent::core {
namespace {

using testing::Each;
using testing::ElementsAre;

std::vector<double> Draw(const Config& config, const ParameterLayout& layout, DrawKey key = {}, double gain = 1) {
  std::vector<double> values(static_cast<size_t>(layout.size), 99);
  Initialize(config, layout, key, gain, absl::MakeSpan(values));
  return values;
}

std::vector<double> Part(const std::vector<double>& values, const TensorInfo& tensor) {
  return {values.begin() + tensor.offset, values.begin() + tensor.offset + tensor.size()};
}

ParameterLayout WideLayout() {
  ParameterLayout layout;
  layout.Add("layers.0.weight", {300, 200}, TensorRole::kWeight);
  layout.Add("layers.0.bias", {300}, TensorRole::kBias);
  return layout;
}

struct Moments {
  double mean = 0;
  double deviation = 0;
  double kurtosis = 0;  // 3 for normal, 1.8 for uniform
};

Moments MomentsOf(const std::vector<double>& values) {
  Moments moments;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) moments.mean += value / count;
  double second = 0;
  double fourth = 0;
  for (const double value : values) {
    const double square = (value - moments.mean) * (value - moments.mean);
    second += square / count;
    fourth += square * square / count;
  }
  moments.deviation = std::sqrt(second);
  moments.kurtosis = fourth / (second * second);
  return moments;
}

// 60000 draws: the standard error of a deviation is about 0.3 %.
void ExpectMoments(const Config& config, double gain, double mean, double deviation, double kurtosis) {
  const ParameterLayout layout = WideLayout();
  const Moments moments = MomentsOf(Part(Draw(config, layout, {.seed = 7}, gain), layout.tensors[0]));
  EXPECT_NEAR(moments.mean, mean, 0.02 * deviation) << config.name();
  EXPECT_NEAR(moments.deviation, deviation, 0.01 * deviation) << config.name();
  EXPECT_NEAR(moments.kurtosis, kurtosis, 0.03 * kurtosis) << config.name();
}

constexpr double kNormalKurtosis = 3;
constexpr double kUniformKurtosis = 1.8;

TEST(InitializerTest, UniformAndNormalMoments) {
  Config uniform(&kUniformInitializer.kind);
  uniform.SetNumber("low", 1);
  uniform.SetNumber("high", 4);
  ExpectMoments(uniform, 1, 2.5, 3 / std::sqrt(12.0), kUniformKurtosis);
  Config normal(&kNormalInitializer.kind);
  normal.SetNumber("mean", -2);
  normal.SetNumber("standard_deviation", 0.5);
  ExpectMoments(normal, 1, -2, 0.5, kNormalKurtosis);
}

TEST(InitializerTest, ScaledMomentsFollowTheFans) {
  // fan_in 200, fan_out 300.
  Config xavier(&kXavierInitializer.kind);
  ExpectMoments(xavier, 99, 0, std::sqrt(2.0 / 500), kUniformKurtosis);
  xavier.SetNumber("gain", 2);
  xavier.SetChoice("distribution", "normal");
  ExpectMoments(xavier, 99, 0, 2 * std::sqrt(2.0 / 500), kNormalKurtosis);
  Config kaiming(&kKaimingInitializer.kind);
  ExpectMoments(kaiming, std::sqrt(2.0), 0, std::sqrt(2.0 / 200), kUniformKurtosis);
  kaiming.SetNumber("gain", 3);
  kaiming.SetChoice("distribution", "normal");
  ExpectMoments(kaiming, 99, 0, 3 / std::sqrt(200.0), kNormalKurtosis);
}

TEST(InitializerTest, UniformDrawsStayInTheirInterval) {
  const ParameterLayout layout = WideLayout();
  Config kaiming(&kKaimingInitializer.kind);
  const double bound = std::sqrt(3.0 / 200);
  EXPECT_THAT(Part(Draw(kaiming, layout), layout.tensors[0]),
              Each(testing::AllOf(testing::Ge(-bound), testing::Lt(bound))));
  // Neighbouring doubles and the widest interval there is.
  Config uniform(&kUniformInitializer.kind);
  uniform.SetNumber("low", 1);
  uniform.SetNumber("high", std::nextafter(1, 2));
  EXPECT_THAT(Draw(uniform, layout), Each(1.0));
  const double largest = std::numeric_limits<double>::max();
  uniform.SetNumber("low", -largest);
  uniform.SetNumber("high", largest);
  EXPECT_THAT(Draw(uniform, layout), Each(testing::AllOf(testing::Ge(-largest), testing::Lt(largest))));
}

TEST(InitializerTest, BiasesAreZeroUnlessTheyAreDrawnToo) {
  const ParameterLayout layout = WideLayout();
  for (const InitializerInfo* info : {&kXavierInitializer, &kKaimingInitializer, &kZerosInitializer}) {
    EXPECT_THAT(Part(Draw(Config(&info->kind), layout), layout.tensors[1]), Each(0.0)) << info->kind.name;
  }
  for (const InitializerInfo* info : {&kUniformInitializer, &kNormalInitializer}) {
    EXPECT_THAT(Part(Draw(Config(&info->kind), layout), layout.tensors[1]), testing::Not(testing::Contains(0.0)));
  }
}

TEST(InitializerTest, FansOfAVectorAreItsLengthAndOne) {
  ParameterLayout vector;
  vector.Add("weight", {8}, TensorRole::kWeight);
  ParameterLayout row;
  row.Add("weight", {1, 8}, TensorRole::kWeight);
  for (const InitializerInfo* info : {&kXavierInitializer, &kKaimingInitializer}) {
    EXPECT_EQ(Draw(Config(&info->kind), vector), Draw(Config(&info->kind), row)) << info->kind.name;
  }
}

TEST(InitializerTest, DrawsDependOnSeedStartAndNameAlone) {
  ParameterLayout other;
  other.Add("something", {5}, TensorRole::kVariable);
  other.Add("layers.0.weight", {300, 200}, TensorRole::kWeight);
  const ParameterLayout layout = WideLayout();
  for (const InitializerInfo* info : Initializers()) {
    if (!info->draws) continue;
    const Config config(&info->kind);
    const DrawKey key = {.seed = 3, .start = 4};
    const std::vector<double> weight = Part(Draw(config, layout, key), layout.tensors[0]);
    EXPECT_EQ(weight, Part(Draw(config, other, key), other.tensors[1])) << info->kind.name;
    EXPECT_NE(weight, Part(Draw(config, layout, {.seed = 4, .start = 4}), layout.tensors[0])) << info->kind.name;
    EXPECT_NE(weight, Part(Draw(config, layout, {.seed = 3, .start = 5}), layout.tensors[0])) << info->kind.name;
  }
}

TEST(InitializerTest, ConstantAndGiven) {
  ParameterLayout layout;
  layout.Add("x", {}, TensorRole::kVariable);
  layout.Add("y", {2}, TensorRole::kVariable);
  Config constant(&kConstantInitializer.kind);
  constant.SetNumber("value", -1.5);
  EXPECT_THAT(Draw(constant, layout), Each(-1.5));
  Config given(&kGivenInitializer.kind);
  given.SetNumbers("values", {1, 2, 3});
  EXPECT_THAT(Draw(given, layout), ElementsAre(1, 2, 3));
}

TEST(InitializerTest, Refusals) {
  Violations violations;
  Config uniform(&kUniformInitializer.kind);
  uniform.SetNumber("low", 0.5);
  uniform.SetNumber("high", 0.5);
  uniform.Validate("spec.initialization.uniform", &violations);
  Config(&kGivenInitializer.kind).Validate("spec.initialization.given", &violations);
  EXPECT_THAT(violations.list(),
              ElementsAre(Violation{"spec.initialization.uniform.high", "must be > low, which is 0.5, was 0.5"},
                          Violation{"spec.initialization.given.values", "is required"}));
}

}  // namespace
}  // namespace descent::core
