#include "core/optimizers/line_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace descent::core {
namespace {

// A function of the step, and how often it was asked.
struct Curve {
  std::function<double(double)> value;
  std::function<double(double)> slope;
  int64_t evaluations = 0;
  double last_step = 0;

  RayPoint operator()(double step) {
    ++evaluations;
    last_step = step;
    return {step, value(step), slope(step)};
  }
  RayPoint start() const { return {0, value(0), slope(0)}; }
};

Curve Parabola(double minimum) {
  return {[=](double a) { return 0.5 * (a - minimum) * (a - minimum); }, [=](double a) { return a - minimum; }};
}

// More and Thuente's first test function, whose slope near 0 is almost as steep as any: (5.1) with beta = 2 in "Line
// search algorithms with guaranteed sufficient decrease", ACM TOMS 20(3), 1994.
Curve MoreThuente() {
  return {[](double a) { return -a / (a * a + 2); },
          [](double a) { return (a * a - 2) / ((a * a + 2) * (a * a + 2)); }};
}

// Flat near 0, then a narrow valley far away: (5.3) there, a line of slope -39/40 that turns into oscillations.
Curve Oscillating() {
  return {[](double a) { return std::pow(a - 1.5, 4) - 0.2 * std::sin(20 * a); },
          [](double a) { return 4 * std::pow(a - 1.5, 3) - 4 * std::cos(20 * a); }};
}

void ExpectWolfe(const Curve& curve, const LineSearchRules& rules, const LineSearchResult& result) {
  EXPECT_TRUE(result.accepted);
  EXPECT_EQ(result.point.step, curve.last_step);
  const RayPoint start = curve.start();
  EXPECT_LE(result.point.value, start.value + rules.c1 * result.point.step * start.slope);
  EXPECT_LE(std::abs(result.point.slope), rules.c2 * std::abs(start.slope));
}

TEST(StrongWolfeTest, FulfilsBothRulesFromAnyFirstStep) {
  for (const double c2 : {0.9, 0.1, 0.001}) {
    for (double first = 1e-6; first < 1e7; first *= 10) {
      for (const Curve& curve : {Parabola(3), MoreThuente(), Oscillating()}) {
        SCOPED_TRACE(testing::Message() << "c2 " << c2 << ", first step " << first);
        Curve measured = curve;
        const LineSearchRules rules = {.c2 = c2, .max_evaluations = 60};
        const LineSearchResult result = SearchStrongWolfe(measured.start(), first, rules, std::ref(measured));
        ExpectWolfe(measured, rules, result);
        EXPECT_LE(measured.evaluations, 40);
      }
    }
  }
}

TEST(StrongWolfeTest, FindsTheMinimumOfAParabolaAtOnce) {
  Curve curve = Parabola(3);
  const LineSearchResult result = SearchStrongWolfe(curve.start(), 10, {.c2 = 0.01}, std::ref(curve));
  EXPECT_DOUBLE_EQ(result.point.step, 3);
  EXPECT_EQ(curve.evaluations, 2);
}

TEST(ArmijoTest, ShortensUntilTheDecreaseIsEnough) {
  Curve curve = Parabola(3);
  const LineSearchResult accepted = SearchArmijo(curve.start(), 4, {}, std::ref(curve));
  EXPECT_TRUE(accepted.accepted);
  EXPECT_EQ(accepted.point.step, 4);
  // From 100 by parabolas to 10, the least that is allowed at once, and then to the minimum.
  const LineSearchResult shortened = SearchArmijo(curve.start(), 100, {}, std::ref(curve));
  EXPECT_TRUE(shortened.accepted);
  EXPECT_DOUBLE_EQ(shortened.point.step, 3);
}

TEST(LineSearchTest, WhatIsNotFiniteIsTooFar) {
  // The root of 1 - a is NaN beyond 1; its minimum is at the edge, so only Armijo can succeed.
  Curve curve = {[](double a) { return std::sqrt(1 - a); }, [](double a) { return -0.5 / std::sqrt(1 - a); }};
  const LineSearchResult armijo = SearchArmijo(curve.start(), 1e6, {}, std::ref(curve));
  EXPECT_TRUE(armijo.accepted);
  EXPECT_LT(armijo.point.step, 1);
  curve.evaluations = 0;
  const LineSearchResult wolfe = SearchStrongWolfe(curve.start(), 10, {}, std::ref(curve));
  EXPECT_EQ(curve.evaluations, 25);
  EXPECT_FALSE(wolfe.accepted);
  EXPECT_GT(wolfe.point.step, 0);
  EXPECT_LT(wolfe.point.value, 1);
}

TEST(LineSearchTest, GivesTheBestPointWhenItFails) {
  // Unbounded below: no step is flat enough.
  Curve line = {[](double a) { return -a; }, [](double) { return -1.0; }};
  const LineSearchResult unbounded = SearchStrongWolfe(line.start(), 1, {.max_evaluations = 5}, std::ref(line));
  EXPECT_FALSE(unbounded.accepted);
  EXPECT_EQ(unbounded.point.step, 1e4);

  // A slope that promises what the values do not keep.
  Curve wrong = {[](double a) { return a; }, [](double) { return -1.0; }};
  Curve nan = {[](double a) { return a == 0 ? 1 : std::numeric_limits<double>::quiet_NaN(); },
               [](double) { return -1.0; }};
  for (Curve* curve : {&wrong, &nan}) {
    for (const auto search : {SearchArmijo, SearchStrongWolfe}) {
      curve->evaluations = 0;
      const LineSearchResult result = search(curve->start(), 1, {}, std::ref(*curve));
      EXPECT_FALSE(result.accepted);
      EXPECT_EQ(result.point.step, 0);
      EXPECT_EQ(result.point.value, curve->value(0));
      EXPECT_LE(curve->evaluations, 25);
    }
  }
}

TEST(LineSearchTest, WhereValuesAreRoundingTheSlopeDecides) {
  // A parabola of depth 1e-20 on top of 1: all values are the same.
  Curve curve = {[](double) { return 1.0; }, [](double a) { return 1e-10 * (a - 1); }};
  EXPECT_FALSE(SearchStrongWolfe(curve.start(), 1.5, {}, std::ref(curve)).accepted);
  const LineSearchResult result = SearchStrongWolfe(curve.start(), 1.5, {.rounding = 1e-15}, std::ref(curve));
  EXPECT_TRUE(result.accepted);
  EXPECT_EQ(result.point.step, 1.5);
}

// The same with values that rounding moves up and down: cubics through them point anywhere, and any of them looks
// lower.
TEST(LineSearchTest, RoundingDoesNotLeadAstray) {
  Curve curve = {[](double a) { return 1.0 + 1e-14 * std::sin(1e3 * a); }, [](double a) { return 1e-8 * (a - 1); }};
  for (double first = 1e-3; first < 1e4; first *= 3) {
    SCOPED_TRACE(first);
    const LineSearchRules rules = {.c2 = 1e-3, .max_evaluations = 40, .rounding = 1e-12};
    const LineSearchResult wolfe = SearchStrongWolfe(curve.start(), first, rules, std::ref(curve));
    EXPECT_TRUE(wolfe.accepted);
    EXPECT_NEAR(wolfe.point.step, 1, 1e-3);
    const LineSearchResult armijo = SearchArmijo(curve.start(), first, rules, std::ref(curve));
    EXPECT_TRUE(armijo.accepted);
    EXPECT_LE(armijo.point.step, 2);
  }
}

}  // namespace
}  // namespace descent::core
