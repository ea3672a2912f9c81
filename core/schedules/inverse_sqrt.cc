#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("timescale", "Length over which the factor falls from 1 to 1/sqrt(2), from where the fall begins.",
                  Default::kRequired),
    Boolean("hold",
            "Whether the factor is 1 for one timescale before it falls. Without it the fall begins at once: after a "
            "warm-up as long as the timescale that is the schedule of the Transformer.",
            true),
};

class InverseSqrtSchedule final : public Schedule {
 public:
  InverseSqrtSchedule(int64_t timescale, bool hold) : timescale_(timescale), hold_(hold) {}

  double Factor(int64_t step) const override {
    const int64_t time = hold_ ? std::max(step, timescale_) : step + timescale_;
    return std::sqrt(static_cast<double>(timescale_) / static_cast<double>(time));
  }

 private:
  const int64_t timescale_;
  const bool hold_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<InverseSqrtSchedule>(config.steps("timescale"), config.boolean("hold"));
}

}  // namespace

const constinit ScheduleInfo kInverseSqrtSchedule = {
    .kind = {.name = "inverse_sqrt",
             .summary = "A slow decay with the square root of the step.",
             .formula = "sqrt(timescale/max(t, timescale)) with hold, sqrt(timescale/(t + timescale)) without",
             .reference = "Vaswani et al., \"Attention is all you need\", NIPS 2017, arXiv:1706.03762, section 5.3 "
                          "(without hold, after a warm-up); Raffel et al., \"Exploring the limits of transfer learning "
                          "with a unified text-to-text transformer\", JMLR 21, 2020, section 3.1.2 (with hold)",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
