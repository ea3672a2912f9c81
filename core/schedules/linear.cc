#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    IntervalField("length", "Length of the line; when not given, the job's whole step budget.", Default::kStepBudget),
    Number("start_factor", "Factor at step 0.", 1, NonNegative()),
    Number("end_factor", "Factor that is reached and held.", 0, NonNegative()),
};

class LinearSchedule final : public Schedule {
 public:
  LinearSchedule(int64_t length, double start, double end) : length_(length), start_(start), end_(end) {}

  double Factor(int64_t step) const override {
    if (step >= length_) return end_;
    // Weighted ends instead of a difference, which would lose digits near a factor of 0.
    const auto length = static_cast<double>(length_);
    return start_ * (static_cast<double>(length_ - step) / length) + end_ * (static_cast<double>(step) / length);
  }

 private:
  const int64_t length_;
  const double start_;
  const double end_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  return std::make_unique<LinearSchedule>(config.steps("length"), config.number("start_factor"),
                                          config.number("end_factor"));
}

}  // namespace

const constinit ScheduleInfo kLinearSchedule = {
    .kind = {.name = "linear",
             .summary = "A straight line from one factor to another, which is then held.",
             .formula = "start_factor + (end_factor - start_factor) * min(t, length)/length",
             .reference = "Defazio et al., \"Optimal linear decay learning rate schedules and further refinements\", "
                          "2023, arXiv:2310.07831; in the form of torch.optim.lr_scheduler.LinearLR",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
