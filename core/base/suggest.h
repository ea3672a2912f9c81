// Did you mean ...?
#ifndef DESCENT_CORE_BASE_SUGGEST_H_
#define DESCENT_CORE_BASE_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace descent::core {

// The candidate with the least edit distance to `word` (insertions, deletions, substitutions, swaps of neighbours), if
// that is at most a third of its length, rounded up; otherwise empty. The first of equals wins.
std::string NearestName(absl::string_view word, const std::vector<std::string>& candidates);

// `; did you mean "adam"?`, or `; one of: a, b, c` when nothing is near (at most 20 names), or empty without
// candidates.
std::string Suggestion(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_SUGGEST_H_
