#include "core/functions/function.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

#include "core/base/random.h"

namespace descent::core {
namespace {

// Five-point difference quotient; its error is of fourth order.
double Quotient(const FunctionInfo& function, std::vector<double> x, size_t i) {
  const double h = 1e-3;
  const double start = x[i];
  std::vector<double> unused(x.size());
  const auto at = [&](double shift) {
    x[i] = start + shift;
    return function.evaluate(x.data(), unused.data());
  };
  return (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h);
}

TEST(FunctionTest, GradientsAgreeWithDifferences) {
  for (const FunctionInfo& function : Functions()) {
    const RandomStream draws(1, function.name);
    for (uint64_t point = 0; point < 50; ++point) {
      std::vector<double> x(function.variables.size());
      for (size_t i = 0; i < x.size(); ++i) x[i] = 4 * draws.Uniform(point * 2 + i) - 2;
      std::vector<double> gradient(x.size());
      const double value = function.evaluate(x.data(), gradient.data());
      for (size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(gradient[i], Quotient(function, x, i), 1e-8 * (1 + std::abs(value) + std::abs(gradient[i])))
            << function.name << " by " << function.variables[i];
      }
    }
  }
}

TEST(FunctionTest, HessiansAreDerivativesOfTheGradients) {
  for (const FunctionInfo& function : Functions()) {
    const size_t size = function.variables.size();
    const RandomStream draws(2, function.name);
    for (uint64_t point = 0; point < 50; ++point) {
      std::vector<double> x(size);
      for (size_t i = 0; i < size; ++i) x[i] = 4 * draws.Uniform(point * 2 + i) - 2;
      std::vector<double> hessian(size * size);
      function.evaluate_hessian(x.data(), hessian.data());
      for (size_t j = 0; j < size; ++j) {
        const double h = 1e-3;
        std::vector<double> slope(size, 0.0);
        for (const auto& [shift, weight] : {std::pair(-2 * h, 1.0), {-h, -8.0}, {h, 8.0}, {2 * h, -1.0}}) {
          std::vector<double> there = x;
          std::vector<double> gradient(size);
          there[j] += shift;
          function.evaluate(there.data(), gradient.data());
          for (size_t i = 0; i < size; ++i) slope[i] += weight * gradient[i] / (12 * h);
        }
        for (size_t i = 0; i < size; ++i) {
          EXPECT_NEAR(hessian[i * size + j], slope[i], 1e-8 * (1 + std::abs(slope[i])))
              << function.name << " at " << i << ", " << j;
        }
      }
    }
  }
}

TEST(FunctionTest, KnownMinimaAreStationaryAndHaveTheirValues) {
  for (const FunctionInfo& function : Functions()) {
    for (const KnownMinimum& minimum : function.minima) {
      ASSERT_EQ(minimum.point.size(), function.variables.size());
      std::vector<double> gradient(minimum.point.size());
      EXPECT_NEAR(function.evaluate(minimum.point.data(), gradient.data()), minimum.value, 1e-15) << function.name;
      for (const double slope : gradient) EXPECT_NEAR(slope, 0, 2e-13) << function.name;
      // No neighbour is lower.
      for (size_t i = 0; i < gradient.size(); ++i) {
        for (const double shift : {-1e-3, 1e-3}) {
          std::vector<double> x(minimum.point.begin(), minimum.point.end());
          x[i] += shift;
          EXPECT_GT(function.evaluate(x.data(), gradient.data()), minimum.value) << function.name;
        }
      }
    }
  }
}

TEST(FunctionTest, TableIsComplete) {
  for (const FunctionInfo& function : Functions()) {
    EXPECT_EQ(FindFunction(function.name), &function);
    EXPECT_EQ(function.default_start.size(), function.variables.size()) << function.name;
    EXPECT_TRUE(!function.summary.empty() && !function.formula.empty() && !function.reference.empty());
    EXPECT_EQ(function.minima.empty(), function.name == "trough");
  }
  EXPECT_EQ(FindFunction("Bowl"), nullptr);
}

// Plain descent, to see that the summaries tell the truth.
std::vector<double> Descend(absl::string_view name, std::vector<double> x, double rate, int steps) {
  std::vector<double> gradient(x.size());
  for (int step = 0; step < steps; ++step) {
    FindFunction(name)->evaluate(x.data(), gradient.data());
    for (size_t i = 0; i < x.size(); ++i) x[i] -= rate * gradient[i];
  }
  return x;
}

TEST(FunctionTest, DescentEndsWhereTheSummariesSay) {
  const std::vector<double> himmelblau = Descend("himmelblau", {0, 0}, 0.001, 5000);
  EXPECT_NEAR(himmelblau[0], 3, 1e-8);
  EXPECT_NEAR(himmelblau[1], 2, 1e-8);
  EXPECT_EQ(Descend("saddle", {1, 0}, 0.1, 1000)[1], 0);
  EXPECT_NEAR(Descend("saddle", {1, 0.01}, 0.1, 1000)[1], 1, 1e-12);
  EXPECT_NEAR(Descend("double_well", {2}, 0.01, 5000)[0], 0.9601495555191055, 1e-12);
  const std::vector<double> trough = Descend("trough", {1, -1}, 0.1, 10000);
  EXPECT_NEAR(std::abs(trough[0]), std::sqrt(std::numbers::pi / 0.1), 1e-9);
}

}  // namespace
}  // namespace descent::core
