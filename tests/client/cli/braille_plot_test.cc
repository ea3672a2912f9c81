#include "client/cli/braille_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace descent::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Curve CurveOf(const std::vector<double>& values) {
  Curve curve;
  curve.Add(0, 1, values);
  return curve;
}

TEST(BraillePlotTest, DrawsAFallingLine) {
  // Eight values over 4x2 characters: one dot a column, from the top left to the bottom right; not all are positive, so
  // the scale is linear.
  const Plot plot = DrawCurve(CurveOf({7, 6, 5, 4, 3, 2, 1, 0}), {4, 2});
  EXPECT_FALSE(plot.is_log);
  EXPECT_EQ(plot.low, 0);
  EXPECT_EQ(plot.high, 7);
  EXPECT_THAT(plot.lines, ElementsAre("⠑⢄⠀⠀", "⠀⠀⠑⢄"));
}

TEST(BraillePlotTest, UsesALogarithmicScaleForPositiveValues) {
  // Powers of ten lie on a straight line then.
  const Plot plot = DrawCurve(CurveOf({1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1}), {4, 2});
  EXPECT_TRUE(plot.is_log);
  EXPECT_THAT(plot.lines, ElementsAre("⠑⢄⠀⠀", "⠀⠀⠑⢄"));
}

TEST(BraillePlotTest, ConnectsJumps) {
  EXPECT_THAT(DrawCurve(CurveOf({0, 0, -7, -7}), {2, 2}).lines, ElementsAre("⠉⡆", "⠀⣇"));
}

TEST(BraillePlotTest, BridgesGaps) {
  Curve curve;
  curve.Add(0, 7, {0, -7});
  EXPECT_THAT(DrawCurve(curve, {4, 2}).lines, ElementsAre("⠑⢄⠀⠀", "⠀⠀⠑⢄"));
}

TEST(BraillePlotTest, AConstantIsALineInTheMiddle) {
  const Plot plot = DrawCurve(CurveOf({5, 5, 5, 5}), {2, 2});
  EXPECT_FALSE(plot.is_log);
  EXPECT_THAT(plot.lines, ElementsAre("⠀⠀", "⠉⠉"));
}

TEST(BraillePlotTest, OnePointAndNone) {
  EXPECT_THAT(DrawCurve(CurveOf({5}), {2, 2}).lines, ElementsAre("⠀⠀", "⠁⠀"));
  EXPECT_THAT(DrawCurve(Curve(), {2, 2}).lines, IsEmpty());
  EXPECT_THAT(DrawCurve(CurveOf({std::nan("")}), {2, 2}).lines, IsEmpty());
}

// A single spike among a million rows is drawn from the bottom to the top.
TEST(BraillePlotTest, NeverLosesASpike) {
  std::vector<double> values(1'000'000, 0.0);
  values[612'345] = 1;
  const Plot plot = DrawCurve(CurveOf(values), {8, 2});
  EXPECT_EQ(plot.high, 1);
  EXPECT_THAT(plot.lines, ElementsAre("⠀⠀⠀⠀⢸⠀⠀⠀", "⣀⣀⣀⣀⣸⣀⣀⣀"));
}

}  // namespace
}  // namespace descent::cli
