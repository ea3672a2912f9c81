#include "core/optimizers/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/random.h"
#include "core/optimizers/kinds.h"

namespace descent::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A kind with its defaults, a preset, settings that give it all the state it can have, and each choice in turn.
struct Setup {
  Config config;
};

void PrintTo(const Setup& setup, std::ostream* out) { *out << setup.config.name(); }

// Sets a field where the kind has it.
void SetIfThere(absl::string_view field, double value, Config* config) {
  if (config->info()->FindField(field) != nullptr) config->SetNumber(field, value);
}

std::vector<Setup> Setups() {
  std::vector<Setup> setups;
  const auto add_if_valid = [&setups](const Config& config) {
    Violations violations;
    config.Validate("", &violations);
    if (violations.empty()) setups.push_back({config});
  };
  for (const OptimizerInfo* info : Optimizers()) {
    if (info->needs_linear_rows) continue;  // see linear_rows_test.cc
    if (info->needs_residuals) continue;    // see levenberg_marquardt_test.cc
    Config config(&info->kind);
    setups.push_back({config});
    for (const Preset& preset : info->kind.presets) {
      Config of_preset(&info->kind);
      of_preset.SetPreset(preset.name);
      setups.push_back({of_preset});
    }
    SetIfThere("weight_decay", 0.02, &config);
    SetIfThere("momentum", 0.9, &config);
    SetIfThere("learning_rate_decay", 0.01, &config);
    SetIfThere("initial_accumulator", 0.1, &config);
    setups.push_back({config});
    for (const FieldInfo& field : info->kind.fields) {
      Config other = config;
      if (field.type == FieldType::kBoolean) {
        other.SetBoolean(field.name, !config.boolean(field.name));
        add_if_valid(other);
      }
      if (field.type != FieldType::kChoice || field.name == "preset") continue;
      for (const absl::string_view choice : field.choices) {
        other.SetChoice(field.name, choice);
        add_if_valid(other);
      }
    }
  }
  return setups;
}

// Half the squared distance from 1, for optimizers that try points.
template <typename T>
class Bowl final : public BatchObjective<T> {
 public:
  double Measure(absl::Span<const T> point, absl::Span<T> gradient) override {
    double value = 0;
    for (size_t i = 0; i < point.size(); ++i) {
      gradient[i] = point[i] - 1;
      value += 0.5 * static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
    }
    return value;
  }
  bool MultiplyByHessian(absl::Span<const T> /*point*/, absl::Span<const T> direction, absl::Span<T> product) override {
    std::copy(direction.begin(), direction.end(), product.begin());
    return true;
  }
};

template <typename T>
void StepOnce(int64_t step, double rate, absl::Span<const T> gradient, Optimizer<T>* optimizer,
              absl::Span<T> parameters) {
  Bowl<T> bowl;
  optimizer->Step({.step = step, .learning_rate = rate, .objective = 1, .gradient = gradient, .batch = &bowl},
                  parameters);
}

// Gradients that follow from the step and the parameters, of every sign and size.
template <typename T>
void FillGradient(int64_t step, absl::Span<const T> parameters, absl::Span<T> gradient) {
  const RandomStream draws(5, "gradient", static_cast<uint64_t>(step));
  for (size_t i = 0; i < gradient.size(); ++i) gradient[i] = static_cast<T>(draws.Normal(i)) + parameters[i];
}

template <typename T>
void TakeSteps(Optimizer<T>* optimizer, int64_t from, int64_t to, std::vector<T>* parameters) {
  std::vector<T> gradient(parameters->size());
  for (int64_t step = from; step < to; ++step) {
    FillGradient<T>(step, *parameters, absl::MakeSpan(gradient));
    StepOnce<T>(step, 0.01 + 0.001 * static_cast<double>(step % 3), gradient, optimizer, absl::MakeSpan(*parameters));
  }
}

// Parameters that are a tensor each.
ParameterLayout Scalars(int64_t count) {
  ParameterLayout layout;
  for (int64_t i = 0; i < count; ++i) layout.Add(absl::StrCat("x", i), {}, TensorRole::kVariable);
  return layout;
}

class EveryOptimizerTest : public testing::TestWithParam<Setup> {
 protected:
  // A fresh optimizer with the state of another goes on with the same bits.
  template <typename T>
  void ExpectStateIsEverything() {
    const int64_t size = 37;
    std::vector<T> parameters(size, T{1});
    std::unique_ptr<Optimizer<T>> first = MakeOptimizer<T>(GetParam().config, Scalars(size));
    TakeSteps(first.get(), 0, 20, &parameters);
    std::unique_ptr<Optimizer<T>> second = MakeOptimizer<T>(GetParam().config, Scalars(size));
    ASSERT_EQ(first->Numbers().size(), second->Numbers().size());
    for (size_t i = 0; i < first->Numbers().size(); ++i) {
      const absl::Span<double> numbers = first->Numbers()[i];
      std::copy(numbers.begin(), numbers.end(), second->Numbers()[i].begin());
    }
    const std::vector<absl::Span<T>> from = first->State();
    const std::vector<absl::Span<T>> to = second->State();
    ASSERT_EQ(from.size(), to.size());
    for (size_t i = 0; i < from.size(); ++i) {
      ASSERT_EQ(from[i].size(), to[i].size());
      std::copy(from[i].begin(), from[i].end(), to[i].begin());
    }
    std::vector<T> copy = parameters;
    TakeSteps(first.get(), 20, 40, &parameters);
    TakeSteps(second.get(), 20, 40, &copy);
    EXPECT_EQ(parameters, copy);
  }

  // A parameter takes the same path alone and among others: vector bodies and remainders of loops agree.
  template <typename T>
  void ExpectNeighboursDoNotMatter() {
    // Where one number of all parameters enters each update, they do matter.
    if (FindOptimizer(GetParam().config.name())->whole_vector) return;
    const int64_t size = 29;
    std::unique_ptr<Optimizer<T>> together = MakeOptimizer<T>(GetParam().config, Scalars(size));
    std::vector<std::unique_ptr<Optimizer<T>>> alone;
    for (int64_t i = 0; i < size; ++i) alone.push_back(MakeOptimizer<T>(GetParam().config, Scalars(1)));
    std::vector<T> parameters(size, T{1});
    std::vector<T> apart = parameters;
    std::vector<T> gradient(size);
    for (int64_t step = 0; step < 10; ++step) {
      FillGradient<T>(step, parameters, absl::MakeSpan(gradient));
      StepOnce<T>(step, 0.01, gradient, together.get(), absl::MakeSpan(parameters));
      for (int64_t i = 0; i < size; ++i) {
        StepOnce<T>(step, 0.01, absl::MakeSpan(&gradient[i], 1), alone[i].get(), absl::MakeSpan(&apart[i], 1));
      }
    }
    EXPECT_EQ(parameters, apart);
  }
};

TEST_P(EveryOptimizerTest, StateIsEverythingDouble) { ExpectStateIsEverything<double>(); }
TEST_P(EveryOptimizerTest, StateIsEverythingFloat) { ExpectStateIsEverything<float>(); }
TEST_P(EveryOptimizerTest, NeighboursDoNotMatterDouble) { ExpectNeighboursDoNotMatter<double>(); }
TEST_P(EveryOptimizerTest, NeighboursDoNotMatterFloat) { ExpectNeighboursDoNotMatter<float>(); }

TEST_P(EveryOptimizerTest, FloatFollowsDouble) {
  std::vector<double> exact(8, 1.0);
  std::vector<float> rounded(8, 1.0f);
  TakeSteps(MakeOptimizer<double>(GetParam().config, Scalars(8)).get(), 0, 5, &exact);
  TakeSteps(MakeOptimizer<float>(GetParam().config, Scalars(8)).get(), 0, 5, &rounded);
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(exact[i], rounded[i], 2e-5);
}

TEST_P(EveryOptimizerTest, IsValidAsItStands) {
  Violations violations;
  GetParam().config.Validate("optimizer", &violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus().message();
}

INSTANTIATE_TEST_SUITE_P(All, EveryOptimizerTest, testing::ValuesIn(Setups()),
                         [](const testing::TestParamInfo<Setup>& info) {
                           return std::string(info.param.config.name()) + "_" + std::to_string(info.index);
                         });

Config SgdConfig(double momentum, absl::string_view form) {
  Config config(&kSgd.kind);
  config.SetNumber("momentum", momentum);
  config.SetChoice("velocity_form", form);
  return config;
}

// Takes steps with gradient 1 from 0 at the given rates.
std::vector<double> Path(const Config& config, const std::vector<double>& rates) {
  std::unique_ptr<Optimizer<double>> optimizer = MakeOptimizer<double>(config, Scalars(1));
  std::vector<double> path;
  const double gradient = 1;
  double x = 0;
  for (size_t step = 0; step < rates.size(); ++step) {
    StepOnce<double>(static_cast<int64_t>(step), rates[step], absl::MakeSpan(&gradient, 1), optimizer.get(),
                     absl::MakeSpan(&x, 1));
    path.push_back(x);
  }
  return path;
}

TEST(SgdTest, VelocityFormsAgreeAtConstantRate) {
  for (const bool nesterov : {false, true}) {
    Config outside = SgdConfig(0.9, "rate_outside");
    Config inside = SgdConfig(0.9, "rate_inside");
    outside.SetBoolean("nesterov", nesterov);
    inside.SetBoolean("nesterov", nesterov);
    const std::vector<double> rates(50, 0.1);
    EXPECT_THAT(Path(inside, rates), testing::Pointwise(testing::DoubleNear(1e-12), Path(outside, rates)));
  }
}

TEST(SgdTest, VelocityFormsDifferAsTheRateChanges) {
  // By hand with momentum 1/2 and gradient 1. Outside: b = 1, 3/2, 7/4; x = -(1 + 3/4 + 7/16).
  // Inside: b = 1, 1/2 + 1/2, 1/2 + 1/4; x = -(1 + 1 + 3/4).
  const std::vector<double> rates = {1, 0.5, 0.25};
  EXPECT_THAT(Path(SgdConfig(0.5, "rate_outside"), rates), ElementsAre(-1, -1.75, -2.1875));
  EXPECT_THAT(Path(SgdConfig(0.5, "rate_inside"), rates), ElementsAre(-1, -2, -2.75));
}

TEST(SgdTest, FirstStepIsNeverDamped) {
  // b = 1, then 1/2 + 1/4 and 3/8 + 1/4.
  Config config = SgdConfig(0.5, "rate_outside");
  config.SetNumber("dampening", 0.75);
  EXPECT_THAT(Path(config, {1, 1, 1}), ElementsAre(-1, -1.75, -2.375));
}

TEST(SgdTest, NesterovNeedsMomentumAndNoDampening) {
  Config config = SgdConfig(0, "rate_outside");
  config.SetBoolean("nesterov", true);
  config.SetNumber("dampening", 0.5);
  Violations violations;
  config.Validate("spec.optimizer.sgd", &violations);
  ASSERT_EQ(violations.list().size(), 2);
  for (const Violation& violation : violations.list()) EXPECT_EQ(violation.field, "spec.optimizer.sgd.nesterov");
  EXPECT_THAT(violations.list()[0].description, HasSubstr("momentum > 0"));
  EXPECT_THAT(violations.list()[1].description, HasSubstr("dampening = 0"));
}

TEST(AdagradTest, RateDecaysWithTheStep) {
  Config config(&kAdagrad.kind);
  config.SetNumber("learning_rate_decay", 0.5);
  config.SetNumber("initial_accumulator", 3);
  // s = 4, 5; x = -1/2, then -1/1.5/sqrt(5) more.
  const std::vector<double> path = Path(config, {1, 1});
  EXPECT_NEAR(path[0], -0.5, 1e-10);
  EXPECT_NEAR(path[1], -0.5 - 1 / 1.5 / std::sqrt(5.0), 1e-10);
}

TEST(RmspropTest, CenteredStaysFiniteOnAConstantGradient) {
  // Without the clamp the difference of two nearly equal floats becomes negative.
  Config config(&kRmsprop.kind);
  config.SetBoolean("centered", true);
  std::unique_ptr<Optimizer<float>> optimizer = MakeOptimizer<float>(config, Scalars(1));
  const float gradient = 0.3f;
  float x = 0;
  for (int64_t step = 0; step < 5000; ++step) {
    StepOnce<float>(step, 1e-12, absl::MakeSpan(&gradient, 1), optimizer.get(), absl::MakeSpan(&x, 1));
    ASSERT_TRUE(std::isfinite(x)) << "step " << step;
  }
}

TEST(AdamTest, LateStepsAreExactInFloat) {
  // At step 2^40 the corrections are 1; a step counter in float or a running product would be wrong here.
  Config config(&kAdam.kind);
  std::unique_ptr<Optimizer<float>> optimizer = MakeOptimizer<float>(config, Scalars(1));
  optimizer->State()[0][0] = 1;
  optimizer->State()[1][0] = 1;
  const float gradient = 1;
  float x = 0;
  StepOnce<float>(int64_t{1} << 40, 0.5, absl::MakeSpan(&gradient, 1), optimizer.get(), absl::MakeSpan(&x, 1));
  EXPECT_FLOAT_EQ(x, -0.5f);
}

TEST(OptimizersTest, TableIsComplete) {
  for (const OptimizerInfo* info : Optimizers()) {
    EXPECT_EQ(info->kind.fields[0].name, "learning_rate");
    for (const absl::string_view text :
         {info->kind.name, info->kind.summary, info->kind.formula, info->kind.reference}) {
      EXPECT_FALSE(text.empty()) << info->kind.name;
    }
    for (const FieldInfo& field : info->kind.fields)
      EXPECT_TRUE(field.summary.size() > 0 && field.summary.back() == '.');
  }
}

}  // namespace
}  // namespace descent::core
