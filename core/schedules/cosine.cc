#include <cstdint>
#include <memory>

#include "core/schedules/half_cosine.h"
#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("period", "Length of the fall; when not given, the job's whole step budget.", Default::kStepBudget),
    Number("minimum_factor", "Factor that is reached and held.", 0, Closed(0, 1)),
};

class CosineSchedule final : public Schedule {
 public:
  CosineSchedule(int64_t period, double minimum) : period_(period), minimum_(minimum) {}

  double Factor(int64_t step) const override {
    if (step >= period_) return minimum_;
    return minimum_ + (1 - minimum_) * HalfCosine(static_cast<double>(period_ - step), static_cast<double>(period_));
  }

 private:
  const int64_t period_;
  const double minimum_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<CosineSchedule>(config.steps("period"), config.number("minimum_factor"));
}

}  // namespace

const constinit ScheduleInfo kCosineSchedule = {
    .kind = {.name = "cosine",
             .summary = "Half a cosine from 1 down to a minimum, which is then held.",
             .formula = "minimum_factor + (1-minimum_factor)/2 * (1 + cos(pi*t/period)), from t = period on "
                        "minimum_factor",
             .reference = "Loshchilov and Hutter, \"SGDR: stochastic gradient descent with warm restarts\", ICLR 2017, "
                          "arXiv:1608.03983, without its restarts",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
