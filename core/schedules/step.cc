#include <cmath>
#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("period", "Length of a stair.", Default::kRequired),
    Number("factor", "Factor at each stair.", 0.1, OpenClosed(0, 1)),
};

class StepSchedule final : public Schedule {
 public:
  StepSchedule(int64_t period, double factor) : period_(period), factor_(factor) {}

  double Factor(int64_t step) const override { return std::pow(factor_, static_cast<double>(step / period_)); }

 private:
  const int64_t period_;
  const double factor_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<StepSchedule>(config.steps("period"), config.number("factor"));
}

}  // namespace

const constinit ScheduleInfo kStepSchedule = {
    .kind = {.name = "step",
             .summary = "A staircase: the rate drops by a factor every period.",
             .formula = "factor^floor(t/period)",
             .reference = "He et al., \"Deep residual learning for image recognition\", CVPR 2016, section 3.4; in the "
                          "form of torch.optim.lr_scheduler.StepLR",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
