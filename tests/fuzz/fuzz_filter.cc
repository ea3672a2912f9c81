// Filters and orders of ListJobs, from arbitrary text.
//
// DEPENDS: descent_convert
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "server/convert/job.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  descent::core::Violations violations;
  const auto conditions = descent::convert::ParseFilter(text, &violations);
  // What is wrong has no conditions.
  if (!violations.empty() && !conditions.empty()) std::abort();
  descent::jobs::JobQuery query;
  descent::convert::ParseOrder(text, &query, &violations);
  return 0;
}
