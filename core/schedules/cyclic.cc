#include <cmath>
#include <cstdint>
#include <memory>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

constexpr absl::string_view kModes[] = {"triangular", "triangular2", "exp_range"};
enum class Mode { kTriangular, kTriangular2, kExpRange };

constexpr FieldInfo kFields[] = {
    IntervalField("rise", "Length of a rise.", Default::kRequired),
    IntervalField("fall", "Length of a fall; when not given, that of a rise.", Default::kDepends),
    Number("minimum_factor", "Factor from which each cycle rises.", 0.25, Closed(0, 1)),
    Choice("mode",
           "Height of the cycles: all alike, halved from each to the next, or shrinking by a factor at every step.", 0,
           kModes),
    Number("decay", "Factor of the height per step; only of exp_range.", 0.9999, OpenClosed(0, 1), "per step"),
};

class CyclicSchedule final : public Schedule {
 public:
  explicit CyclicSchedule(const Config& config)
      : rise_(config.steps("rise")),
        fall_(config.has("fall") ? config.steps("fall") : rise_),
        minimum_(config.number("minimum_factor")),
        mode_(static_cast<Mode>(config.choice("mode"))),
        decay_(config.number("decay")) {}

  double Factor(int64_t step) const override {
    const int64_t place = step % (rise_ + fall_);
    const double part = place <= rise_ ? static_cast<double>(place) / static_cast<double>(rise_)
                                       : static_cast<double>(rise_ + fall_ - place) / static_cast<double>(fall_);
    return minimum_ + (1 - minimum_) * Height(step) * part;
  }

 private:
  double Height(int64_t step) const {
    switch (mode_) {
      case Mode::kTriangular:
        break;
      case Mode::kTriangular2:
        return std::pow(0.5, static_cast<double>(step / (rise_ + fall_)));
      case Mode::kExpRange:
        return std::pow(decay_, static_cast<double>(step));
    }
    return 1;
  }

  const int64_t rise_;
  const int64_t fall_;
  const double minimum_;
  const Mode mode_;
  const double decay_;
};

std::unique_ptr<Schedule> Make(const Config& config) { return std::make_unique<CyclicSchedule>(config); }

}  // namespace

const constinit ScheduleInfo kCyclicSchedule = {
    .kind = {.name = "cyclic",
             .summary = "A triangle from a minimum up to the optimizer's learning rate and back, again and again.",
             .formula = "minimum_factor + (1-minimum_factor) * h * triangle(t), the triangle between 0 and 1; h = 1 "
                        "(triangular), 2^-floor(t/(rise+fall)) (triangular2), decay^t (exp_range)",
             .reference = "Smith, \"Cyclical learning rates for training neural networks\", WACV 2017, "
                          "arXiv:1506.01186; in the form of torch.optim.lr_scheduler.CyclicLR",
             .fields = kFields},
    .make = Make};

}  // namespace descent::core
