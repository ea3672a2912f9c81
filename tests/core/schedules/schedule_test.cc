#include "core/schedules/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

TEST(ScheduleTest, Multistep) {
  Config config(&kMultistepSchedule.kind);
  config.SetIntegers("milestones", {1, 100, 101, 999'999, 1'000'000});
  config.SetNumber("factor", 0.5);
  ExpectFormula(config, [](long double t) {
    int reached = 0;
    for (const long double milestone : {1.0L, 100.0L, 101.0L, 999'999.0L, 1'000'000.0L}) reached += milestone <= t;
    return std::pow(0.5L, reached);
  });
}

TEST(ScheduleTest, PiecewiseStairsAndLines) {
  Config config(&kPiecewiseSchedule.kind);
  config.SetIntegers("milestones", {100, 1000});
  config.SetNumbers("factors", {3, 0.5});
  ExpectFormula(config, [](long double t) { return t < 100 ? 1.0L : t < 1000 ? 3.0L : 0.5L; });
  config.SetChoice("interpolation", "linear");
  ExpectFormula(config, [](long double t) {
    return t < 100 ? 1 + 2 * t / 100 : t < 1000 ? 3 - 2.5L * (t - 100) / 900 : 0.5L;
  });
}

TEST(ScheduleTest, InverseSqrtHoldsOrContinuesAWarmup) {
  Config config(&kInverseSqrtSchedule.kind);
  config.SetSteps("timescale", 100);
  ExpectFormula(config, [](long double t) { return std::sqrt(100 / std::max(t, 100.0L)); });
  config.SetBoolean("hold", false);
  ExpectFormula(config, [](long double t) { return std::sqrt(100 / (t + 100)); });
  // Vaswani's min(t^-1/2, t * w^-3/2), times w^1/2.
  Config warmup(&WarmupInfo());
  warmup.SetSteps("length", 100);
  const std::unique_ptr<Schedule> transformer = MakeSchedule(config, warmup);
  for (const int64_t step : kSteps) {
    const auto t = static_cast<double>(step);
    EXPECT_DOUBLE_EQ(transformer->Factor(step), std::min(10 / std::sqrt(t), t / 100)) << step;
  }
}

TEST(ScheduleTest, LinearAndPolynomial) {
  Config linear(&kLinearSchedule.kind);
  linear.SetSteps("length", 1000);
  ExpectFormula(linear, [](long double t) { return 1 - std::min(t, 1000.0L) / 1000; });
  linear.SetNumber("start_factor", 0.5);
  linear.SetNumber("end_factor", 4);
  ExpectFormula(linear, [](long double t) { return 0.5L + 3.5L * std::min(t, 1000.0L) / 1000; });
  Config polynomial(&kPolynomialSchedule.kind);
  polynomial.SetSteps("length", 1000);
  polynomial.SetNumber("power", 2.5);
  polynomial.SetNumber("final_factor", 0.125);
  ExpectFormula(polynomial,
                [](long double t) { return 0.125L + 0.875L * std::pow(1 - std::min(t, 1000.0L) / 1000, 2.5L); });
}

// Down to the last step before 0, where a difference of cosines would have lost most digits.
TEST(ScheduleTest, CosineKeepsItsDigitsNearItsEnd) {
  Config config(&kCosineSchedule.kind);
  config.SetSteps("period", 1'000'001);
  const std::unique_ptr<Schedule> schedule = MakeSchedule(config, Config());
  const double sine = std::sin(std::numbers::pi / 2 / 1'000'001);
  EXPECT_NEAR(schedule->Factor(1'000'000) / (sine * sine), 1, 1e-13);
}

// Against a walk through the cycles, for multipliers whose starts are exact in binary.
TEST(ScheduleTest, CosineRestartsAtTheRightSteps) {
  for (const double multiplier : {1.0, 1.5, 2.0, 3.0, 10.0}) {
    Config config(&kCosineRestartsSchedule.kind);
    config.SetSteps("first_period", 4);
    config.SetNumber("multiplier", multiplier);
    const std::unique_ptr<Schedule> schedule = MakeSchedule(config, Config());
    long double start = 0;
    long double period = 4;
    for (int64_t step = 0; step <= 20'000; ++step) {
      const auto t = static_cast<long double>(step);
      while (t - start >= period) {
        start += period;
        period *= multiplier;
      }
      const long double sine = std::sin(std::numbers::pi_v<long double> / 2 * (1 - (t - start) / period));
      const auto expected = static_cast<double>(sine * sine);
      ASSERT_NEAR(schedule->Factor(step), expected, 1e-13) << multiplier << " at " << step;
    }
  }
}

// The first steps of late cycles, up to the longest runs there are: s_n = 3 * (m^n - 1)/(m - 1).
TEST(ScheduleTest, CosineRestartsAreExactFarOut) {
  for (const int64_t multiplier : {2, 3, 7, 1000}) {
    Config config(&kCosineRestartsSchedule.kind);
    config.SetSteps("first_period", 3);
    config.SetNumber("multiplier", static_cast<double>(multiplier));
    const std::unique_ptr<Schedule> schedule = MakeSchedule(config, Config());
    int64_t period = 3;
    for (int64_t start = 0; start < int64_t{1} << 52; start += period, period *= multiplier) {
      EXPECT_EQ(schedule->Factor(start), 1) << multiplier << " at " << start;
      if (start > 0) {
        EXPECT_LT(schedule->Factor(start - 1), 0.6) << multiplier << " at " << start - 1;
      }
      if (period > (int64_t{1} << 52) / multiplier) break;
    }
  }
}

TEST(ScheduleTest, OneCycle) {
  Config config(&kOneCycleSchedule.kind);
  config.SetSteps("length", 1000);
  const auto half_cosine = [](long double x) { return (1 - std::cos(std::numbers::pi_v<long double> * x)) / 2; };
  ExpectFormula(config, [&](long double t) {
    const long double first = 0.04L;
    const long double last = first / 10000;
    if (t <= 299) return first + (1 - first) * half_cosine(t / 299);
    return last + (1 - last) * half_cosine(std::max(0.0L, (999 - t) / 700));
  });
  config.SetChoice("annealing", "linear");
  config.SetNumber("final_divisor", 2);
  ExpectFormula(config, [](long double t) {
    return t <= 299 ? 0.04L + 0.96L * t / 299 : 0.02L + 0.98L * std::max(0.0L, (999 - t) / 700);
  });
}

TEST(ScheduleTest, Cyclic) {
  Config config(&kCyclicSchedule.kind);
  config.SetSteps("rise", 100);
  const auto triangle = [](long double t) { return 1 - std::abs(std::fmod(t, 200.0L) - 100) / 100; };
  ExpectFormula(config, [&](long double t) { return 0.25L + 0.75L * triangle(t); });
  config.SetChoice("mode", "triangular2");
  ExpectFormula(config,
                [&](long double t) { return 0.25L + 0.75L * triangle(t) * std::pow(0.5L, std::floor(t / 200)); });
  config.SetChoice("mode", "exp_range");
  config.SetNumber("minimum_factor", 0);
  config.SetNumber("decay", 0.9990234375);  // a whole number of 1024ths
  ExpectFormula(config, [&](long double t) { return triangle(t) * std::pow(0.9990234375L, t); });
}

TEST(ScheduleTest, WarmupStableDecay) {
  Config config(&kWarmupStableDecaySchedule.kind);
  config.SetSteps("length", 1000);
  config.SetNumber("decay_fraction", 0.9);
  const auto part = [](long double t) { return std::min(1.0L, std::max(0.0L, (t - 100) / 900)); };
  ExpectFormula(config, [&](long double t) { return 1 - part(t); });
  config.SetChoice("decay_form", "one_minus_sqrt");
  config.SetNumber("final_factor", 0.5);
  ExpectFormula(config, [&](long double t) { return 1 - std::sqrt(part(t)) / 2; });
}

// The least that a kind needs: every length that has no value of its own.
Config Simplest(const ScheduleInfo& info, int64_t length) {
  Config config(&info.kind);
  for (const FieldInfo& field : info.kind.fields) {
    if (field.default_kind == Default::kValue || field.default_kind == Default::kDepends) continue;
    if (field.type == FieldType::kInterval) config.SetSteps(field.name, length);
    if (field.type == FieldType::kIntegerList) config.SetIntegers(field.name, {length});
    if (field.type == FieldType::kNumberList) config.SetNumbers(field.name, {0.5});
  }
  return config;
}

TEST(ScheduleTest, FactorsAreInTheUnitIntervalByDefault) {
  for (const ScheduleInfo* info : Schedules()) {
    for (const int64_t length : {1, 2, 7}) {
      const Config config = Simplest(*info, length);
      Violations violations;
      config.Validate("schedule", &violations);
      EXPECT_TRUE(violations.empty()) << violations.ToStatus();
      const std::unique_ptr<Schedule> schedule = MakeSchedule(config, Config());
      for (int64_t step = 0; step < 100; ++step) {
        const double factor = schedule->Factor(step);
        EXPECT_TRUE(factor >= 0 && factor <= 1) << info->kind.name << " at " << step << ": " << factor;
      }
      EXPECT_TRUE(std::isfinite(schedule->Factor(int64_t{1} << 53))) << info->kind.name;
    }
  }
}

TEST(ScheduleTest, Refusals) {
  Violations violations;
  Config multistep(&kMultistepSchedule.kind);
  multistep.Validate("schedule.multistep", &violations);
  multistep.SetIntegers("milestones", {5, 7, 7});
  multistep.Validate("schedule.multistep", &violations);
  multistep.SetIntegers("milestones", {0, 7});
  multistep.Validate("schedule.multistep", &violations);
  Config piecewise(&kPiecewiseSchedule.kind);
  piecewise.SetIntegers("milestones", {3, 2});
  piecewise.SetNumbers("factors", {1, 2, 3});
  piecewise.Validate("schedule.piecewise", &violations);
  Config restarts(&kCosineRestartsSchedule.kind);
  restarts.SetSteps("first_period", 5);
  restarts.SetNumber("multiplier", 0.5);
  restarts.Validate("schedule.cosine_restarts", &violations);
  EXPECT_THAT(
      violations.list(),
      testing::ElementsAre(
          Violation{"schedule.multistep.milestones", "is required"},
          Violation{"schedule.multistep.milestones[2]", "must be > the one before it, 7, was 7"},
          Violation{"schedule.multistep.milestones[0]", "must be a whole number in [1, 9007199254740992], was 0"},
          Violation{"schedule.piecewise.milestones[1]", "must be > the one before it, 3, was 2"},
          Violation{"schedule.piecewise.factors", "must have 2 values, one a milestone, had 3"},
          Violation{"schedule.cosine_restarts.multiplier", "must be in [1, 1000], was 0.5"}));
}

}  // namespace
}  // namespace descent::core
