#include "core/models/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace descent::core {
namespace {

class ActivationTest : public testing::TestWithParam<size_t> {
 protected:
  const Activation activation_ = static_cast<Activation>(GetParam());

  template <typename T>
  T Value(T z) const {
    T h = 0;
    Activate<T>(activation_, {&z, 1}, {&h, 1});
    return h;
  }
  template <typename T>
  T Slope(T z) const {
    const T h = Value(z);
    T d = 1;
    MultiplyBySlope<T>(activation_, {&z, 1}, {&h, 1}, {&d, 1});
    return d;
  }
  template <typename T>
  T Curvature(T z) const {
    const T h = Value(z);
    T d = 1;
    MultiplyByCurvature<T>(activation_, {&z, 1}, {&h, 1}, {&d, 1});
    return d;
  }
};

TEST_P(ActivationTest, DerivativesAgreeWithDifferences) {
  const double h = 1e-4;
  for (double z = -4.97; z < 5; z += 0.31) {
    const auto quotient = [&](auto f) {
      return (f(z - 2 * h) - 8 * f(z - h) + 8 * f(z + h) - f(z + 2 * h)) / (12 * h);
    };
    EXPECT_NEAR(Slope(z), quotient([this](double x) { return Value(x); }), 1e-11) << z;
    EXPECT_NEAR(Curvature(z), quotient([this](double x) { return Slope(x); }), 1e-11) << z;
  }
}

TEST_P(ActivationTest, FloatFollowsDouble) {
  for (double z = -5; z < 5; z += 0.25) {
    EXPECT_NEAR(Value(static_cast<float>(z)), Value(z), 1e-6 * (1 + std::abs(z)));
    EXPECT_NEAR(Slope(static_cast<float>(z)), Slope(z), 2e-6);
    EXPECT_NEAR(Curvature(static_cast<float>(z)), Curvature(z), 2e-6);
  }
}

TEST_P(ActivationTest, ExtremesStayFinite) {
  for (const double z : {-1e4, 1e4, -800.0, 800.0, 0.0}) {
    EXPECT_TRUE(std::isfinite(Value(z))) << z;
    EXPECT_TRUE(std::isfinite(Slope(z))) << z;
    EXPECT_TRUE(std::isfinite(Curvature(z))) << z;
    EXPECT_TRUE(std::isfinite(Value(static_cast<float>(z)))) << z;
    EXPECT_TRUE(std::isfinite(Slope(static_cast<float>(z)))) << z;
    EXPECT_TRUE(std::isfinite(Curvature(static_cast<float>(z)))) << z;
  }
}

TEST_P(ActivationTest, NotANumberIsNoticed) {
  EXPECT_TRUE(std::isnan(Value(std::numeric_limits<double>::quiet_NaN())));
}

// Where PyTorch has no gain: 1/sqrt(E[f(z)^2]) by the trapezoidal rule, which is exact to many digits for such tails.
TEST_P(ActivationTest, GainKeepsTheSizeOfASignal) {
  const std::string name(kActivationNames[GetParam()]);
  if (name != "elu" && name != "gelu" && name != "silu" && name != "softplus" && name != "hard_swish" &&
      name != "relu" && name != "leaky_relu") {
    return;
  }
  const double step = 1e-4;
  double sum = 0;
  for (double z = -12; z < 12; z += step) {
    sum += step * Value(z) * Value(z) * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  }
  EXPECT_NEAR(GainOf(activation_), 1 / std::sqrt(sum), 1e-7) << name;
}

INSTANTIATE_TEST_SUITE_P(All, ActivationTest, testing::Range(size_t{0}, std::size(kActivationNames)),
                         [](const auto& info) { return std::string(kActivationNames[info.param]); });

TEST(KinkTest, SlopesJumpOrNot) {
  for (const Activation smooth : {Activation::kTanh, Activation::kElu, Activation::kGelu, Activation::kNone}) {
    EXPECT_FALSE(HasKinks(smooth));
  }
  for (const Activation kinked : {Activation::kRelu, Activation::kSelu, Activation::kHardSwish}) {
    EXPECT_TRUE(HasKinks(kinked));
  }
}

TEST(GainTest, GainsOfPyTorch) {
  EXPECT_EQ(GainOf(Activation::kRelu), std::numbers::sqrt2);
  EXPECT_EQ(GainOf(Activation::kTanh), 5.0 / 3);
  EXPECT_EQ(GainOf(Activation::kSigmoid), 1);
  EXPECT_DOUBLE_EQ(GainOf(Activation::kLeakyRelu), std::sqrt(2 / (1 + 1e-4)));
  EXPECT_EQ(GainOf(Activation::kSelu), 0.75);
  EXPECT_EQ(GainOf(Activation::kNone), 1);
}

}  // namespace
}  // namespace descent::core
