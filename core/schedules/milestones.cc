#include "core/schedules/milestones.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace descent::core {

size_t MilestonesReached(absl::Span<const int64_t> milestones, int64_t step) {
  return static_cast<size_t>(std::upper_bound(milestones.begin(), milestones.end(), step) - milestones.begin());
}

void CheckMilestonesAscend(const Config& config, absl::string_view path, Violations* violations) {
  const std::vector<int64_t>& milestones = config.integers("milestones");
  for (size_t i = 1; i < milestones.size(); ++i) {
    if (milestones[i] > milestones[i - 1]) continue;
    return violations->Add(absl::StrCat(path, ".milestones[", i, "]"),
                           absl::StrCat("must be > the one before it, ", milestones[i - 1], ", was ", milestones[i]));
  }
}

}  // namespace descent::core
