#include "core/base/format.h"

#include <charconv>
#include <string>

#include "absl/strings/str_format.h"

namespace descent::core {

std::string ShortestText(double value) {
  char buffer[32];
  const std::to_chars_result result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

std::string RoundedText(double value, int digits) { return absl::StrFormat("%.*g", digits, value); }

}  // namespace descent::core
