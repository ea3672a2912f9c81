#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("rate", "Decay of the factor's reciprocal.", 1e-3, NonNegative(), "per step"),
};

class InverseTimeSchedule final : public Schedule {
 public:
  explicit InverseTimeSchedule(double rate) : rate_(rate) {}

  double Factor(int64_t step) const override { return 1 / (1 + rate_ * static_cast<double>(step)); }

 private:
  const double rate_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<InverseTimeSchedule>(config.number("rate"));
}

}  // namespace

const constinit ScheduleInfo kInverseTimeSchedule = {
    .kind = {.name = "inverse_time",
             .summary = "Hyperbolic decay: its steps shrink to 0, yet their sum has no bound.",
             .formula = "1/(1 + rate*t)",
             .reference = "Robbins and Monro, \"A stochastic approximation method\", Annals of Mathematical Statistics "
                          "22, 1951",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
