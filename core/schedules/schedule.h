// Factors of the learning rate, and what goes with it: pure functions of the step. One file a kind; schedules.cc lists
// them.
#ifndef DESCENT_CORE_SCHEDULES_SCHEDULE_H_
#define DESCENT_CORE_SCHEDULES_SCHEDULE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/types/span.h"
#include "core/base/fields.h"

namespace descent::core {

// Thread-safety: immutable.
class Schedule {
 public:
  virtual ~Schedule() = default;
  // Factor of update `step` -> `step`+1; step >= 0. Never recursive, so it is exact at any step.
  virtual double Factor(int64_t step) const = 0;
  // What the optimizer's momentum is in that update, in place of its own; none: its own.
  virtual std::optional<double> Momentum(int64_t /*step*/) const { return std::nullopt; }
};

// A row of the schedule table.
struct ScheduleInfo {
  KindInfo kind;
  // All intervals are in steps.
  std::unique_ptr<Schedule> (*make)(const Config& config);
};

// All schedules, in the order of the documentation.
absl::Span<const ScheduleInfo* const> Schedules();

// Linear rise before a schedule, which then starts at its own step 0: start_factor + (1 - start_factor) * t / length
// for t < length. Fields `length` (interval, required) and `start_factor`.
const KindInfo& WarmupInfo();

// `warmup.info()` may be null: none.
std::unique_ptr<Schedule> MakeSchedule(const Config& schedule, const Config& warmup);

}  // namespace descent::core

#endif  // DESCENT_CORE_SCHEDULES_SCHEDULE_H_
