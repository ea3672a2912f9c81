#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/schedules/kinds.h"
#include "core/schedules/milestones.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntegerList("milestones", "Steps from which on the factor is applied once more, in ascending order.",
                Default::kRequired, AtLeast(1), kMostMilestones, "steps"),
    Number("factor", "Factor at each milestone.", 0.1, OpenClosed(0, 1)),
};

class MultistepSchedule final : public Schedule {
 public:
  MultistepSchedule(std::vector<int64_t> milestones, double factor)
      : milestones_(std::move(milestones)), factor_(factor) {}

  double Factor(int64_t step) const override {
    return std::pow(factor_, static_cast<double>(MilestonesReached(milestones_, step)));
  }

 private:
  const std::vector<int64_t> milestones_;
  const double factor_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<MultistepSchedule>(config.integers("milestones"), config.number("factor"));
}

}  // namespace

const constinit ScheduleInfo kMultistepSchedule = {
    .kind = {.name = "multistep",
             .summary = "A staircase with stairs of any lengths: the rate drops by a factor at each milestone.",
             .formula = "factor^(number of milestones <= t)",
             .reference = "Zagoruyko and Komodakis, \"Wide residual networks\", BMVC 2016, section 3; in the form of "
                          "torch.optim.lr_scheduler.MultiStepLR",
             .fields = kFields,
             .check = CheckMilestonesAscend},
    .make = Make};

}  // namespace descent::core
