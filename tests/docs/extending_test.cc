// The optimizer that docs/extending.md adds, compiled from its text.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "core/optimizers/optimizer.h"

namespace descent::core {

extern const OptimizerInfo kAgreeing;

namespace {

TEST(ExtendingTest, TheExampleIsAnOptimizer) {
  ParameterLayout layout;
  layout.Add("x", {2}, TensorRole::kVariable);
  const Config config(&kAgreeing.kind);
  const std::unique_ptr<Optimizer<double>> optimizer = kAgreeing.make_double(config, layout);
  // (x^2 + 25 y^2)/2 from (10, 1).
  std::vector<double> x = {10, 1};
  for (int64_t step = 0; step < 500; ++step) {
    const std::vector<double> gradient = {x[0], 25 * x[1]};
    optimizer->Step({.step = step, .learning_rate = 0.01, .gradient = gradient}, absl::MakeSpan(x));
  }
  EXPECT_NEAR(x[0], 0, 1e-6);
  EXPECT_NEAR(x[1], 0, 1e-6);
}

}  // namespace
}  // namespace descent::core
