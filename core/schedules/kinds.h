// The rows of the schedule table, one a file. For schedules.cc, which lists them.
#ifndef DESCENT_CORE_SCHEDULES_KINDS_H_
#define DESCENT_CORE_SCHEDULES_KINDS_H_

#include "core/schedules/schedule.h"

namespace descent::core {

extern const ScheduleInfo kConstantSchedule;
extern const ScheduleInfo kStepSchedule;
extern const ScheduleInfo kMultistepSchedule;
extern const ScheduleInfo kPiecewiseSchedule;
extern const ScheduleInfo kExponentialSchedule;
extern const ScheduleInfo kInverseTimeSchedule;
extern const ScheduleInfo kInverseSqrtSchedule;
extern const ScheduleInfo kLinearSchedule;
extern const ScheduleInfo kPolynomialSchedule;
extern const ScheduleInfo kCosineSchedule;
extern const ScheduleInfo kCosineRestartsSchedule;
extern const ScheduleInfo kOneCycleSchedule;
extern const ScheduleInfo kCyclicSchedule;
extern const ScheduleInfo kWarmupStableDecaySchedule;

}  // namespace descent::core

#endif  // DESCENT_CORE_SCHEDULES_KINDS_H_
