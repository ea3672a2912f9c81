#include "core/training/gradient_norm.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace descent::core {
namespace {

TEST(GradientNormTest, IsTheEuclideanNorm) {
  EXPECT_EQ(GradientNorm<double>({}), 0);
  EXPECT_EQ(GradientNorm<double>({3, -4}), 5);
  EXPECT_EQ(GradientNorm<float>({3, -4}), 5);
  EXPECT_EQ(GradientNorm<double>(std::vector<double>(100, 2)), 20);
  EXPECT_EQ(GradientNorm<double>({0, 0}), 0);
}

TEST(GradientNormTest, DoesNotOverflowOrVanish) {
  EXPECT_DOUBLE_EQ(GradientNorm<double>({3e300, -4e300}), 5e300);
  EXPECT_DOUBLE_EQ(GradientNorm<double>({3e-300, -4e-300}), 5e-300);
  EXPECT_EQ(GradientNorm<double>({std::numeric_limits<double>::denorm_min()}),
            std::numeric_limits<double>::denorm_min());
  EXPECT_DOUBLE_EQ(GradientNorm<float>({3e38f, 0}), static_cast<double>(3e38f));
}

TEST(GradientNormTest, FindsWhatIsNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(std::isfinite(GradientNorm<double>({1, nan, 3})));
  EXPECT_FALSE(std::isfinite(GradientNorm<double>({1, -infinity})));
  EXPECT_EQ(FindNonFiniteValue<double>({1, 2, nan, infinity}), 2);
  EXPECT_EQ(FindNonFiniteValue<double>({1, 1e308}), -1);
}

}  // namespace
}  // namespace descent::core
