#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"
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
    Boolean("cycle_momentum",
            "Whether the optimizer's momentum (beta1 of the kinds of Adam) falls while the factor rises, and rises "
            "while it falls; it stands in place of the optimizer's own.",
            false),
    Number("base_momentum", "Momentum where the factor is 1, with cycle_momentum.", 0.85, ClosedOpen(0, 1)),
    Number("max_momentum", "Momentum at step 0 and at the end, with cycle_momentum.", 0.95, ClosedOpen(0, 1)),
};

class OneCycleSchedule final : public Schedule {
 public:
  explicit OneCycleSchedule(const Config& config)
      : peak_(config.number("rise_fraction") * static_cast<double>(config.steps("length")) - 1),
        end_(static_cast<double>(config.steps("length") - 1)),
        initial_(1 / config.number("initial_divisor")),
        final_(initial_ / config.number("final_divisor")),
        annealing_(static_cast<Annealing>(config.choice("annealing"))),
        cycles_momentum_(config.boolean("cycle_momentum")),
        base_momentum_(config.number("base_momentum")),
        max_momentum_(config.number("max_momentum")) {}

  double Factor(int64_t step) const override {
    const double height = Height(step);
    if (Rises(step)) return initial_ * (1 - height) + height;
    return final_ + (1 - final_) * height;
  }

  std::optional<double> Momentum(int64_t step) const override {
    if (!cycles_momentum_) return std::nullopt;
    return max_momentum_ + (base_momentum_ - max_momentum_) * Height(step);
  }

 private:
  bool Rises(int64_t step) const { return static_cast<double>(step) <= peak_ && peak_ > 0; }

  // From 0 at step 0 to 1 at the peak and back to 0 at the end.
  double Height(int64_t step) const {
    const auto time = static_cast<double>(step);
    if (Rises(step)) return Shape(time, peak_);
    return time >= end_ ? 0 : Shape(end_ - time, end_ - peak_);
  }

  // From 0 at `part` = 0 to 1 at `part` = `whole`.
  double Shape(double part, double whole) const {
    return annealing_ == Annealing::kCosine ? HalfCosine(part, whole) : part / whole;
  }

  const double peak_;  // step of the factor 1; below 0 when nothing rises
  const double end_;   // step of the final factor
  const double initial_;
  const double final_;
  const Annealing annealing_;
  const bool cycles_momentum_;
  const double base_momentum_;
  const double max_momentum_;
};

std::unique_ptr<Schedule> Make(const Config& config) { return std::make_unique<OneCycleSchedule>(config); }

void Check(const Config& config, absl::string_view path, Violations* violations) {
  const double base = config.number("base_momentum");
  const double largest = config.number("max_momentum");
  if (base <= largest) return;
  violations->Add(FieldPath(path, "base_momentum"), absl::StrCat("must be <= max_momentum, which is ",
                                                                 ShortestText(largest), ", was ", ShortestText(base)));
}

}  // namespace

const constinit ScheduleInfo kOneCycleSchedule = {
    .kind = {.name = "one_cycle",
             .summary = "One rise to the optimizer's learning rate and one fall to far below where it began.",
             .formula = "from 1/initial_divisor at t = 0 to 1 at t = p = rise_fraction*length - 1, then to "
                        "1/(initial_divisor*final_divisor) at t = length - 1, along half cosines or straight lines; "
                        "for p < 0 the fall begins at p; with cycle_momentum the momentum goes from max_momentum to "
                        "base_momentum and back at the same steps along the same shapes",
             .reference = "Smith and Topin, \"Super-convergence\", 2017, arXiv:1708.07120; in the form of "
                          "torch.optim.lr_scheduler.OneCycleLR, whose cycle_momentum is true by default",
             .fields = kFields,
             .check = Check},
    .make = Make};

}  // namespace descent::core
