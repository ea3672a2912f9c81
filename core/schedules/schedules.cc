#include <array>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr std::array<const ScheduleInfo*, 5> kSchedules = {&kConstantSchedule, &kStepSchedule, &kExponentialSchedule,
                                                           &kInverseTimeSchedule, &kCosineSchedule};

}  // namespace

absl::Span<const ScheduleInfo* const> Schedules() { return kSchedules; }

}  // namespace descent::core
