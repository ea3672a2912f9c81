#include "core/analysis/spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace descent::core {
namespace {

// The matrix with 2 on the diagonal and -1 beside it, minus `shift`: its eigenvalues are 2 - 2 cos(k pi/(n+1)) - shift.
auto SecondDifference(double shift) {
  return [shift](absl::Span<const double> v, absl::Span<double> product) {
    for (size_t i = 0; i < v.size(); ++i) {
      product[i] = (2 - shift) * v[i] - (i > 0 ? v[i - 1] : 0) - (i + 1 < v.size() ? v[i + 1] : 0);
    }
  };
}

TEST(SpectrumTest, SmallMatricesAreExact) {
  for (const int64_t size : {1, 2, 17, 64}) {
    const std::vector<double> gradient(static_cast<size_t>(size), 0.0);
    const auto spectrum = ExtremeEigenvalues(gradient, SecondDifference(1), 1);
    ASSERT_TRUE(spectrum.has_value());
    const double angle = M_PI / static_cast<double>(size + 1);
    EXPECT_NEAR(spectrum->smallest, 1 - 2 * std::cos(angle), 1e-13);
    EXPECT_NEAR(spectrum->largest, 1 - 2 * std::cos(static_cast<double>(size) * angle), 1e-13);
    EXPECT_EQ(spectrum->newton_distance, 0);
  }
}

TEST(SpectrumTest, NewtonDistanceIsThatOfTheStep) {
  const auto diagonal = [](absl::Span<const double> v, absl::Span<double> product) {
    product[0] = 4 * v[0];
    product[1] = -0.5 * v[1];
    product[2] = 0;
  };
  EXPECT_DOUBLE_EQ(ExtremeEigenvalues({8, 1, 0}, diagonal, 1)->newton_distance, std::sqrt(8.0));
  EXPECT_EQ(ExtremeEigenvalues({8, 1, 1}, diagonal, 1)->newton_distance, std::numeric_limits<double>::infinity());
  // What rounding leaves where the matrix is 0 is no slope, however small the rest of the gradient is.
  EXPECT_DOUBLE_EQ(ExtremeEigenvalues({4e-12, 0, 1e-17}, diagonal, 1)->newton_distance, 1e-12);
}

TEST(SpectrumTest, LanczosFindsSeparatedEnds) {
  // A large diagonal matrix with one negative and one large eigenvalue away from the rest.
  const auto multiply = [](absl::Span<const double> v, absl::Span<double> product) {
    for (size_t i = 0; i < v.size(); ++i) product[i] = (1 + static_cast<double>(i % 100) / 100) * v[i];
    product[7] = -0.25 * v[7];
    product[4000] = 12 * v[4000];
  };
  std::vector<double> gradient(5000, 0.0);
  gradient[3] = 6;
  const auto spectrum = ExtremeEigenvalues(gradient, multiply, 1);
  ASSERT_TRUE(spectrum.has_value());
  EXPECT_NEAR(spectrum->smallest, -0.25, 1e-6);
  EXPECT_NEAR(spectrum->largest, 12, 1e-6);
  EXPECT_NEAR(spectrum->newton_distance, 0.5, 1e-6);
}

TEST(SpectrumTest, TheZeroMatrixAndNoMatrix) {
  const auto zero = [](absl::Span<const double> v, absl::Span<double> product) {
    std::fill(product.begin(), product.end(), 0.0 * v[0]);
  };
  for (const size_t size : {size_t{3}, size_t{300}}) {
    const std::vector<double> gradient(size, 0.0);
    const auto spectrum = ExtremeEigenvalues(gradient, zero, 1);
    ASSERT_TRUE(spectrum.has_value());
    EXPECT_EQ(spectrum->smallest, 0);
    EXPECT_EQ(spectrum->largest, 0);
  }
  const auto undefined = [](absl::Span<const double> /*v*/, absl::Span<double> product) {
    std::fill(product.begin(), product.end(), std::numeric_limits<double>::quiet_NaN());
  };
  EXPECT_FALSE(ExtremeEigenvalues({1, 2}, undefined, 1).has_value());
  EXPECT_FALSE(ExtremeEigenvalues(std::vector<double>(100, 1.0), undefined, 1).has_value());
}

}  // namespace
}  // namespace descent::core
