// Numbers as text.
#ifndef DESCENT_CORE_BASE_FORMAT_H_
#define DESCENT_CORE_BASE_FORMAT_H_

#include <string>

namespace descent::core {

// The shortest text that reads back as the same number: `0.1`, `1e-08`, `nan`, `inf`. absl::StrCat keeps six digits
// only.
std::string ShortestText(double value);

// At most `digits` significant digits, for people: `0.0664`, `1.2e-09`.
std::string RoundedText(double value, int digits);

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_FORMAT_H_
