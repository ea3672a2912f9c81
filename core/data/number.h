// Texts to numbers and back, and numbers in figures: what readers of tables and encoders of features share.
#ifndef DESCENT_CORE_DATA_NUMBER_H_
#define DESCENT_CORE_DATA_NUMBER_H_

#include <fast_float/fast_float.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <system_error>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace descent::core {

// What a text is when it is read as a number.
enum class NumberKind {
  kNumber,      // finite
  kNan,         // NaN spelled out, in any case, with or without a sign
  kInfinite,    // inf or infinity spelled out
  kOutOfRange,  // digits of a number beyond +-1.797e308
  kNone,        // no number
};

// Reads the whole of `text`, correctly rounded. Spaces and tabs around it and a leading `+` are allowed. Numbers too
// small for a double are 0. `value` is set for kNumber only.
NumberKind ParseNumber(absl::string_view text, double* value);

// Reads a plain decimal number, without exponent, of at most 18 digits whose digits make a whole number below 2^53:
// that number divided by a power of ten, both exact, is correctly rounded (Clinger 1990). Returns its end, or null for
// others.
inline const char* ReadShortDecimal(const char* begin, const char* end, double* value) {
  constexpr int64_t kMaxDigits = 18;
  constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                     1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  const char* at = begin;
  const bool negative = *at == '-';
  if (negative) ++at;
  uint64_t digits = 0;
  const char* const whole = at;
  for (; at != end && static_cast<unsigned char>(*at - '0') < 10; ++at) {
    digits = 10 * digits + static_cast<unsigned char>(*at - '0');
  }
  int64_t count = at - whole;
  int64_t decimals = 0;
  if (at != end && *at == '.') {
    const char* const fraction = ++at;
    for (; at != end && static_cast<unsigned char>(*at - '0') < 10; ++at) {
      digits = 10 * digits + static_cast<unsigned char>(*at - '0');
    }
    decimals = at - fraction;
    count += decimals;
  }
  if (count == 0 || count > kMaxDigits || digits > (uint64_t{1} << 53)) return nullptr;
  const double whole_number = static_cast<double>(static_cast<int64_t>(digits));
  const double magnitude = decimals == 0 ? whole_number : whole_number / kPowersOfTen[decimals];
  *value = negative ? -magnitude : magnitude;
  return at;
}

// Reads the plain finite number, without quotes, spaces or plus sign, that `begin` begins with. Returns its end, or
// null when there is none.
inline const char* ReadPlainNumber(const char* begin, const char* end, double* value) {
  if (begin == end) return nullptr;
  if (static_cast<unsigned char>(*begin - '0') >= 10 && *begin != '-' && *begin != '.') return nullptr;
  const char* const after = ReadShortDecimal(begin, end, value);
  if (after != nullptr && (after == end || (*after != 'e' && *after != 'E'))) return after;
  const fast_float::from_chars_result result = fast_float::from_chars(begin, end, *value);
  return result.ec == std::errc() && std::isfinite(*value) ? result.ptr : nullptr;
}

// The text of a number used as a class or category: whole numbers below 2^53 in digits (`100000`, not `1e+05`), others
// the shortest text that reads back.
std::string NumberText(double value);

// Count, extremes, mean and population standard deviation of the values that are not NaN. Computed in two passes on
// shifted and scaled values, so that neither large offsets nor extreme magnitudes cost digits. A constant column has
// exactly its value as mean and 0 as deviation.
struct Moments {
  int64_t count = 0;
  double minimum = 0;
  double maximum = 0;
  double mean = 0;
  double standard_deviation = 0;
};
Moments ComputeMoments(absl::Span<const double> values);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_NUMBER_H_
