#include <cmath>
#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("period", "Length over which the factor is applied once.", Default::kValue, 1),
    Number("factor", "Factor per period.", 0.95, OpenClosed(0, 1)),
};

class ExponentialSchedule final : public Schedule {
 public:
  ExponentialSchedule(int64_t period, double factor) : period_(static_cast<double>(period)), factor_(factor) {}

  double Factor(int64_t step) const override { return std::pow(factor_, static_cast<double>(step) / period_); }

 private:
  const double period_;
  const double factor_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<ExponentialSchedule>(config.steps("period"), config.number("factor"));
}

}  // namespace

const constinit ScheduleInfo kExponentialSchedule = {
    .kind = {.name = "exponential",
             .summary = "A smooth geometric decay.",
             .formula = "factor^(t/period)",
             .reference = "Senior et al., \"An empirical study of learning rates in deep neural networks for speech "
                          "recognition\", ICASSP 2013 (exponential scheduling)",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
