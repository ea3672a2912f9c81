#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "core/schedules/schedule.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("length", "Length of the rise.", Default::kRequired),
    Number("start_factor", "Factor at step 0.", 0, Closed(0, 1)),
};

constexpr KindInfo kWarmup = {
    .name = "warmup",
    .summary = "A linear rise of the factor to 1 before the schedule, which then starts at its own step 0.",
    .formula = "start_factor + (1-start_factor) * t/length for t < length, then schedule(t - length)",
    .reference = "Goyal et al., \"Accurate, large minibatch SGD\", 2017, arXiv:1706.02677, section 2.2",
    .fields = kFields};

class WarmupSchedule final : public Schedule {
 public:
  WarmupSchedule(int64_t length, double start, std::unique_ptr<Schedule> then)
      : length_(length), start_(start), then_(std::move(then)) {}

  double Factor(int64_t step) const override {
    if (step >= length_) return then_->Factor(step - length_);
    return start_ + (1 - start_) * (static_cast<double>(step) / static_cast<double>(length_));
  }
  std::optional<double> Momentum(int64_t step) const override {
    return then_->Momentum(std::max<int64_t>(0, step - length_));
  }

 private:
  const int64_t length_;
  const double start_;
  const std::unique_ptr<Schedule> then_;
};

}  // namespace

const KindInfo& WarmupInfo() { return kWarmup; }

std::unique_ptr<Schedule> MakeSchedule(const Config& schedule, const Config& warmup) {
  for (const ScheduleInfo* info : Schedules()) {
    if (&info->kind != schedule.info()) continue;
    std::unique_ptr<Schedule> made = info->make(schedule);
    if (warmup.info() == nullptr) return made;
    return std::make_unique<WarmupSchedule>(warmup.steps("length"), warmup.number("start_factor"), std::move(made));
  }
  std::abort();
}

}  // namespace descent::core
