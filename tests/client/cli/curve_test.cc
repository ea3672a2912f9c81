#include "client/cli/curve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace descent::cli {
namespace {

TEST(CurveTest, KeepsEveryPointWhileThereIsRoom) {
  Curve curve(4);
  const std::vector<double> values = {3, 1, 2};
  curve.Add(10, 1, values);
  EXPECT_EQ(curve.first_step(), 10);
  EXPECT_EQ(curve.last_step(), 12);
  EXPECT_EQ(curve.bucket_steps(), 1);
  ASSERT_EQ(curve.buckets().size(), 3);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(curve.buckets()[i].low, values[i]);
    EXPECT_EQ(curve.buckets()[i].high, values[i]);
  }
  EXPECT_EQ(curve.range().low, 1);
  EXPECT_EQ(curve.range().high, 3);
}

TEST(CurveTest, MergesNeighboursAndLosesNoExtreme) {
  Curve curve(4);
  curve.Add(0, 1, {1, 2, 3, 4, -5});
  EXPECT_EQ(curve.bucket_steps(), 2);
  ASSERT_EQ(curve.buckets().size(), 3);
  EXPECT_EQ(curve.buckets()[0].low, 1);
  EXPECT_EQ(curve.buckets()[0].high, 2);
  EXPECT_EQ(curve.buckets()[1].high, 4);
  EXPECT_EQ(curve.buckets()[2].low, -5);
}

// However the rows are cut into blocks, the buckets are those of a direct count.
TEST(CurveTest, AgreesWithADirectCountForAnyBlocks) {
  constexpr int64_t kRows = 10'000;
  constexpr int64_t kFirst = 37;
  for (const int64_t stride : {1, 3, 64}) {
    std::vector<double> values;
    for (int64_t i = 0; i < kRows; ++i) values.push_back(std::sin(0.37 * i) * static_cast<double>(i % 91));
    Curve curve(64);
    for (int64_t row = 0, block = 1; row < kRows; row += block, block = block * 7 % 1013 + 1) {
      const int64_t count = std::min(block, kRows - row);
      curve.Add(kFirst + row * stride, stride, absl::MakeConstSpan(values).subspan(row, count));
    }
    ASSERT_LE(curve.buckets().size(), 64);
    std::vector<Curve::Bucket> expected(curve.buckets().size());
    for (int64_t i = 0; i < kRows; ++i) {
      Curve::Bucket& bucket = expected[i * stride / curve.bucket_steps()];
      bucket.low = std::min(bucket.low, values[i]);
      bucket.high = std::max(bucket.high, values[i]);
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(curve.buckets()[i].low, expected[i].low);
      EXPECT_EQ(curve.buckets()[i].high, expected[i].high);
    }
  }
}

TEST(CurveTest, LeavesOutWhatIsNotFiniteAndWhatComesBeforeTheStart) {
  const double inf = std::numeric_limits<double>::infinity();
  Curve curve(8);
  curve.Add(5, 1, {inf, 2, std::nan(""), -inf});
  curve.Add(3, 1, {100, 100, 1});
  EXPECT_EQ(curve.range().low, 1);
  EXPECT_EQ(curve.range().high, 2);
  EXPECT_EQ(curve.last_step(), 8);
  EXPECT_TRUE(curve.buckets()[2].empty());
}

TEST(CurveTest, HugeStepsFit) {
  Curve curve(16);
  curve.Add(0, 1, {1});
  curve.Add(int64_t{1} << 53, 1, {2});
  EXPECT_LE(curve.buckets().size(), 16);
  EXPECT_EQ(curve.range().high, 2);
}

}  // namespace
}  // namespace descent::cli
