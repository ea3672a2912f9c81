#include <cstdint>
#include <memory>

#include "core/schedules/half_cosine.h"
#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr absl::string_view kAnnealings[] = {"cosine", "linear"};
enum class Annealing { kCosine, kLinear };

constexpr FieldInfo kFields[] = {
    IntervalField("length", "Length of rise and fall together; when not given, the job's whole step budget.",
                  Default::kStepBudget),
    Number("rise_fraction", "Part of the length in which the factor rises.", 0.3, Closed(0, 1)),
    Number("initial_divisor", "What 1 is divided by to give the factor at step 0.", 25, AtLeast(1)),
    Number("final_divisor", "What the factor at step 0 is divided by to give the last one, which is held.", 1e4,
           AtLeast(1)),
    Choice("annealing", "Shape of rise and fall.", 0, kAnnealings),
};

class OneCycleSchedule final : public Schedule {
 public:
  explicit OneCycleSchedule(const Config& config)
      : peak_(config.number("rise_fraction") * static_cast<double>(config.steps("length")) - 1),
        end_(static_cast<double>(config.steps("length") - 1)),
        initial_(1 / config.number("initial_divisor")),
        final_(initial_ / config.number("final_divisor")),
        annealing_(static_cast<Annealing>(config.choice("annealing"))) {}

  double Factor(int64_t step) const override {
    const auto time = static_cast<double>(step);
    if (time <= peak_ && peak_ > 0) return initial_ * (1 - Shape(time, peak_)) + Shape(time, peak_);
    if (time >= end_) return final_;
    return final_ + (1 - final_) * Shape(end_ - time, end_ - peak_);
  }

 private:
  // From 0 at `part` = 0 to 1 at `part` = `whole`.
  double Shape(double part, double whole) const {
    return annealing_ == Annealing::kCosine ? HalfCosine(part, whole) : part / whole;
  }

  const double peak_;  // step of the factor 1; below 0 when nothing rises
  const double end_;   // step of the final factor
  const double initial_;
  const double final_;
  const Annealing annealing_;
};

std::unique_ptr<Schedule> Make(const Config& config) { return std::make_unique<OneCycleSchedule>(config); }

}  // namespace

const constinit ScheduleInfo kOneCycleSchedule = {
    .kind = {.name = "one_cycle",
             .summary = "One rise to the optimizer's learning rate and one fall to far below where it began.",
             .formula = "from 1/initial_divisor at t = 0 to 1 at t = p = rise_fraction*length - 1, then to "
                        "1/(initial_divisor*final_divisor) at t = length - 1, along half cosines or straight lines; "
                        "for p < 0 the fall begins at p",
             .reference = "Smith and Topin, \"Super-convergence\", 2017, arXiv:1708.07120; in the form of "
                          "torch.optim.lr_scheduler.OneCycleLR, of the learning rate alone",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
