#include <array>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr std::array<const ScheduleInfo*, 14> kSchedules = {&kConstantSchedule,       &kStepSchedule,
                                                            &kMultistepSchedule,      &kPiecewiseSchedule,
                                                            &kExponentialSchedule,    &kInverseTimeSchedule,
                                                            &kInverseSqrtSchedule,    &kLinearSchedule,
                                                            &kPolynomialSchedule,     &kCosineSchedule,
                                                            &kCosineRestartsSchedule, &kOneCycleSchedule,
                                                            &kCyclicSchedule,         &kWarmupStableDecaySchedule};

}  // namespace

absl::Span<const ScheduleInfo* const> Schedules() { return kSchedules; }

}  // namespace descent::core
