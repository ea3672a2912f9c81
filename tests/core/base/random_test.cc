#include "core/base/random.h"

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

namespace descent::core {
namespace {

using Philox = r123::Philox4x32;

TEST(RandomTest, PhiloxKnownAnswers) {
  // Random123's published vectors (kat_vectors, philox4x32 with 10 rounds): counter, key, answer.
  struct Vector {
    Philox::ctr_type counter;
    Philox::key_type key;
    Philox::ctr_type answer;
  };
  const Vector vectors[] = {{{{0, 0, 0, 0}}, {{0, 0}}, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
                            {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
                             {{0xffffffff, 0xffffffff}},
                             {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
                            {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
                             {{0xa4093822, 0x299f31d0}},
                             {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}}};
  for (const Vector& vector : vectors) EXPECT_EQ(Philox()(vector.counter, vector.key), vector.answer);
}

TEST(RandomTest, StreamIsPhiloxAtTheDocumentedPlace) {
  // Key: FNV-1a of the purpose, then of the seed's bytes. Counter: index, instance, attempt.
  const uint64_t seed = 0x0123456789abcdef;
  uint64_t key = 14695981039346656037ull;
  for (const char character : std::string("shuffle")) key = (key ^ static_cast<uint8_t>(character)) * 1099511628211ull;
  for (int i = 0; i < 8; ++i) key = (key ^ ((seed >> (8 * i)) & 0xff)) * 1099511628211ull;
  const uint64_t index = 0x1122334455667788;
  const Philox::ctr_type bits =
      Philox()({{0x55667788, 0x11223344, 9, 0}}, {{static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)}});
  EXPECT_EQ(RandomStream(seed, "shuffle", 9).Bits(index), bits[0] | (uint64_t{bits[1]} << 32));
}

TEST(RandomTest, StreamsOfOtherSeedsPurposesAndInstancesDiffer) {
  std::set<uint64_t> seen;
  int streams = 0;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 63}) {
    for (const char* purpose : {"", "shuffle", "initialize/weight", "initialize/bias"}) {
      for (const uint64_t instance : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 40}) {
        seen.insert(RandomStream(seed, purpose, instance).Bits(0));
        ++streams;
      }
    }
  }
  EXPECT_EQ(seen.size(), streams);
}

TEST(RandomTest, MomentsOfUniformAndNormal) {
  const RandomStream draws(1, "moments");
  const int count = 100000;
  double uniform = 0, uniform_squares = 0, normal = 0, normal_squares = 0, fourth = 0;
  for (int i = 0; i < count; ++i) {
    const double u = draws.Uniform(i);
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform += u;
    uniform_squares += u * u;
    const double z = draws.Normal(i);
    normal += z;
    normal_squares += z * z;
    fourth += z * z * z * z;
  }
  EXPECT_NEAR(uniform / count, 0.5, 0.004);
  EXPECT_NEAR(uniform_squares / count, 1.0 / 3, 0.004);
  EXPECT_NEAR(normal / count, 0, 0.012);
  EXPECT_NEAR(normal_squares / count, 1, 0.018);
  EXPECT_NEAR(fourth / count, 3, 0.12);
}

TEST(RandomTest, BelowIsEvenAndBounded) {
  const RandomStream draws(1, "below");
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[draws.Below(i, 7)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(draws.Below(i, 1), 0);
  // A bound that rejects almost every second draw.
  const uint64_t bound = (uint64_t{1} << 63) + 1;
  for (int i = 0; i < 1000; ++i) EXPECT_LT(draws.Below(i, bound), bound);
}

}  // namespace
}  // namespace descent::core
