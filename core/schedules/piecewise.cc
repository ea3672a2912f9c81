#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/schedules/kinds.h"
#include "core/schedules/milestones.h"

namespace descent::core {
namespace {

constexpr absl::string_view kInterpolations[] = {"constant", "linear"};
enum class Interpolation { kConstant, kLinear };

constexpr FieldInfo kFields[] = {
    IntegerList("milestones", "Steps at which the factors are reached, in ascending order; before the first comes 1.",
                Default::kRequired, AtLeast(0), kMostMilestones, "steps"),
    NumberList("factors", "Factors, one a milestone.", Default::kRequired, NonNegative(), kMostMilestones),
    Choice("interpolation", "What is between two milestones: the factor of the first, or a straight line.", 0,
           kInterpolations),
};

class PiecewiseSchedule final : public Schedule {
 public:
  // Milestones and factors with those of step 0 in front.
  PiecewiseSchedule(std::vector<int64_t> milestones, std::vector<double> factors, Interpolation interpolation)
      : milestones_(std::move(milestones)), factors_(std::move(factors)), interpolation_(interpolation) {}

  double Factor(int64_t step) const override {
    const size_t next = MilestonesReached(milestones_, step);  // >= 1: the first is 0
    if (next == milestones_.size() || interpolation_ == Interpolation::kConstant) return factors_[next - 1];
    const auto length = static_cast<double>(milestones_[next] - milestones_[next - 1]);
    // Weighted ends instead of a difference, which would lose digits near a factor of 0.
    return factors_[next - 1] * (static_cast<double>(milestones_[next] - step) / length) +
           factors_[next] * (static_cast<double>(step - milestones_[next - 1]) / length);
  }

 private:
  const std::vector<int64_t> milestones_;
  const std::vector<double> factors_;
  const Interpolation interpolation_;
};

std::unique_ptr<Schedule> Make(const Config& config) {
  std::vector<int64_t> milestones = config.integers("milestones");
  std::vector<double> factors = config.numbers("factors");
  if (milestones.empty() || milestones.front() > 0) {
    milestones.insert(milestones.begin(), 0);
    factors.insert(factors.begin(), 1.0);
  }
  return std::make_unique<PiecewiseSchedule>(std::move(milestones), std::move(factors),
                                             static_cast<Interpolation>(config.choice("interpolation")));
}

void Check(const Config& config, absl::string_view path, Violations* violations) {
  CheckMilestonesAscend(config, path, violations);
  const size_t milestones = config.integers("milestones").size();
  const size_t factors = config.numbers("factors").size();
  if (factors == milestones) return;
  violations->Add(FieldPath(path, "factors"),
                  absl::StrCat("must have ", milestones, " values, one a milestone, had ", factors));
}

}  // namespace

const constinit ScheduleInfo kPiecewiseSchedule = {
    .kind = {.name = "piecewise",
             .summary = "Factors given at milestones, as stairs or joined by straight lines; any schedule can be "
                        "written so.",
             .formula = "constant: factors[i] for milestones[i] <= t < milestones[i+1]; linear: the line through "
                        "(milestones[i], factors[i]) and (milestones[i+1], factors[i+1]); 1 before the first "
                        "milestone, the last factor after the last; the line to the first begins at (0, 1)",
             .reference = "tf.keras.optimizers.schedules.PiecewiseConstantDecay, optax.piecewise_interpolate_schedule",
             .fields = kFields,
             .check = Check},
    .make = Make};

}  // namespace descent::core
