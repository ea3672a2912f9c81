#include "core/training/sampler.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> BatchOf(Sampler* sampler, int64_t step) {
  const absl::Span<const int64_t> batch = sampler->Batch(step);
  return {batch.begin(), batch.end()};
}

TEST(SamplerTest, EveryEpochIsAPermutationInBatchesWithAShortLastOne) {
  Sampler sampler({.size = 4, .full = false, .shuffling = Shuffling::kEachEpoch}, 10, 1);
  std::set<std::vector<int64_t>> orders;
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    std::vector<int64_t> order;
    for (int64_t i = 0; i < 3; ++i) {
      const std::vector<int64_t> batch = BatchOf(&sampler, 3 * epoch + i);
      EXPECT_EQ(batch.size(), i == 2 ? 2u : 4u);
      order.insert(order.end(), batch.begin(), batch.end());
    }
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
  EXPECT_EQ(orders.size(), 20u);
}

TEST(SamplerTest, ABatchIsAFunctionOfSeedAndStep) {
  for (const Shuffling shuffling : {Shuffling::kEachEpoch, Shuffling::kWithReplacement}) {
    const BatchShape shape = {.size = 3, .full = false, .shuffling = shuffling};
    Sampler forward(shape, 11, 5);
    std::vector<std::vector<int64_t>> batches;
    for (int64_t step = 0; step < 30; ++step) batches.push_back(BatchOf(&forward, step));
    Sampler backward(shape, 11, 5);
    for (int64_t step = 29; step >= 0; --step) {
      EXPECT_EQ(BatchOf(&backward, step), batches[static_cast<size_t>(step)]);
    }
    Sampler other(shape, 11, 6);
    EXPECT_NE(BatchOf(&other, 0), batches[0]);
  }
}

TEST(SamplerTest, EveryOrderIsAsLikely) {
  // 3! orders in 6,000 epochs: 1,000 each, standard deviation 29.
  Sampler sampler({.size = 1, .full = false, .shuffling = Shuffling::kEachEpoch}, 3, 9);
  std::vector<int> counts(27);
  for (int64_t epoch = 0; epoch < 6000; ++epoch) {
    int64_t code = 0;
    for (int64_t i = 0; i < 3; ++i) code = 3 * code + sampler.Batch(3 * epoch + i)[0];
    ++counts[static_cast<size_t>(code)];
  }
  int orders = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    ++orders;
    EXPECT_NEAR(count, 1000, 150);
  }
  EXPECT_EQ(orders, 6);
}

TEST(SamplerTest, WithReplacementEveryBatchIsWhole) {
  Sampler sampler({.size = 4, .full = false, .shuffling = Shuffling::kWithReplacement}, 5, 2);
  std::vector<int> counts(5);
  for (int64_t step = 0; step < 2500; ++step) {
    EXPECT_EQ(sampler.Batch(step).size(), 4u);
    for (const int64_t row : sampler.Batch(step)) ++counts[static_cast<size_t>(row)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 2000, 200);
}

TEST(SamplerTest, EpochsCountRows) {
  Sampler sampler({.size = 4, .full = false, .shuffling = Shuffling::kNone}, 10, 1);
  EXPECT_THAT(BatchOf(&sampler, 5), ElementsAre(8, 9));
  EXPECT_EQ(sampler.Epoch(0), 0);
  EXPECT_EQ(sampler.Epoch(2), 0.8);
  EXPECT_EQ(sampler.Epoch(3), 1);
  EXPECT_EQ(sampler.Epoch(7), 2.4);
  Sampler full({.size = 10, .full = true, .shuffling = Shuffling::kNone}, 10, 1);
  EXPECT_TRUE(full.Batch(3).empty());
  EXPECT_EQ(full.Epoch(3), 3);
}

}  // namespace
}  // namespace descent::core
