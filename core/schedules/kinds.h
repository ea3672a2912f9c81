// The rows of the schedule table, one a file. For schedules.cc, which lists them.
#ifndef DESCENT_CORE_SCHEDULES_KINDS_H_
#define DESCENT_CORE_SCHEDULES_KINDS_H_

#include "core/schedules/schedule.h"

namespace descent::core {

extern const ScheduleInfo kConstantSchedule;
extern const ScheduleInfo kStepSchedule;
extern const ScheduleInfo kExponentialSchedule;
extern const ScheduleInfo kInverseTimeSchedule;
extern const ScheduleInfo kCosineSchedule;

}  // namespace descent::core

#endif  // DESCENT_CORE_SCHEDULES_KINDS_H_
