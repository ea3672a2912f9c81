#include "core/losses/loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

using Real = long double;

// Of a regression loss, one row, by the textbook.
Real RegressionReference(const Config& config, Real z, Real y) {
  const absl::string_view name = config.name();
  const Real residual = z - y;
  if (name == "squared") return residual * residual;
  if (name == "half_squared") return residual * residual / 2;
  if (name == "absolute") return std::abs(residual);
  if (name == "log_cosh") return std::log(std::cosh(residual));
  if (name == "quantile")
    return residual < 0 ? config.number("tau") * -residual : (1 - config.number("tau")) * residual;
  if (name == "poisson") return std::exp(z) - y * z;
  if (name == "gamma") return z + y / std::exp(z);
  if (name == "tweedie") {
    const Real p = config.number("power");
    return std::exp((2 - p) * z) / (2 - p) - y * std::exp((1 - p) * z) / (1 - p);
  }
  const Real delta = config.number("delta");
  const Real huber = std::abs(residual) <= delta ? residual * residual / 2 : delta * (std::abs(residual) - delta / 2);
  return name == "huber" ? huber : huber / delta;
}

Real FocalReference(const Config& config, Real p) { return -std::pow(1 - p, config.number("gamma")) * std::log(p); }

Real HingeReference(Real z, bool positive) { return std::max<Real>(0, positive ? 1 - z : 1 + z); }

// One row's loss in long double, by the textbook.
Real Reference(const Config& config, Task task, const std::vector<double>& z, double y) {
  const absl::string_view name = config.name();
  if (task == Task::kRegression) return RegressionReference(config, z[0], y);
  if (name == "logistic") return std::log(1 + std::exp(static_cast<Real>(z[0]))) - y * z[0];
  if (name == "focal") return FocalReference(config, 1 / (1 + std::exp(static_cast<Real>(y == 1 ? -z[0] : z[0]))));
  if (name == "hinge") return HingeReference(z[0], y == 1);
  if (name == "squared_hinge") return std::pow(HingeReference(z[0], y == 1), 2);
  Real total = 0;
  Real hinges = 0;
  Real squares = 0;
  for (size_t k = 0; k < z.size(); ++k) {
    total += std::exp(static_cast<Real>(z[k]));
    hinges += HingeReference(z[k], static_cast<double>(k) == y);
    squares += std::pow(HingeReference(z[k], static_cast<double>(k) == y), 2);
  }
  if (name == "multiclass_hinge") return hinges;
  if (name == "multiclass_squared_hinge") return squares;
  const Real log_p = z[static_cast<size_t>(y)] - std::log(total);
  return name == "cross_entropy" ? -log_p : FocalReference(config, std::exp(log_p));
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
    if (info.task == Task::kRegression) {
      made.targets.push_back(info.link == Link::kLog ? std::exp(draws.Normal(index)) : draws.Normal(index));
    } else {
      made.targets.push_back(static_cast<double>(draws.Below(index, info.task == Task::kBinary ? 2 : 4)));
    }
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
  Real expected = 0;
  for (size_t row = 0; row < rows_.targets.size(); ++row) {
    const auto* first = rows_.outputs.data() + row * rows_.width;
    expected += Reference(config_, info_.task, std::vector<double>(first, first + rows_.width), rows_.targets[row]);
  }
  const double sum = loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), nullptr, nullptr);
  EXPECT_NEAR(sum, static_cast<double>(expected), 1e-13 * std::abs(sum));
}

TEST_P(EveryLossTest, DerivativesAgreeWithDifferences) {
  std::vector<double> derivatives(rows_.outputs.size());
  loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), nullptr, derivatives.data());
  const double h = 1e-4;
  for (size_t i = 0; i < derivatives.size(); ++i) {
    const auto at = [&](double shift) {
      std::vector<double> outputs = rows_.outputs;
      outputs[i] += shift;
      const size_t row = i / static_cast<size_t>(rows_.width);
      return loss_->Evaluate(1, rows_.width, &outputs[row * rows_.width], &rows_.targets[row], nullptr, nullptr);
    };
    EXPECT_NEAR(derivatives[i], (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h),
                1e-10 * (1 + std::abs(derivatives[i])))
        << i;
  }
}

TEST_P(EveryLossTest, HessiansAgreeWithDifferencesOfDerivatives) {
  const size_t size = rows_.outputs.size();
  const RandomStream draws(5, "directions");
  std::vector<double> directions(size);
  for (size_t i = 0; i < size; ++i) directions[i] = draws.Normal(i);
  std::vector<double> products(size);
  loss_->MultiplyByHessian(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), directions.data(),
                           products.data());
  const auto at = [&](double shift) {
    std::vector<double> moved = rows_.outputs;
    for (size_t i = 0; i < size; ++i) moved[i] += shift * directions[i];
    loss_->Evaluate(50, rows_.width, moved.data(), rows_.targets.data(), nullptr, moved.data());
    return moved;
  };
  const double h = 1e-4;
  const std::vector<double> back2 = at(-2 * h), back = at(-h), forth = at(h), forth2 = at(2 * h);
  for (size_t i = 0; i < size; ++i) {
    EXPECT_NEAR(products[i], (back2[i] - 8 * back[i] + 8 * forth[i] - forth2[i]) / (12 * h),
                1e-10 * (1 + std::abs(products[i])))
        << i;
  }
  loss_->MultiplyByHessian(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), directions.data(),
                           directions.data());
  EXPECT_EQ(directions, products) << "in place";
}

// What overflows is the loss itself (a mean exp(1e4)), never a step on the way to a finite one.
TEST_P(EveryLossTest, ExtremeOutputsGiveNoNotANumber) {
  for (const double z : {1e4, -1e4}) {
    for (const double y : {0.0, 1.0}) {
      if (info_.task == Task::kRegression && !info_.targets.Contains(y)) continue;
      std::vector<double> outputs(static_cast<size_t>(rows_.width), -z);
      outputs[0] = z;
      std::vector<double> derivatives(outputs.size());
      const std::vector<double> direction(outputs.size(), 1);
      std::vector<double> products(outputs.size());
      const double value = loss_->Evaluate(1, rows_.width, outputs.data(), &y, nullptr, derivatives.data());
      loss_->MultiplyByHessian(1, rows_.width, outputs.data(), &y, direction.data(), products.data());
      EXPECT_FALSE(std::isnan(value)) << z << " " << y;
      for (const double derivative : derivatives) EXPECT_FALSE(std::isnan(derivative)) << z << " " << y;
      for (const double product : products) EXPECT_FALSE(std::isnan(product)) << z << " " << y;
      if (info_.link == Link::kLog) continue;
      EXPECT_TRUE(std::isfinite(value)) << z << " " << y;
      for (const double derivative : derivatives) EXPECT_LE(std::abs(derivative), 2.1e4);
    }
  }
}

TEST_P(EveryLossTest, DerivativesMayReplaceOutputs) {
  std::vector<double> apart(rows_.outputs.size());
  std::vector<double> in_place = rows_.outputs;
  const double sum =
      loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), nullptr, apart.data());
  EXPECT_EQ(loss_->Evaluate(50, rows_.width, in_place.data(), rows_.targets.data(), nullptr, in_place.data()), sum);
  EXPECT_EQ(in_place, apart);
}

TEST_P(EveryLossTest, FloatFollowsDouble) {
  const std::vector<float> outputs(rows_.outputs.begin(), rows_.outputs.end());
  const std::vector<float> targets(rows_.targets.begin(), rows_.targets.end());
  std::vector<float> derivatives(outputs.size());
  std::vector<double> exact(outputs.size());
  const double sum =
      loss_->Evaluate(50, rows_.width, rows_.outputs.data(), rows_.targets.data(), nullptr, exact.data());
  EXPECT_NEAR(
      MakeLoss<float>(config_)->Evaluate(50, rows_.width, outputs.data(), targets.data(), nullptr, derivatives.data()),
      sum, 1e-6 * sum);
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(derivatives[i], exact[i], 1e-5 * (1 + std::abs(exact[i])));
}

TEST_P(EveryLossTest, NotANumberIsNoticed) {
  std::vector<double> outputs = rows_.outputs;
  outputs[7] = std::nan("");
  EXPECT_TRUE(std::isnan(loss_->Evaluate(50, rows_.width, outputs.data(), rows_.targets.data(), nullptr, nullptr)));
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
      MakeLoss<double>(Config(&kLogisticLoss.kind))->Evaluate(4, 1, z.data(), y.data(), nullptr, derivatives.data());
  EXPECT_EQ(sum, 2e4);
  EXPECT_THAT(derivatives, ElementsAre(0, 0, 1, -1));
  const std::vector<double> classes = {1};
  const double loss = MakeLoss<double>(Config(&kCrossEntropyLoss.kind))
                          ->Evaluate(1, 4, z.data(), classes.data(), nullptr, derivatives.data());
  EXPECT_DOUBLE_EQ(loss, 2e4 + std::log(2.0));
  EXPECT_THAT(derivatives, ElementsAre(0.5, -1, 0.5, 0));
}

TEST(LossTest, TinyLossesKeepTheirDigits) {
  const double z = 50;
  const double y = 1;
  const double loss = MakeLoss<double>(Config(&kLogisticLoss.kind))->Evaluate(1, 1, &z, &y, nullptr, nullptr);
  EXPECT_DOUBLE_EQ(loss, std::exp(-50.0));
}

TEST(LossTest, HuberIsSmoothAtDelta) {
  Config config(&kHuberLoss.kind);
  config.SetNumber("delta", 0.5);
  const std::unique_ptr<Loss<double>> loss = MakeLoss<double>(config);
  const double y = 0;
  const std::vector<double> f = {0.5, std::nextafter(0.5, 1)};
  double inside = 0;
  double outside = 0;
  EXPECT_DOUBLE_EQ(loss->Evaluate(1, 1, &f[0], &y, nullptr, &inside),
                   loss->Evaluate(1, 1, &f[1], &y, nullptr, &outside));
  EXPECT_EQ(inside, outside);
}

TEST(LossTest, NoSlopeAtKinks) {
  const double y = 1;
  for (const absl::string_view name : {"absolute", "quantile", "hinge", "log_cosh"}) {
    double derivative = 9;
    EXPECT_EQ(MakeLoss<double>(Config(&FindLoss(name)->kind))->Evaluate(1, 1, &y, &y, nullptr, &derivative), 0) << name;
    EXPECT_EQ(derivative, 0) << name;
  }
}

TEST(LossTest, TinyResidualsKeepTheirDigitsUnderLogCosh) {
  const double f = 1e-9;
  const double y = 0;
  EXPECT_DOUBLE_EQ(MakeLoss<double>(Config(&kLogCoshLoss.kind))->Evaluate(1, 1, &f, &y, nullptr, nullptr), 5e-19);
}

// Rows that are right beyond doubt: 1 - p and log(p) are tiny, and so are their products.
TEST(LossTest, FocalKeepsItsDigits) {
  const double z = 30;
  const double y = 1;
  const double small = std::exp(-30.0);
  EXPECT_NEAR(MakeLoss<double>(Config(&kFocalLoss.kind))->Evaluate(1, 1, &z, &y, nullptr, nullptr),
              small * small * small, 1e-12 * small * small * small);
  const std::vector<double> two = {0, 30};
  double derivatives[2];
  EXPECT_NEAR(
      MakeLoss<double>(Config(&kMulticlassFocalLoss.kind))->Evaluate(1, 2, two.data(), &y, nullptr, derivatives),
      small * small * small, 1e-12 * small * small * small);
  EXPECT_NEAR(derivatives[0], 3 * small * small * small, 1e-11 * small * small * small);
}

TEST(LossTest, PredictionsUnderALogLinkAreMeans) {
  std::vector<double> outputs = {0, 1, -2};
  PredictFromOutputs(Link::kLogit, absl::MakeSpan(outputs));
  EXPECT_THAT(outputs, ElementsAre(0, 1, -2));
  PredictFromOutputs(Link::kLog, absl::MakeSpan(outputs));
  EXPECT_THAT(outputs, ElementsAre(1, std::exp(1.0), std::exp(-2.0)));
}

TEST(LossTest, TasksAndTargets) {
  EXPECT_EQ(FindLoss("squared")->task, Task::kRegression);
  EXPECT_EQ(FindLoss("logistic")->task, Task::kBinary);
  EXPECT_EQ(FindLoss("cross_entropy")->task, Task::kMulticlass);
  EXPECT_EQ(FindLoss("squared")->link, Link::kIdentity);
  EXPECT_EQ(FindLoss("poisson")->link, Link::kLog);
  EXPECT_TRUE(FindLoss("poisson")->targets.Contains(0));
  EXPECT_FALSE(FindLoss("gamma")->targets.Contains(0));
  EXPECT_FALSE(FindLoss("tweedie")->targets.Contains(-1));
  EXPECT_EQ(FindLoss("likelihood"), nullptr);
}

}  // namespace
}  // namespace descent::core
