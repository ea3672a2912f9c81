#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr absl::string_view kForms[] = {"linear", "one_minus_sqrt"};
enum class Form { kLinear, kOneMinusSqrt };

constexpr FieldInfo kFields[] = {
    IntervalField("length", "Length of the stable part and the decay; when not given, the job's whole step budget.",
                  Default::kStepBudget),
    Number("decay_fraction", "Part of the length, at its end, in which the factor falls, rounded to whole steps.", 0.2,
           OpenClosed(0, 1)),
    Choice("decay_form", "How the factor falls: along a straight line, or with one minus the square root.", 0, kForms),
    Number("final_factor", "Factor that is reached and held.", 0, Closed(0, 1)),
};

class WarmupStableDecaySchedule final : public Schedule {
 public:
  explicit WarmupStableDecaySchedule(const Config& config)
      : length_(config.steps("length")),
        decay_(std::max<int64_t>(1, std::llround(config.number("decay_fraction") * static_cast<double>(length_)))),
        form_(static_cast<Form>(config.choice("decay_form"))),
        final_(config.number("final_factor")) {}

  double Factor(int64_t step) const override {
    if (step <= length_ - decay_) return 1;
    if (step >= length_) return final_;
    const double left = static_cast<double>(length_ - step) / static_cast<double>(decay_);
    return final_ + (1 - final_) * (form_ == Form::kLinear ? left : OneMinusSqrt(left));
  }

 private:
  // 1 - sqrt(1 - left), without the difference, which would lose digits near the end.
  static double OneMinusSqrt(double left) { return left / (1 + std::sqrt(1 - left)); }

  const int64_t length_;
  const int64_t decay_;
  const Form form_;
  const double final_;
};

std::unique_ptr<Schedule> Make(const Config& config) { return std::make_unique<WarmupStableDecaySchedule>(config); }

}  // namespace

const constinit ScheduleInfo kWarmupStableDecaySchedule = {
    .kind = {.name = "warmup_stable_decay",
             .summary = "The optimizer's learning rate, usually after a warm-up, and a fall at the very end: a run can "
                        "be prolonged from before the fall.",
             .formula = "1 for t <= length - d, d = decay_fraction*length; then final_factor + (1-final_factor) * (1-u "
                        "or 1-sqrt(u)), u = (t - length + d)/d",
             .reference = "Hu et al., \"MiniCPM\", 2024, arXiv:2404.06395, section 4; Haegele et al., \"Scaling laws "
                          "and compute-optimal training beyond fixed training durations\", NeurIPS 2024, "
                          "arXiv:2405.18392 (1-sqrt)",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
