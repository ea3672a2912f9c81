#include "core/schedules/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <numbers>
#include <vector>

#include "core/schedules/kinds.h"

namespace descent::core {
namespace {

const std::vector<int64_t> kSteps = {0, 1, 2, 99, 100, 101, 500, 999, 1000, 1001, 12345, 999'999, 1'000'000};

// Compares a schedule with its closed form in long double.
template <typename Formula>
void ExpectFormula(const Config& config, Formula formula) {
  const std::unique_ptr<Schedule> schedule = MakeSchedule(config, Config());
  for (const int64_t step : kSteps) {
    const auto expected = static_cast<double>(formula(static_cast<long double>(step)));
    EXPECT_NEAR(schedule->Factor(step), expected, 1e-13 * std::abs(expected) + 1e-300) << "step " << step;
  }
}

TEST(ScheduleTest, Constant) {
  ExpectFormula(Config(&kConstantSchedule.kind), [](long double) { return 1.0L; });
}

TEST(ScheduleTest, Step) {
  Config config(&kStepSchedule.kind);
  config.SetSteps("period", 100);
  config.SetNumber("factor", 0.5);
  ExpectFormula(config, [](long double t) { return std::pow(0.5L, std::floor(t / 100)); });
}

TEST(ScheduleTest, Exponential) {
  Config config(&kExponentialSchedule.kind);
  config.SetSteps("period", 1000);
  ExpectFormula(config, [](long double t) { return std::pow(static_cast<long double>(0.95), t / 1000); });
}

TEST(ScheduleTest, InverseTime) {
  ExpectFormula(Config(&kInverseTimeSchedule.kind),
                [](long double t) { return 1 / (1 + static_cast<long double>(0.001) * t); });
}

TEST(ScheduleTest, CosineHoldsItsMinimum) {
  Config config(&kCosineSchedule.kind);
  config.SetSteps("period", 1000);
  config.SetNumber("minimum_factor", 0.125);
  ExpectFormula(config, [](long double t) {
    return t >= 1000 ? 0.125L : 0.125L + 0.4375L * (1 + std::cos(std::numbers::pi_v<long double> * t / 1000));
  });
}

TEST(ScheduleTest, WarmupComesBeforeTheSchedulesOwnStepZero) {
  Config step(&kStepSchedule.kind);
  step.SetSteps("period", 10);
  Config warmup(&WarmupInfo());
  warmup.SetSteps("length", 4);
  warmup.SetNumber("start_factor", 0.2);
  const std::unique_ptr<Schedule> schedule = MakeSchedule(step, warmup);
  const std::vector<double> rise = {0.2, 0.4, 0.6, 0.8, 1};
  for (size_t t = 0; t < rise.size(); ++t) EXPECT_DOUBLE_EQ(schedule->Factor(static_cast<int64_t>(t)), rise[t]);
  EXPECT_DOUBLE_EQ(schedule->Factor(13), 1);
  EXPECT_DOUBLE_EQ(schedule->Factor(14), 0.1);
}

TEST(ScheduleTest, FactorsAreFiniteAndNeverRiseWithoutWarmup) {
  for (const ScheduleInfo* info : Schedules()) {
    Config config(&info->kind);
    if (info->kind.FindField("period") != nullptr) config.SetSteps("period", 7);
    Violations violations;
    config.Validate("schedule", &violations);
    EXPECT_TRUE(violations.empty());
    const std::unique_ptr<Schedule> schedule = MakeSchedule(config, Config());
    double previous = 1;
    for (int64_t step = 0; step < 100; ++step) {
      const double factor = schedule->Factor(step);
      EXPECT_TRUE(factor >= 0 && factor <= previous) << info->kind.name << " at " << step;
      previous = factor;
    }
    EXPECT_TRUE(std::isfinite(schedule->Factor(int64_t{1} << 53)));
  }
}

}  // namespace
}  // namespace descent::core
