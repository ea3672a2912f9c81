#include "core/base/random.h"

#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace descent::core {
namespace {

// FNV-1a: turns a purpose into key bits; documented and stable, unlike std::hash.
uint64_t Hash(absl::string_view text, uint64_t seed) {
  uint64_t hash = 14695981039346656037ull;
  for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 1099511628211ull;
  for (int i = 0; i < 8; ++i) hash = (hash ^ ((seed >> (8 * i)) & 0xff)) * 1099511628211ull;
  return hash;
}

constexpr double kTwoToMinus53 = 1.0 / 9007199254740992.0;

double BoxMuller(const std::array<uint64_t, 2>& bits) {
  // In (0, 1], so that the logarithm is finite.
  const double radius = (static_cast<double>(bits[0] >> 11) + 1) * kTwoToMinus53;
  const double angle = static_cast<double>(bits[1] >> 11) * kTwoToMinus53;
  return std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * angle);
}

}  // namespace

RandomStream::RandomStream(uint64_t seed, absl::string_view purpose, uint64_t instance)
    : key_(Hash(purpose, seed) ^ (instance >> 32)), instance_(static_cast<uint32_t>(instance)) {}

std::array<uint64_t, 2> RandomStream::Draw(uint64_t index, uint32_t attempt) const {
  const r123::Philox4x32::ctr_type counter = {
      {static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32), instance_, attempt}};
  const r123::Philox4x32::key_type key = {{static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32)}};
  const r123::Philox4x32::ctr_type bits = r123::Philox4x32()(counter, key);
  return {bits[0] | (uint64_t{bits[1]} << 32), bits[2] | (uint64_t{bits[3]} << 32)};
}

double RandomStream::Uniform(uint64_t index) const { return static_cast<double>(Bits(index) >> 11) * kTwoToMinus53; }

double RandomStream::Normal(uint64_t index) const { return BoxMuller(Draw(index)); }

double RandomStream::NormalWithin(uint64_t index, double bound) const {
  for (uint32_t attempt = 0;; ++attempt) {
    const double normal = BoxMuller(Draw(index, attempt));
    if (std::abs(normal) <= bound) return normal;
  }
}

uint64_t RandomStream::Below(uint64_t index, uint64_t bound) const {
  const uint64_t threshold = (0 - bound) % bound;
  for (uint32_t attempt = 0;; ++attempt) {
    const unsigned __int128 product = static_cast<unsigned __int128>(Draw(index, attempt)[0]) * bound;
    if (static_cast<uint64_t>(product) >= threshold) return static_cast<uint64_t>(product >> 64);
  }
}

}  // namespace descent::core
