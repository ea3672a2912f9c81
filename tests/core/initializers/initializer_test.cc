#include "core/initializers/initializer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

using testing::AllOf;
using testing::DoubleEq;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;
using testing::Lt;
using testing::Ne;
using testing::Pointwise;

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

// Of a normal distribution cut at two standard deviations: the second and the fourth moment.
struct Truncated {
  double inside = std::erf(std::sqrt(2.0));
  double density = std::exp(-2.0) / std::sqrt(2 * std::numbers::pi);
  double second = 1 - 4 * density / inside;
  double fourth = 3 - 28 * density / inside;
  double kurtosis = fourth / (second * second);
};

TEST(InitializerTest, TruncatedNormalMomentsAndEnds) {
  const Truncated theory;
  EXPECT_NEAR(std::sqrt(theory.second), kTruncatedDeviation, 1e-15);
  Config truncated(&kTruncatedNormalInitializer.kind);
  truncated.SetNumber("mean", 3);
  truncated.SetNumber("standard_deviation", 0.5);
  ExpectMoments(truncated, 1, 3, 0.5 * kTruncatedDeviation, theory.kurtosis);
  EXPECT_THAT(Draw(truncated, WideLayout()), Each(AllOf(Ge(2.0), Le(4.0))));
  truncated.SetBoolean("rescaled", true);
  ExpectMoments(truncated, 1, 3, 0.5, theory.kurtosis);
  // Only the draws beyond the cut differ from those of `normal`.
  const RandomStream draws(7, "purpose");
  int same = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const double normal = draws.Normal(i);
    const double within = draws.NormalWithin(i, 2);
    EXPECT_LE(std::abs(within), 2);
    EXPECT_EQ(within == normal, std::abs(normal) <= 2);
    same += within == normal;
  }
  EXPECT_NEAR(same, 954.5, 3 * std::sqrt(1000 * 0.9545 * 0.0455));
}

TEST(InitializerTest, TruncatedDrawsOfScaledKindsHaveTheirVariance) {
  Config xavier(&kXavierInitializer.kind);
  xavier.SetChoice("distribution", "truncated_normal");
  ExpectMoments(xavier, 99, 0, std::sqrt(2.0 / 500), Truncated().kurtosis);
}

TEST(InitializerTest, LecunAndTheOptionsOfKaiming) {
  Config lecun(&kLecunInitializer.kind);
  ExpectMoments(lecun, 99, 0, std::sqrt(1.0 / 200), kUniformKurtosis);
  lecun.SetChoice("distribution", "normal");
  ExpectMoments(lecun, 99, 0, std::sqrt(1.0 / 200), kNormalKurtosis);
  Config kaiming(&kKaimingInitializer.kind);
  kaiming.SetChoice("fan", "out");
  ExpectMoments(kaiming, 3, 0, 3 * std::sqrt(1.0 / 300), kUniformKurtosis);
  kaiming.SetNumber("negative_slope", 0.5);
  ExpectMoments(kaiming, 99, 0, std::sqrt(2 / 1.25 / 300), kUniformKurtosis);
}

// torch.nn.Linear: kaiming_uniform_ with a = sqrt(5) for the weight, the same bound for the bias.
TEST(InitializerTest, TorchLinearDrawsBiasesByTheirLayersFan) {
  const ParameterLayout layout = WideLayout();
  const Config config(&kTorchLinearInitializer.kind);
  ExpectMoments(config, 99, 0, 1 / std::sqrt(3.0 * 200), kUniformKurtosis);
  Config kaiming(&kKaimingInitializer.kind);
  kaiming.SetNumber("negative_slope", std::sqrt(5.0));
  EXPECT_THAT(Part(Draw(config, layout), layout.tensors[0]),
              Pointwise(DoubleEq(), Part(Draw(kaiming, layout), layout.tensors[0])));
  const std::vector<double> bias = Part(Draw(config, layout, {.seed = 7}), layout.tensors[1]);
  const double bound = 1 / std::sqrt(200.0);
  EXPECT_THAT(bias, Each(AllOf(Ge(-bound), Lt(bound))));
  // 300 draws: the standard error of a uniform deviation is 2.6 %.
  EXPECT_NEAR(MomentsOf(bias).deviation, bound / std::sqrt(3.0), 0.08 * bound);
  // The weight of a linear model, [in], and its bias, [].
  ParameterLayout linear;
  linear.Add("weight", {10000}, TensorRole::kWeight);
  linear.Add("bias", {}, TensorRole::kBias);
  EXPECT_THAT(Draw(config, linear), Each(AllOf(Ge(-0.01), Lt(0.01), Ne(0))));
}

// Products of rows, or of columns, of a [rows, columns] matrix.
double LargestDistanceFromOrthonormal(const std::vector<double>& values, size_t rows, size_t columns, double gain) {
  const bool wide = rows < columns;
  const size_t count = wide ? rows : columns;
  const size_t length = wide ? columns : rows;
  const auto at = [&](size_t vector, size_t i) {
    return wide ? values[vector * columns + i] : values[i * columns + vector];
  };
  double largest = 0;
  for (size_t a = 0; a < count; ++a) {
    for (size_t b = 0; b <= a; ++b) {
      double product = 0;
      for (size_t i = 0; i < length; ++i) product += at(a, i) * at(b, i);
      largest = std::max(largest, std::abs(product / (gain * gain) - (a == b ? 1 : 0)));
    }
  }
  return largest;
}

TEST(InitializerTest, OrthogonalInEveryShape) {
  Config config(&kOrthogonalInitializer.kind);
  config.SetNumber("gain", 1.5);
  for (const auto& [rows, columns] : {std::pair{300, 200}, {70, 130}, {64, 64}, {1, 9}, {9, 1}, {1, 1}}) {
    ParameterLayout layout;
    layout.Add("weight", {rows, columns}, TensorRole::kWeight);
    layout.Add("bias", {rows}, TensorRole::kBias);
    const std::vector<double> values = Draw(config, layout, {.seed = 5});
    EXPECT_LT(LargestDistanceFromOrthonormal(values, static_cast<size_t>(rows), static_cast<size_t>(columns), 1.5),
              1e-12)
        << rows << " x " << columns;
    EXPECT_THAT(Part(values, layout.tensors[1]), Each(0.0));
  }
}

// With the signs of R, Q is the Gram-Schmidt basis of the drawn matrix: its first column is the draws' own direction.
TEST(InitializerTest, OrthogonalMatricesAreThoseOfTheDraws) {
  for (const bool wide : {false, true}) {
    ParameterLayout layout;
    layout.Add("weight", wide ? std::vector<int64_t>{3, 50} : std::vector<int64_t>{50, 3}, TensorRole::kWeight);
    const size_t stride = wide ? 1 : 3;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const std::vector<double> q = Draw(Config(&kOrthogonalInitializer.kind), layout, {.seed = seed});
      const RandomStream draws(seed, "initialize/weight");
      double square = 0;
      for (size_t i = 0; i < 50; ++i) square += std::pow(draws.Normal(i * stride), 2);
      for (size_t i = 0; i < 50; ++i) EXPECT_NEAR(q[i * stride], draws.Normal(i * stride) / std::sqrt(square), 1e-14);
    }
  }
}

TEST(InitializerTest, SparseGroupsHaveTheirZeros) {
  const ParameterLayout layout = WideLayout();  // 300 units of 200 inputs
  Config config(&kSparseInitializer.kind);
  config.SetNumber("sparsity", 0.251);
  std::vector<double> weight = Part(Draw(config, layout, {.seed = 2}), layout.tensors[0]);
  std::vector<int> zeros_of_inputs(200);
  for (size_t unit = 0; unit < 300; ++unit) {
    for (size_t input = 0; input < 200; ++input) zeros_of_inputs[input] += weight[unit * 200 + input] == 0;
    EXPECT_EQ(std::count(weight.begin() + unit * 200, weight.begin() + (unit + 1) * 200, 0.0), 51) << unit;
  }
  // Every place is as likely: 300 groups with probability .255, a standard deviation of 7.6 around 76.5.
  EXPECT_THAT(zeros_of_inputs, Each(AllOf(Ge(76 - 34), Le(77 + 34))));
  weight.erase(std::remove(weight.begin(), weight.end(), 0.0), weight.end());
  const Moments moments = MomentsOf(weight);  // of 44700 draws
  EXPECT_NEAR(moments.mean, 0, 0.02 * 0.01);
  EXPECT_NEAR(moments.deviation, 0.01, 0.015 * 0.01);
  EXPECT_NEAR(moments.kurtosis, kNormalKurtosis, 0.1);
  config.SetChoice("group", "input");
  weight = Part(Draw(config, layout, {.seed = 2}), layout.tensors[0]);
  for (size_t input = 0; input < 200; ++input) {
    int zeros = 0;
    for (size_t unit = 0; unit < 300; ++unit) zeros += weight[unit * 200 + input] == 0;
    EXPECT_EQ(zeros, 76) << input;
  }
  for (const auto& [sparsity, zeros] : {std::pair{0.0, 0}, {1.0, 60000}}) {
    config.SetNumber("sparsity", sparsity);
    weight = Part(Draw(config, layout), layout.tensors[0]);
    EXPECT_EQ(std::count(weight.begin(), weight.end(), 0.0), zeros);
  }
}

TEST(InitializerTest, IdentityPassesOn) {
  ParameterLayout layout;
  layout.Add("a.weight", {2, 3}, TensorRole::kWeight);
  layout.Add("a.bias", {2}, TensorRole::kBias);
  layout.Add("b.weight", {3, 2}, TensorRole::kWeight);
  Config config(&kIdentityInitializer.kind);
  config.SetNumber("gain", 2);
  EXPECT_THAT(Draw(config, layout), ElementsAre(2, 0, 0, 0, 2, 0, /*bias*/ 0, 0, /*b*/ 2, 0, 0, 2, 0, 0));
}

TEST(InitializerTest, UniformDrawsStayInTheirInterval) {
  const ParameterLayout layout = WideLayout();
  Config kaiming(&kKaimingInitializer.kind);
  const double bound = std::sqrt(3.0 / 200);
  EXPECT_THAT(Part(Draw(kaiming, layout), layout.tensors[0]), Each(AllOf(Ge(-bound), Lt(bound))));
  // Neighbouring doubles and the widest interval there is.
  Config uniform(&kUniformInitializer.kind);
  uniform.SetNumber("low", 1);
  uniform.SetNumber("high", std::nextafter(1, 2));
  EXPECT_THAT(Draw(uniform, layout), Each(1.0));
  const double largest = std::numeric_limits<double>::max();
  uniform.SetNumber("low", -largest);
  uniform.SetNumber("high", largest);
  EXPECT_THAT(Draw(uniform, layout), Each(AllOf(Ge(-largest), Lt(largest))));
}

TEST(InitializerTest, BiasesAreZeroUnlessTheyAreDrawnToo) {
  const ParameterLayout layout = WideLayout();
  for (const InitializerInfo* info : {&kXavierInitializer, &kKaimingInitializer, &kZerosInitializer, &kLecunInitializer,
                                      &kOrthogonalInitializer, &kSparseInitializer, &kIdentityInitializer}) {
    EXPECT_THAT(Part(Draw(Config(&info->kind), layout), layout.tensors[1]), Each(0.0)) << info->kind.name;
  }
  for (const InitializerInfo* info :
       {&kUniformInitializer, &kNormalInitializer, &kTruncatedNormalInitializer, &kTorchLinearInitializer}) {
    EXPECT_THAT(Part(Draw(Config(&info->kind), layout), layout.tensors[1]), testing::Not(testing::Contains(0.0)));
  }
}

TEST(InitializerTest, FansOfAVectorAreItsLengthAndOne) {
  ParameterLayout vector;
  vector.Add("weight", {8}, TensorRole::kWeight);
  ParameterLayout row;
  row.Add("weight", {1, 8}, TensorRole::kWeight);
  for (const InitializerInfo* info : Initializers()) {
    if (info->for_functions) continue;
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
  Config kaiming(&kKaimingInitializer.kind);
  kaiming.SetNumber("gain", 1);
  kaiming.SetNumber("negative_slope", 0.1);
  kaiming.Validate("spec.initialization.kaiming", &violations);
  EXPECT_THAT(violations.list(),
              ElementsAre(Violation{"spec.initialization.uniform.high", "must be > low, which is 0.5, was 0.5"},
                          Violation{"spec.initialization.given.values", "is required"},
                          Violation{"spec.initialization.kaiming.negative_slope",
                                    "cannot be combined with gain; give one of the two"}));
}

}  // namespace
}  // namespace descent::core
