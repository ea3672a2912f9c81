#include "core/models/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numbers>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/random.h"
#include "core/losses/loss.h"
#include "core/models/kinds.h"

namespace descent::core {
namespace {

using testing::ElementsAre;

ModelInput Input(int64_t features, int64_t output_width) {
  ModelInput input;
  input.features = features;
  for (int64_t i = 0; i < features; ++i) input.feature_names.push_back(absl::StrCat("x", i));
  input.output_width = output_width;
  return input;
}

AlignedVector<double> Normals(absl::string_view purpose, int64_t count, double scale = 1) {
  const RandomStream draws(2, purpose);
  AlignedVector<double> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = scale * draws.Normal(i);
  return values;
}

// A model under a loss.
struct Combination {
  Config model;
  const LossInfo* loss;
};

void PrintTo(const Combination& combination, std::ostream* out) {
  *out << combination.model.name() << " under " << combination.loss->kind.name;
}

std::vector<Combination> Combinations() {
  std::vector<Config> models;
  for (const ModelInfo* info : {&kLinearModel, &kLogisticModel, &kSoftmaxModel}) {
    for (const bool bias : {false, true}) {
      models.emplace_back(&info->kind);
      models.back().SetBoolean("bias", bias);
    }
  }
  for (const absl::string_view activation : kMlpModel.kind.FindField("activation")->choices) {
    for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{}, {5}, {6, 1, 7}}) {
      models.emplace_back(&kMlpModel.kind);
      models.back().SetChoice("activation", activation);
      if (!sizes.empty()) models.back().SetIntegers("hidden_sizes", sizes);
    }
  }
  for (const bool layer_norm : {false, true}) {
    models.emplace_back(&kMlpModel.kind);
    models.back().SetChoice("activation", "silu");
    models.back().SetIntegers("hidden_sizes", {6, 5});
    models.back().SetBoolean("layer_norm", layer_norm);
    models.back().SetNumber("dropout", layer_norm ? 0.3 : 0.6);
  }
  models.push_back(models.back());
  models.back().SetNumber("dropout", 0);
  std::vector<Combination> combinations;
  for (const Config& model : models) {
    for (const absl::string_view loss : FindModel(model.name())->losses)
      combinations.push_back({model, FindLoss(loss)});
  }
  return combinations;
}

class CombinationTest : public testing::TestWithParam<Combination> {
 protected:
  static constexpr int64_t kRows = 9;
  static constexpr int64_t kFeatures = 4;

  const int64_t width_ = GetParam().loss->task == Task::kMulticlass ? 3 : 1;
  const std::unique_ptr<Model<double>> model_ = MakeModel<double>(GetParam().model, Input(kFeatures, width_));
  const std::unique_ptr<Loss<double>> loss_ = MakeLoss<double>(Config(&GetParam().loss->kind));
  const AlignedVector<double> features_ = Normals("features", kRows* kFeatures);
  const AlignedVector<double> parameters_ = Normals("parameters", model_->layout().size, 0.7);
  AlignedVector<double> targets_ = Normals("targets", kRows);
  Workspace<double> workspace_ = model_->MakeWorkspace(kRows);
  AlignedVector<double> outputs_ = AlignedVector<double>(static_cast<size_t>(kRows * width_));

  void SetUp() override {
    ASSERT_EQ(model_->output_width(), width_);
    if (GetParam().loss->link == Link::kLog) {
      for (double& target : targets_) target = std::abs(target) + 0.1;
    }
    if (GetParam().loss->task == Task::kRegression) return;
    for (int64_t i = 0; i < kRows; ++i) targets_[i] = static_cast<double>(i % (width_ == 1 ? 2 : width_));
  }

  // As in training: with dropout, units are left out.
  double Objective(const AlignedVector<double>& parameters, const Pass& pass = {.training = true, .seed = 3}) {
    model_->Forward(pass, parameters, {kRows, features_.data()}, &workspace_, outputs_.data());
    return loss_->Evaluate(kRows, width_, outputs_.data(), targets_.data(), nullptr, nullptr);
  }

  AlignedVector<double> Gradient(const AlignedVector<double>& parameters) {
    AlignedVector<double> gradient(parameters.size());
    Objective(parameters);
    loss_->Evaluate(kRows, width_, outputs_.data(), targets_.data(), nullptr, outputs_.data());
    model_->Backward(parameters, {kRows, features_.data()}, outputs_.data(), &workspace_, absl::MakeSpan(gradient));
    return gradient;
  }
};

TEST_P(CombinationTest, GradientAgreesWithDifferences) {
  AlignedVector<double> gradient(parameters_.size(), 1000);  // Backward adds
  Objective(parameters_);
  loss_->Evaluate(kRows, width_, outputs_.data(), targets_.data(), nullptr, outputs_.data());
  model_->Backward(parameters_, {kRows, features_.data()}, outputs_.data(), &workspace_, absl::MakeSpan(gradient));
  // Small, so that no unit of a relu layer is cut between the points.
  const double h = 3e-5;
  const double rounding = 3e-15 / h * std::abs(Objective(parameters_));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto at = [&](double shift) {
      AlignedVector<double> shifted = parameters_;
      shifted[i] += shift;
      return Objective(shifted);
    };
    const double quotient = (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h);
    EXPECT_NEAR(gradient[i] - 1000, quotient, 3e-9 * (1 + std::abs(quotient)) + rounding) << "parameter " << i;
  }
}

TEST_P(CombinationTest, HessianProductAgreesWithDifferencesOfGradients) {
  const size_t size = parameters_.size();
  const AlignedVector<double> direction = Normals("direction", static_cast<int64_t>(size));
  AlignedVector<double> product(size, 1000);  // AddHessianProduct adds
  AlignedVector<double> derivatives(outputs_.size());
  AlignedVector<double> changes(outputs_.size());
  Workspace<double> tangents = model_->MakeTangentWorkspace(kRows);
  Objective(parameters_);
  model_->Tangent(parameters_, direction, {kRows, features_.data()}, workspace_, &tangents, changes.data());
  loss_->Evaluate(kRows, width_, outputs_.data(), targets_.data(), nullptr, derivatives.data());
  loss_->MultiplyByHessian(kRows, width_, outputs_.data(), targets_.data(), changes.data(), changes.data());
  model_->AddHessianProduct(parameters_, direction, {kRows, features_.data()}, derivatives.data(), changes.data(),
                            workspace_, &tangents, absl::MakeSpan(product));
  const double h = 1e-5;
  const auto at = [&](double shift) {
    AlignedVector<double> shifted = parameters_;
    for (size_t i = 0; i < size; ++i) shifted[i] += shift * direction[i];
    return Gradient(shifted);
  };
  const AlignedVector<double> back2 = at(-2 * h), back = at(-h), forth = at(h), forth2 = at(2 * h);
  double scale = 1;
  for (const double value : product) scale = std::max(scale, std::abs(value - 1000));
  for (size_t i = 0; i < size; ++i) {
    const double quotient = (back2[i] - 8 * back[i] + 8 * forth[i] - forth2[i]) / (12 * h);
    EXPECT_NEAR(product[i] - 1000, quotient, 3e-9 * scale) << "parameter " << i;
  }
}

TEST_P(CombinationTest, FloatFollowsDouble) {
  const std::unique_ptr<Model<float>> model = MakeModel<float>(GetParam().model, Input(kFeatures, width_));
  const AlignedVector<float> features(features_.begin(), features_.end());
  const AlignedVector<float> parameters(parameters_.begin(), parameters_.end());
  AlignedVector<float> outputs(outputs_.size());
  Workspace<float> workspace = model->MakeWorkspace(kRows);
  model->Forward(Pass{}, parameters, {kRows, features.data()}, &workspace, outputs.data());
  Objective(parameters_, Pass{});
  for (size_t i = 0; i < outputs.size(); ++i) EXPECT_NEAR(outputs[i], outputs_[i], 1e-5);
}

INSTANTIATE_TEST_SUITE_P(All, CombinationTest, testing::ValuesIn(Combinations()),
                         [](const testing::TestParamInfo<Combination>& info) {
                           return absl::StrCat(info.param.model.name(), "_", info.param.loss->kind.name, "_",
                                               info.index);
                         });

TEST(ModelTest, LinearByHand) {
  const std::unique_ptr<Model<double>> model = MakeModel<double>(Config(&kLinearModel.kind), Input(2, 1));
  const AlignedVector<double> parameters = {2, -3, 10};  // weight, bias
  const AlignedVector<double> features = {1, 1, 0, 4};
  AlignedVector<double> outputs(2);
  Workspace<double> workspace = model->MakeWorkspace(2);
  model->Forward(Pass{}, parameters, {2, features.data()}, &workspace, outputs.data());
  EXPECT_THAT(outputs, ElementsAre(9, -2));
}

TEST(ModelTest, MlpByHand) {
  Config config(&kMlpModel.kind);
  config.SetIntegers("hidden_sizes", {2});
  const std::unique_ptr<Model<double>> model = MakeModel<double>(config, Input(2, 1));
  // Hidden: 1*3 + 2*1 + 0.5 = 5.5 and -1*3 + 1*1 + 0 = -2, cut to 0. Output: 2*5.5 + 7*0 - 1.
  const AlignedVector<double> parameters = {1, 2, -1, 1, 0.5, 0, 2, 7, -1};
  const AlignedVector<double> features = {3, 1};
  AlignedVector<double> outputs(1);
  Workspace<double> workspace = model->MakeWorkspace(1);
  model->Forward(Pass{}, parameters, {1, features.data()}, &workspace, outputs.data());
  EXPECT_THAT(outputs, ElementsAre(10));
}

TEST(ModelTest, Layouts) {
  const auto describe = [](const ParameterLayout& layout) {
    std::string text;
    for (const TensorInfo& tensor : layout.tensors) {
      absl::StrAppend(&text, tensor.name, "@", tensor.offset, "[");
      for (const int64_t extent : tensor.shape) absl::StrAppend(&text, extent, ",");
      absl::StrAppend(&text, "] ");
    }
    return absl::StrCat(text, layout.size);
  };
  const auto layout_of = [](const Config& config, int64_t width) {
    return MakeModel<double>(config, Input(3, width))->layout();
  };
  Config linear(&kLinearModel.kind);
  EXPECT_EQ(describe(layout_of(linear, 1)), "weight@0[3,] bias@3[] 4");
  EXPECT_THAT(layout_of(linear, 1).tensors[0].labels, ElementsAre("x0", "x1", "x2"));
  EXPECT_EQ(layout_of(linear, 1).tensors[1].role, TensorRole::kBias);
  linear.SetBoolean("bias", false);
  EXPECT_EQ(describe(layout_of(linear, 1)), "weight@0[3,] 3");
  EXPECT_EQ(describe(layout_of(Config(&kLogisticModel.kind), 1)), "weight@0[3,] bias@3[] 4");
  EXPECT_EQ(describe(layout_of(Config(&kSoftmaxModel.kind), 5)), "weight@0[5,3,] bias@15[5,] 20");
  Config mlp(&kMlpModel.kind);
  EXPECT_EQ(describe(layout_of(mlp, 1)),
            "layers.0.weight@0[32,3,] layers.0.bias@96[32,] layers.1.weight@128[1,32,] layers.1.bias@160[1,] 161");
  EXPECT_THAT(layout_of(mlp, 1).tensors[0].labels, ElementsAre("x0", "x1", "x2"));
  EXPECT_TRUE(layout_of(mlp, 1).tensors[2].labels.empty());
  mlp.SetIntegers("hidden_sizes", {2});
  mlp.SetBoolean("layer_norm", true);
  EXPECT_EQ(describe(layout_of(mlp, 1)),
            "layers.0.weight@0[2,3,] layers.0.bias@6[2,] layers.0.norm.scale@8[2,] layers.0.norm.shift@10[2,] "
            "layers.1.weight@12[1,2,] layers.1.bias@14[1,] 15");
  EXPECT_EQ(layout_of(mlp, 1).tensors[2].role, TensorRole::kScale);
  EXPECT_EQ(layout_of(mlp, 1).tensors[3].role, TensorRole::kBias);
}

// The output is the mean of the first hidden layer's units that stay: without weights there are only masks to see.
class DropoutTest : public testing::Test {
 protected:
  static constexpr int64_t kUnits = 40;
  static constexpr int64_t kRows = 500;

  AlignedVector<double> Outputs(const Pass& pass, int64_t rows = kRows) {
    AlignedVector<double> outputs(static_cast<size_t>(rows));
    const AlignedVector<double> features(static_cast<size_t>(rows));
    Workspace<double> workspace = model_->MakeWorkspace(rows);
    model_->Forward(pass, parameters_, {rows, features.data()}, &workspace, outputs.data());
    return outputs;
  }

  void SetUp() override {
    Config config(&kMlpModel.kind);
    config.SetIntegers("hidden_sizes", {kUnits});
    config.SetNumber("dropout", 0.25);
    model_ = MakeModel<double>(config, Input(1, 1));
    parameters_.assign(static_cast<size_t>(model_->layout().size), 0);
    for (int64_t i = 0; i < kUnits; ++i) {
      parameters_[kUnits + i] = 1;  // every hidden unit is 1
      parameters_[2 * kUnits + i] = 1.0 / kUnits;
    }
  }

  std::unique_ptr<Model<double>> model_;
  AlignedVector<double> parameters_;
};

TEST_F(DropoutTest, DropsItsShareAndKeepsTheMean) {
  double sum = 0;
  double squares = 0;
  for (const double output : Outputs({.training = true, .seed = 9, .step = 4})) {
    sum += output;
    squares += (output - 1) * (output - 1);
  }
  // The mean of kUnits values that are 4/3 with chance 3/4: mean 1, variance 1/3/kUnits.
  const double deviation = std::sqrt(1.0 / 3 / kUnits);
  EXPECT_NEAR(sum / kRows, 1, 4 * deviation / std::sqrt(kRows));
  EXPECT_NEAR(std::sqrt(squares / kRows), deviation, 0.1 * deviation);
}

TEST_F(DropoutTest, IsAFunctionOfSeedStepAndRow) {
  const Pass pass = {.training = true, .seed = 9, .step = 4};
  const AlignedVector<double> all = Outputs(pass);
  EXPECT_EQ(Outputs(pass), all);
  EXPECT_NE(Outputs({.training = true, .seed = 8, .step = 4}), all);
  EXPECT_NE(Outputs({.training = true, .seed = 9, .step = 5}), all);
  for (const int64_t first : {int64_t{1}, int64_t{256}}) {
    const AlignedVector<double> part = Outputs({.training = true, .seed = 9, .step = 4, .first_row = first}, 100);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + first)) << first;
  }
}

TEST_F(DropoutTest, EvaluationLeavesNoneOut) {
  EXPECT_TRUE(model_->is_random());
  for (const double output : Outputs(Pass{})) EXPECT_NEAR(output, 1, 1e-15);
}

TEST(ModelTest, GainsAndDefaults) {
  EXPECT_EQ(kLinearModel.gain(Config(&kLinearModel.kind)), 1);
  Config mlp(&kMlpModel.kind);
  EXPECT_EQ(kMlpModel.gain(mlp), std::numbers::sqrt2);
  mlp.SetChoice("activation", "tanh");
  EXPECT_EQ(kMlpModel.gain(mlp), 5.0 / 3);
  mlp.SetChoice("activation", "sigmoid");
  EXPECT_EQ(kMlpModel.gain(mlp), 1);
  EXPECT_EQ(FindModel("softmax")->losses[0], "cross_entropy");
  EXPECT_EQ(FindModel("softmax")->default_initializer, "zeros");
  EXPECT_EQ(FindModel("mlp")->default_initializer, "kaiming");
  EXPECT_EQ(FindModel("tree"), nullptr);
}

TEST(ModelTest, ReluLetsNotANumberThrough) {
  Config config(&kMlpModel.kind);
  config.SetIntegers("hidden_sizes", {1});
  const std::unique_ptr<Model<double>> model = MakeModel<double>(config, Input(1, 1));
  const AlignedVector<double> parameters = {1, 0, 1, 0};
  const AlignedVector<double> features = {std::nan("")};
  AlignedVector<double> outputs(1);
  Workspace<double> workspace = model->MakeWorkspace(1);
  model->Forward(Pass{}, parameters, {1, features.data()}, &workspace, outputs.data());
  EXPECT_TRUE(std::isnan(outputs[0]));
}

}  // namespace
}  // namespace descent::core
