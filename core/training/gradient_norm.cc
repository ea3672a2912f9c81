#include "core/training/gradient_norm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace descent::core {
namespace {

// Independent partial sums, which the compiler may compute side by side.
constexpr size_t kPartials = 8;

template <typename T>
double SumOfSquares(absl::Span<const T> values, double scale) {
  double partial[kPartials] = {};
  const size_t whole = values.size() / kPartials * kPartials;
  for (size_t i = 0; i < whole; i += kPartials) {
    for (size_t j = 0; j < kPartials; ++j) {
      const double value = static_cast<double>(values[i + j]) * scale;
      partial[j] += value * value;
    }
  }
  for (size_t i = whole; i < values.size(); ++i) {
    const double value = static_cast<double>(values[i]) * scale;
    partial[i - whole] += value * value;
  }
  double sum = 0;
  for (const double part : partial) sum += part;
  return sum;
}

}  // namespace

template <typename T>
double GradientNorm(absl::Span<const T> gradient) {
  const double sum = SumOfSquares(gradient, 1);
  if (sum >= std::numeric_limits<double>::min() && std::isfinite(sum)) return std::sqrt(sum);
  double largest = 0;
  for (const T value : gradient) {
    if (!std::isfinite(value)) return std::sqrt(sum);
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  // A power of two: scaling by it rounds nothing.
  const double scale = largest == 0 ? 1 : std::ldexp(1.0, -std::clamp(std::ilogb(largest), -1022, 1022));
  return std::sqrt(SumOfSquares(gradient, scale)) / scale;
}

template <typename T>
int64_t FindNonFiniteValue(absl::Span<const T> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) return static_cast<int64_t>(i);
  }
  return -1;
}

template double GradientNorm(absl::Span<const float>);
template double GradientNorm(absl::Span<const double>);
template int64_t FindNonFiniteValue(absl::Span<const float>);
template int64_t FindNonFiniteValue(absl::Span<const double>);

}  // namespace descent::core
