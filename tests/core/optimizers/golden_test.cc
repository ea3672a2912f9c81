// The optimizers against PyTorch: parameters on Rosenbrock's function from (-1.2, 1), see tests/golden/rosenbrock.json.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "core/functions/function.h"
#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/training/problem.h"

namespace descent::core {
namespace {

using Trajectory = std::map<int64_t, std::array<double, 2>>;  // step -> x, y

// The file maps a name to steps and a step to two numbers, written as texts.
Trajectory ReadGolden(const std::string& name) {
  const char* root = std::getenv("DESCENT_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/golden/rosenbrock.json");
  std::stringstream text;
  text << file.rdbuf();
  const std::string json = text.str();
  const size_t start = json.find("\"" + name + "\": {");
  if (start == std::string::npos) return {};
  // Every second part between quotes is a text: the name, then step, x and y in turn.
  const std::vector<std::string> parts = absl::StrSplit(json.substr(start, json.find('}', start) - start), '"');
  Trajectory trajectory;
  for (size_t i = 3; i + 4 < parts.size(); i += 6) {
    trajectory[std::stoll(parts[i])] = {std::stod(parts[i + 2]), std::stod(parts[i + 4])};
  }
  return trajectory;
}

struct GoldenCase {
  std::string name;  // in the file
  const OptimizerInfo* info;
  std::function<void(Config&)> configure;
};

void PrintTo(const GoldenCase& golden, std::ostream* out) { *out << golden.name; }

std::vector<GoldenCase> GoldenCases() {
  return {
      {"SGD lr1e-3", &kSgd, [](Config& c) { c.SetNumber("learning_rate", 1e-3); }},
      {"SGD m.9 lr1e-4", &kSgd,
       [](Config& c) {
         c.SetNumber("learning_rate", 1e-4);
         c.SetNumber("momentum", 0.9);
       }},
      {"SGD m.9 damp.9 lr1e-3", &kSgd,
       [](Config& c) {
         c.SetNumber("learning_rate", 1e-3);
         c.SetNumber("momentum", 0.9);
         c.SetNumber("dampening", 0.9);
       }},
      {"NAG m.9 lr1e-4", &kSgd,
       [](Config& c) {
         c.SetNumber("learning_rate", 1e-4);
         c.SetNumber("momentum", 0.9);
         c.SetBoolean("nesterov", true);
       }},
      {"Adagrad lr1e-2", &kAdagrad, [](Config& c) { c.SetNumber("learning_rate", 1e-2); }},
      {"RMSprop", &kRmsprop, [](Config&) {}},
      {"RMSprop m.9 cen lr1e-3", &kRmsprop,
       [](Config& c) {
         c.SetNumber("learning_rate", 1e-3);
         c.SetNumber("momentum", 0.9);
         c.SetBoolean("centered", true);
       }},
      {"Adam lr1e-2", &kAdam, [](Config& c) { c.SetNumber("learning_rate", 1e-2); }},
      {"AdamL2 lr1e-2 wd.1", &kAdam,
       [](Config& c) {
         c.SetNumber("learning_rate", 1e-2);
         c.SetNumber("weight_decay", 0.1);
       }},
      {"AdamW lr1e-2 wd.1", &kAdamW,
       [](Config& c) {
         c.SetNumber("learning_rate", 1e-2);
         c.SetNumber("weight_decay", 0.1);
       }},
  };
}

class GoldenTest : public testing::TestWithParam<GoldenCase> {};

TEST_P(GoldenTest, FollowsTorch) {
  const Trajectory golden = ReadGolden(GetParam().name);
  ASSERT_EQ(golden.size(), 6) << "steps 1, 2, 3, 10, 50, 200 of " << GetParam().name;
  Config config(&GetParam().info->kind);
  GetParam().configure(config);
  const double rate = config.number("learning_rate");
  std::unique_ptr<Optimizer<double>> optimizer = MakeOptimizer<double>(config, FunctionLayout("rosenbrock"));
  const FunctionInfo* function = FindFunction("rosenbrock");
  std::array<double, 2> x = {function->default_start[0], function->default_start[1]};
  std::array<double, 2> gradient;
  for (int64_t step = 0; step < golden.rbegin()->first; ++step) {
    function->evaluate(x.data(), gradient.data());
    optimizer->Step({.step = step, .learning_rate = rate, .gradient = gradient}, absl::MakeSpan(x));
    const auto expected = golden.find(step + 1);
    if (expected == golden.end()) continue;
    for (int i = 0; i < 2; ++i) {
      EXPECT_LE(std::abs(x[i] - expected->second[i]), 1e-13 * std::abs(expected->second[i]))
          << "variable " << i << " after step " << step + 1 << ": " << x[i] << " and " << expected->second[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Torch, GoldenTest, testing::ValuesIn(GoldenCases()),
                         [](const testing::TestParamInfo<GoldenCase>& info) {
                           std::string name = info.param.name;
                           for (char& character : name) character = absl::ascii_isalnum(character) ? character : '_';
                           return name;
                         });

}  // namespace
}  // namespace descent::core
