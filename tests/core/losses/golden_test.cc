// The losses against PyTorch and scikit-learn: tests/golden/losses.txt, made by losses.py beside it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/losses/loss.h"

namespace descent::core {
namespace {

void ExpectClose(double actual, double expected, const std::string& line) {
  EXPECT_NEAR(actual, expected, 1e-14 + 4e-14 * std::abs(expected)) << line;
}

// The loss of a line, `huber delta=1.5 ...`.
Config ConfigOf(const LossInfo& info, const std::string& setting) {
  Config config(&info.kind);
  const std::vector<std::string> parts = absl::StrSplit(setting, '=');
  if (parts.size() == 2) config.SetNumber(parts[0], std::stod(parts[1]));
  return config;
}

TEST(LossGoldenTest, ValuesGradientsAndHessians) {
  const char* root = std::getenv("DESCENT_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/golden/losses.txt");
  std::set<std::string> seen;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    const LossInfo* info = FindLoss(words[0]);
    ASSERT_NE(info, nullptr) << line;
    seen.insert(words[0]);
    std::vector<double> numbers;
    for (size_t i = 2; i < words.size(); ++i) numbers.push_back(std::stod(words[i]));
    const size_t width = (numbers.size() - 2) / 3;
    ASSERT_EQ(numbers.size(), 2 + 3 * width) << line;
    const std::unique_ptr<Loss<double>> loss = MakeLoss<double>(ConfigOf(*info, words[1]));
    const double* outputs = numbers.data() + 1;
    std::vector<double> derivatives(width);
    std::vector<double> products(width);
    for (size_t k = 0; k < width; ++k) products[k] = (static_cast<double>(k) + 1) * (k % 2 == 0 ? 1 : -1);
    const auto wide = static_cast<int64_t>(width);
    ExpectClose(loss->Evaluate(1, wide, outputs, numbers.data(), nullptr, derivatives.data()), numbers.back(), line);
    loss->MultiplyByHessian(1, wide, outputs, numbers.data(), products.data(), products.data());
    for (size_t k = 0; k < width; ++k) {
      ExpectClose(derivatives[k], numbers[1 + width + k], line);
      ExpectClose(products[k], numbers[1 + 2 * width + k], line);
    }
  }
  EXPECT_EQ(seen.size(), Losses().size()) << "each loss has its lines";
}

}  // namespace
}  // namespace descent::core
