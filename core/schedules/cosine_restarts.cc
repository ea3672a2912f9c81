#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "core/schedules/half_cosine.h"
#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("first_period", "Length of the first fall.", Default::kRequired),
    Number("multiplier", "Factor from the length of one fall to that of the next.", 1, Closed(1, 1000)),
    Number("minimum_factor", "Factor at the end of each fall.", 0, Closed(0, 1)),
};

class CosineRestartsSchedule final : public Schedule {
 public:
  CosineRestartsSchedule(int64_t first_period, double multiplier, double minimum)
      : first_(static_cast<double>(first_period)), multiplier_(multiplier), minimum_(minimum) {}

  double Factor(int64_t step) const override {
    const auto time = static_cast<double>(step);
    const double cycle = CycleAt(time);
    const double period = first_ * std::pow(multiplier_, cycle);
    const double left = std::clamp(StartOf(cycle) - time + period, 0.0, period);
    return minimum_ + (1 - minimum_) * HalfCosine(left, period);
  }

 private:
  // The step at which a cycle starts: first * (1 + multiplier + ... + multiplier^(cycle-1)). Whole multipliers give
  // whole numbers, exact below 2^53.
  double StartOf(double cycle) const {
    if (multiplier_ == 1) return first_ * cycle;
    // A power near 1 less 1 loses digits.
    constexpr double kNearOne = 1.125;
    const double growth =
        multiplier_ < kNearOne ? std::expm1(cycle * std::log(multiplier_)) : std::pow(multiplier_, cycle) - 1;
    return first_ * (growth / (multiplier_ - 1));
  }

  // The largest cycle that starts at or before the time. The logarithm's rounding may miss it by one at a start.
  double CycleAt(double time) const {
    double cycle = multiplier_ == 1 ? std::floor(time / first_)
                                    : std::floor(std::log1p(time / first_ * (multiplier_ - 1)) / std::log(multiplier_));
    if (StartOf(cycle) > time) return cycle - 1;
    return StartOf(cycle + 1) <= time ? cycle + 1 : cycle;
  }

  const double first_;
  const double multiplier_;
  const double minimum_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<CosineRestartsSchedule>(config.steps("first_period"), config.number("multiplier"),
                                                  config.number("minimum_factor"));
}

}  // namespace

const constinit ScheduleInfo kCosineRestartsSchedule = {
    .kind = {.name = "cosine_restarts",
             .summary = "Half a cosine from 1 down to a minimum, again and again, each fall longer than the last by a "
                        "factor.",
             .formula = "minimum_factor + (1-minimum_factor)/2 * (1 + cos(pi*(t - s_i)/p_i)), p_i = "
                        "first_period*multiplier^i, s_i = p_0 + ... + p_(i-1) <= t < s_(i+1)",
             .reference = "Loshchilov and Hutter, \"SGDR: stochastic gradient descent with warm restarts\", ICLR 2017, "
                          "arXiv:1608.03983",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
