#include "core/models/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    if (GetParam().loss->task == Task::kRegression) return;
    for (int64_t i = 0; i < kRows; ++i) targets_[i] = static_cast<double>(i % (width_ == 1 ? 2 : width_));
  }

  double Objective(const AlignedVector<double>& parameters) {
    model_->Forward(parameters, kRows, features_.data(), &workspace_, outputs_.data());
    return loss_->Evaluate(kRows, width_, outputs_.data(), targets_.data(), nullptr);
  }
};

TEST_P(CombinationTest, GradientAgreesWithDifferences) {
  AlignedVector<double> gradient(parameters_.size(), 1000);  // Backward adds
  model_->Forward(parameters_, kRows, features_.data(), &workspace_, outputs_.data());
  loss_->Evaluate(kRows, width_, outputs_.data(), targets_.data(), outputs_.data());
  model_->Backward(parameters_, kRows, features_.data(), outputs_.data(), &workspace_, absl::MakeSpan(gradient));
  // Small, so that no unit of a relu layer is cut between the points.
  const double h = 3e-5;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto at = [&](double shift) {
      AlignedVector<double> shifted = parameters_;
      shifted[i] += shift;
      return Objective(shifted);
    };
    const double quotient = (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h);
    EXPECT_NEAR(gradient[i] - 1000, quotient, 3e-9 * (1 + std::abs(quotient))) << "parameter " << i;
  }
}

TEST_P(CombinationTest, FloatFollowsDouble) {
  const std::unique_ptr<Model<float>> model = MakeModel<float>(GetParam().model, Input(kFeatures, width_));
  const AlignedVector<float> features(features_.begin(), features_.end());
  const AlignedVector<float> parameters(parameters_.begin(), parameters_.end());
  AlignedVector<float> outputs(outputs_.size());
  Workspace<float> workspace = model->MakeWorkspace(kRows);
  model->Forward(parameters, kRows, features.data(), &workspace, outputs.data());
  Objective(parameters_);
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
  model->Forward(parameters, 2, features.data(), &workspace, outputs.data());
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
  model->Forward(parameters, 1, features.data(), &workspace, outputs.data());
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
  model->Forward(parameters, 1, features.data(), &workspace, outputs.data());
  EXPECT_TRUE(std::isnan(outputs[0]));
}

}  // namespace
}  // namespace descent::core
