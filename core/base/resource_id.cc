#include "core/base/resource_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace descent::core {

bool IsResourceId(absl::string_view id) {
  if (id.empty() || id.size() > 63 || !absl::ascii_islower(static_cast<unsigned char>(id[0]))) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    const auto character = static_cast<unsigned char>(c);
    return absl::ascii_islower(character) || absl::ascii_isdigit(character) || c == '-';
  });
}

}  // namespace descent::core
