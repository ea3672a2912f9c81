// Texts to numbers and back, and numbers in figures: what readers of tables and encoders of features share.
#ifndef DESCENT_CORE_DATA_NUMBER_H_
#define DESCENT_CORE_DATA_NUMBER_H_

#include <cstdint>
#include <string>

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
