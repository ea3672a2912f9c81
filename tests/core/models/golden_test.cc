// Activations and perceptrons against PyTorch: tests/golden/models.txt, made by models.py beside it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/losses/loss.h"
#include "core/models/activation.h"
#include "core/models/kinds.h"

namespace descent::core {
namespace {

using Numbers = AlignedVector<double>;

std::vector<std::vector<std::string>> GoldenLines(const std::string& kind) {
  const char* root = std::getenv("DESCENT_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/golden/models.txt");
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == kind) lines.push_back(std::move(words));
  }
  return lines;
}

Numbers NumbersFrom(size_t first, const std::vector<std::string>& words) {
  Numbers numbers;
  for (size_t i = first; i < words.size(); ++i) numbers.push_back(std::stod(words[i]));
  return numbers;
}

void ExpectClose(const Numbers& actual, const Numbers& expected, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double scale = 0;
  for (const double value : expected) scale = std::max(scale, std::abs(value));
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-13 * scale) << what << " " << i;
}

Activation Named(const std::string& name) {
  int index = 0;
  while (kActivationNames[index] != name) ++index;
  return static_cast<Activation>(index);
}

TEST(ModelGoldenTest, Activations) {
  std::set<std::string> seen;
  for (const std::vector<std::string>& words : GoldenLines("activation")) {
    seen.insert(words[1]);
    const Activation activation = Named(words[1]);
    const Numbers numbers = NumbersFrom(2, words);  // z, value, slope, curvature
    const absl::Span<const double> z = absl::MakeConstSpan(numbers).first(1);
    Numbers h = {0}, slope = {1}, curvature = {1};
    Activate<double>(activation, z, absl::MakeSpan(h));
    MultiplyBySlope<double>(activation, z, h, absl::MakeSpan(slope));
    MultiplyByCurvature<double>(activation, z, h, absl::MakeSpan(curvature));
    // PyTorch loses digits where it takes exp(z) - 1, 1 + erf(z/sqrt(2)) and 1 - sigmoid(z).
    const auto tolerance = [](double expected) { return 4e-15 * std::abs(expected) + 4e-15; };
    EXPECT_NEAR(h[0], numbers[1], tolerance(numbers[1])) << words[1] << " " << words[2];
    EXPECT_NEAR(slope[0], numbers[2], tolerance(numbers[2])) << words[1] << " " << words[2];
    EXPECT_NEAR(curvature[0], numbers[3], tolerance(numbers[3])) << words[1] << " " << words[2];
  }
  EXPECT_EQ(seen.size(), std::size(kActivationNames)) << "each activation has its lines";
}

TEST(ModelGoldenTest, NetworksWithGradientsAndHessians) {
  std::map<std::string, std::map<std::string, Numbers>> networks;
  for (const std::vector<std::string>& words : GoldenLines("network")) {
    networks[words[1] + " " + words[2]][words[3]] = NumbersFrom(4, words);
  }
  EXPECT_EQ(networks.size(), 8u);
  const Numbers targets = {0, 1, 0, 1, 1};
  const std::unique_ptr<Loss<double>> loss = MakeLoss<double>(Config(&FindLoss("cross_entropy")->kind));
  for (auto& [name, expected] : networks) {
    const std::vector<std::string> words = absl::StrSplit(name, ' ');
    Config config(&kMlpModel.kind);
    config.SetIntegers("hidden_sizes", {4, 3});
    config.SetChoice("activation", words[0]);
    config.SetBoolean("layer_norm", words[1] == "norm");
    const std::unique_ptr<Model<double>> model =
        MakeModel<double>(config, {.features = 3, .feature_names = {}, .output_width = 2});
    ASSERT_EQ(model->layout().size, static_cast<int64_t>(expected["parameters"].size())) << name;
    const Numbers& parameters = expected["parameters"];
    const double* features = expected["features"].data();
    Workspace<double> workspace = model->MakeWorkspace(5);
    Workspace<double> tangents = model->MakeTangentWorkspace(5);
    Numbers outputs(10), derivatives(10), changes(10), gradient(parameters.size()), product(parameters.size());
    model->Forward(Pass{}, parameters, {5, features}, &workspace, outputs.data());
    ExpectClose(outputs, expected["outputs"], name + " outputs");
    model->Tangent(parameters, expected["direction"], {5, features}, workspace, &tangents, changes.data());
    loss->Evaluate(5, 2, outputs.data(), targets.data(), nullptr, derivatives.data());
    loss->MultiplyByHessian(5, 2, outputs.data(), targets.data(), changes.data(), changes.data());
    model->AddHessianProduct(parameters, expected["direction"], {5, features}, derivatives.data(), changes.data(),
                             workspace, &tangents, absl::MakeSpan(product));
    ExpectClose(product, expected["product"], name + " product");
    loss->Evaluate(5, 2, outputs.data(), targets.data(), nullptr, derivatives.data());
    model->Backward(parameters, {5, features}, derivatives.data(), &workspace, absl::MakeSpan(gradient));
    ExpectClose(gradient, expected["gradient"], name + " gradient");
  }
}

}  // namespace
}  // namespace descent::core
