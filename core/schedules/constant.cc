#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

class ConstantSchedule final : public Schedule {
 public:
  double Factor(int64_t /*step*/) const override { return 1; }
};

std::unique_ptr<Schedule> Make(const Config& /*config*/) { return std::make_unique<ConstantSchedule>(); }

}  // namespace

const constinit ScheduleInfo kConstantSchedule = {
    .kind = {.name = "constant",
             .summary = "The optimizer's learning rate at every step.",
             .formula = "1",
             .reference = "Nesterov, \"Introductory Lectures on Convex Optimization\", 2004, section 1.2: enough for "
                          "smooth functions and full batches",
             .fields = {}},
    .make = Make};

}  // namespace descent::core
