#include "core/data/number.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/format.h"

namespace descent::core {
namespace {

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

bool IsBlank(char character) { return character == ' ' || character == '\t'; }

}  // namespace

NumberKind ParseNumber(absl::string_view text, double* value) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  absl::string_view unsigned_text = text;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) unsigned_text.remove_prefix(1);
  if (unsigned_text.empty()) return NumberKind::kNone;
  if (!IsDigit(unsigned_text.front()) && unsigned_text.front() != '.') {
    if (absl::EqualsIgnoreCase(unsigned_text, "nan")) return NumberKind::kNan;
    const bool infinite =
        absl::EqualsIgnoreCase(unsigned_text, "inf") || absl::EqualsIgnoreCase(unsigned_text, "infinity");
    return infinite ? NumberKind::kInfinite : NumberKind::kNone;
  }
  if (text.front() == '+') text = unsigned_text;
  double parsed = 0;
  const char* end = text.data() + text.size();
  const fast_float::from_chars_result result = fast_float::from_chars(text.data(), end, parsed);
  // Versions of the library differ in whether values out of range are errors; in all of them the value tells.
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return NumberKind::kNone;
  if (!std::isfinite(parsed)) return NumberKind::kOutOfRange;
  *value = parsed;
  return NumberKind::kNumber;
}

std::string NumberText(double value) {
  constexpr double kLargestExact = 9007199254740992.0;
  if (std::abs(value) <= kLargestExact && std::floor(value) == value) return absl::StrCat(static_cast<int64_t>(value));
  return ShortestText(value);
}

Moments ComputeMoments(absl::Span<const double> values) {
  Moments moments;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    moments.minimum = moments.count == 0 ? value : std::min(moments.minimum, value);
    moments.maximum = moments.count == 0 ? value : std::max(moments.maximum, value);
    ++moments.count;
  }
  if (moments.count == 0) return moments;
  if (moments.minimum == moments.maximum) {
    moments.mean = moments.minimum;
    return moments;
  }
  // Deviations from the middle, in units of the half range, are at most 1 in magnitude: nothing overflows, nothing
  // underflows to a false zero, and a large common offset does not cancel digits.
  const double middle = moments.minimum / 2 + moments.maximum / 2;
  const double half_range = moments.maximum / 2 - moments.minimum / 2;
  const double unit = half_range > 0 ? half_range : std::numeric_limits<double>::denorm_min();
  const double count = static_cast<double>(moments.count);
  double sum = 0;
  for (const double value : values) {
    if (!std::isnan(value)) sum += (value - middle) / unit;
  }
  const double mean = sum / count;
  double squares = 0;
  double remainder = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    const double deviation = (value - middle) / unit - mean;
    squares += deviation * deviation;
    remainder += deviation;
  }
  moments.mean = std::clamp(middle + mean * unit, moments.minimum, moments.maximum);
  // The corrected two-pass formula: `remainder` would be 0 without rounding.
  moments.standard_deviation = unit * std::sqrt(std::max(0.0, (squares - remainder * remainder / count) / count));
  return moments;
}

}  // namespace descent::core
