// Lists of steps at which something changes.
#ifndef DESCENT_CORE_SCHEDULES_MILESTONES_H_
#define DESCENT_CORE_SCHEDULES_MILESTONES_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/fields.h"

namespace descent::core {

inline constexpr int64_t kMostMilestones = 1000;

// How many milestones are <= step; they ascend.
size_t MilestonesReached(absl::Span<const int64_t> milestones, int64_t step);

// Adds a violation for the first value of the list field `milestones` that is not above the one before it.
void CheckMilestonesAscend(const Config& config, absl::string_view path, Violations* violations);

}  // namespace descent::core

#endif  // DESCENT_CORE_SCHEDULES_MILESTONES_H_
