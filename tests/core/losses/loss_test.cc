#include "core/losses/loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/losses/kinds.h"

namespace descent::core {
namespace {

using testing::ElementsAre;

// One row's loss in long double, by the textbook.
long double Reference(const Config& config, const std::vector<double>& z, double y) {
  const absl::string_view name = config.name();
  const long double residual = static_cast<long double>(z[0]) - y;
  if (name == "squared") return residual * residual;
  if (name == "absolute") return std::abs(residual);
  if (name == "huber") {
    const long double delta = config.number("delta");
    return std::abs(residual) <= delta ? residual * residual / 2 : delta * (std::abs(residual) - delta / 2);
  }
  if (name == "logistic") return std::log(1 + std::exp(static_cast<long double>(z[0]))) - y * z[0];
  long double total = 0;
  for (const double logit : z) total += std::exp(static_cast<long double>(logit));
  return std::log(total) - z[static_cast<size_t>(y)];
}

struct Rows {
  int64_t width = 1;
  std::vector<double> outputs;
  std::vector<double> targets;
};

Rows MakeRows(const LossInfo& info, int64_t rows) {
  const RandomStream draws(11, "rows");
  Rows made;
  made.width = info.task == Task::kMulticlass ? 4 : 1;
  for (int64_t i = 0; i < rows * made.width; ++i) made.outputs.push_back(3 * draws.Normal(static_cast<uint64_t>(i)));
  for (int64_t i = 0; i < rows; ++i) {
    const auto index = static_cast<uint64_t>(1000 + i);
    made.targets.push_back(info.task == Task::kRegression
                               ? draws.Normal(index)
                               : static_cast<double>(draws.Below(index, info.task == Task::kBinary ? 2 : 4)));
  }
  return made;
}

class EveryLossTest : public testing::TestWithParam<std::string> {
 protected:
  const LossInfo& info_ = *FindLoss(GetParam());
  const Config config_{&info_.kind};
  const std::unique_ptr<Loss<double>> loss_ = MakeLoss<double>(config_);
  const Rows rows_ = MakeRows(info_, 50);
};

TEST_P(EveryLossTest, SumFollowsTheFormula) {
  long double expected = 0;
  for (size_t row = 0; row < rows_.targets.size(); ++row) {
    const auto* first = rows_.outputs.data() + row * rows_.width;
    expected += Reference(config_, std::vector<double>(first, first + rows_.width), rows_.targets[row]);
  }
  const double sum = loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), nullptr);
  EXPECT_NEAR(sum, static_cast<double>(expected), 1e-13 * std::abs(sum));
}

TEST_P(EveryLossTest, DerivativesAgreeWithDifferences) {
  std::vector<double> derivatives(rows_.outputs.size());
  loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), derivatives.data());
  const double h = 1e-4;
  for (size_t i = 0; i < derivatives.size(); ++i) {
    const auto at = [&](double shift) {
      std::vector<double> outputs = rows_.outputs;
      outputs[i] += shift;
      const size_t row = i / static_cast<size_t>(rows_.width);
      return loss_->Evaluate(1, rows_.width, &outputs[row * rows_.width], &rows_.targets[row], nullptr);
    };
    EXPECT_NEAR(derivatives[i], (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h), 1e-10) << i;
  }
}

TEST_P(EveryLossTest, DerivativesMayReplaceOutputs) {
  std::vector<double> apart(rows_.outputs.size());
  std::vector<double> in_place = rows_.outputs;
  const double sum = loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), apart.data());
  EXPECT_EQ(loss_->Evaluate(50, rows_.width, in_place.data(), rows_.targets.data(), in_place.data()), sum);
  EXPECT_EQ(in_place, apart);
}

TEST_P(EveryLossTest, FloatFollowsDouble) {
  const std::vector<float> outputs(rows_.outputs.begin(), rows_.outputs.end());
  const std::vector<float> targets(rows_.targets.begin(), rows_.targets.end());
  std::vector<float> derivatives(outputs.size());
  std::vector<double> exact(outputs.size());
  const double sum = loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), exact.data());
  EXPECT_NEAR(MakeLoss<float>(config_)->Evaluate(50, rows_.width, outputs.data(), targets.data(), derivatives.data()),
              sum, 1e-6 * sum);
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(derivatives[i], exact[i], 1e-5);
}

TEST_P(EveryLossTest, NotANumberIsNoticed) {
  std::vector<double> outputs = rows_.outputs;
  outputs[7] = std::nan("");
  EXPECT_TRUE(std::isnan(loss_->Evaluate(50, rows_.width, outputs.data(), rows_.targets.data(), nullptr)));
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const LossInfo* info : Losses()) names.emplace_back(info->kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, EveryLossTest, testing::ValuesIn(Names()), [](const auto& info) { return info.param; });

TEST(LossTest, LargeLogitsStayFinite) {
  const std::vector<double> z = {1e4, -1e4, 1e4, -1e4};
  const std::vector<double> y = {1, 0, 0, 1};
  std::vector<double> derivatives(4);
  const double sum =
      MakeLoss<double>(Config(&kLogisticLoss.kind))->Evaluate(4, 1, z.data(), y.data(), derivatives.data());
  EXPECT_EQ(sum, 2e4);
  EXPECT_THAT(derivatives, ElementsAre(0, 0, 1, -1));
  const std::vector<double> classes = {1};
  const double loss =
      MakeLoss<double>(Config(&kCrossEntropyLoss.kind))->Evaluate(1, 4, z.data(), classes.data(), derivatives.data());
  EXPECT_DOUBLE_EQ(loss, 2e4 + std::log(2.0));
  EXPECT_THAT(derivatives, ElementsAre(0.5, -1, 0.5, 0));
}

TEST(LossTest, TinyLossesKeepTheirDigits) {
  const double z = 50;
  const double y = 1;
  const double loss = MakeLoss<double>(Config(&kLogisticLoss.kind))->Evaluate(1, 1, &z, &y, nullptr);
  EXPECT_DOUBLE_EQ(loss, std::exp(-50.0));
}

TEST(LossTest, AbsoluteHasNoSlopeAtZero) {
  const double f = 3;
  double derivative = 9;
  EXPECT_EQ(MakeLoss<double>(Config(&kAbsoluteLoss.kind))->Evaluate(1, 1, &f, &f, &derivative), 0);
  EXPECT_EQ(derivative, 0);
}

TEST(LossTest, HuberIsSmoothAtDelta) {
  Config config(&kHuberLoss.kind);
  config.SetNumber("delta", 0.5);
  const std::unique_ptr<Loss<double>> loss = MakeLoss<double>(config);
  const double y = 0;
  const std::vector<double> f = {0.5, std::nextafter(0.5, 1)};
  double inside = 0;
  double outside = 0;
  EXPECT_DOUBLE_EQ(loss->Evaluate(1, 1, &f[0], &y, &inside), loss->Evaluate(1, 1, &f[1], &y, &outside));
  EXPECT_EQ(inside, outside);
}

TEST(LossTest, Tasks) {
  EXPECT_EQ(FindLoss("squared")->task, Task::kRegression);
  EXPECT_EQ(FindLoss("absolute")->task, Task::kRegression);
  EXPECT_EQ(FindLoss("huber")->task, Task::kRegression);
  EXPECT_EQ(FindLoss("logistic")->task, Task::kBinary);
  EXPECT_EQ(FindLoss("cross_entropy")->task, Task::kMulticlass);
  EXPECT_EQ(FindLoss("hinge"), nullptr);
}

}  // namespace
}  // namespace descent::core
