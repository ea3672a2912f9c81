#include <cmath>
#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("length", "Length of the fall; when not given, the job's whole step budget.", Default::kStepBudget),
    Number("power", "Exponent: 1 is a straight line, more falls sooner.", 1, Positive()),
    Number("final_factor", "Factor that is reached and held.", 0, Closed(0, 1)),
};

class PolynomialSchedule final : public Schedule {
 public:
  PolynomialSchedule(int64_t length, double power, double final_factor)
      : length_(length), power_(power), final_(final_factor) {}

  double Factor(int64_t step) const override {
    if (step >= length_) return final_;
    const double left = static_cast<double>(length_ - step) / static_cast<double>(length_);
    return final_ + (1 - final_) * std::pow(left, power_);
  }

 private:
  const int64_t length_;
  const double power_;
  const double final_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<PolynomialSchedule>(config.steps("length"), config.number("power"),
                                              config.number("final_factor"));
}

}  // namespace

const constinit ScheduleInfo kPolynomialSchedule = {
    .kind = {.name = "polynomial",
             .summary = "A power of what is left of the run, down to a factor that is then held.",
             .formula = "final_factor + (1-final_factor) * (1 - min(t, length)/length)^power",
             .reference = "Chen et al., \"DeepLab\", 2016, arXiv:1606.00915, section 4.1.2 (the poly policy); without "
                          "a final factor as torch.optim.lr_scheduler.PolynomialLR",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
