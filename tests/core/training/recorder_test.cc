#include "core/training/recorder.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {
namespace {

// Records the steps of a run that ends with `last_step` as blocks.
std::vector<StepBlock> Record(int64_t every, int64_t parameters_every, int64_t width, int64_t last_step) {
  const Recorder recorder(RecordEvery(every, parameters_every), width);
  const std::vector<double> parameters(static_cast<size_t>(width), 1.5);
  std::vector<StepBlock> blocks(1);
  recorder.Begin(last_step, &blocks.back());
  for (int64_t step = 0; step <= last_step; ++step) {
    const bool last = step == last_step;
    if (!recorder.Takes(step, last, blocks.back())) {
      blocks.emplace_back();
      recorder.Begin(last_step - step, &blocks.back());
      EXPECT_TRUE(recorder.Takes(step, last, blocks.back()));
    }
    recorder.Record<double>({.step = step, .loss = static_cast<double>(step)}, parameters, last, &blocks.back());
  }
  return blocks;
}

int64_t InlineBytes(const StepBlock& block) {
  const int64_t vector_bytes = 8 * block.parameter_width;
  return 32 * block.rows() + (vector_bytes > kMaxInlineParameterBytes ? 0 : block.parameter_vectors * vector_bytes);
}

TEST(RecorderTest, BlocksHoldTwoProgressionsWithinTheirSize) {
  struct Case {
    int64_t every, parameters_every, width, last_step;
  };
  for (const Case& test : std::vector<Case>{{1, 1, 2, 100000},
                                            {1, 0, 2, 100000},
                                            {3, 9, 5, 1000},
                                            {1, 10, 4096, 1234},
                                            {1, 7, kMaxInlineParameterBytes / 8, 50},
                                            {1, 7, kMaxInlineParameterBytes / 8 + 1, 50},
                                            {5, 5, 100000, 23}}) {
    std::vector<int64_t> steps;
    std::vector<int64_t> parameter_steps;
    for (const StepBlock& block : Record(test.every, test.parameters_every, test.width, test.last_step)) {
      EXPECT_LE(InlineBytes(block), kMaxBlockBytes);
      for (int64_t i = 0; i < block.rows(); ++i) {
        steps.push_back(block.first_step + i * block.step_stride);
        EXPECT_EQ(block.loss[static_cast<size_t>(i)], static_cast<double>(steps.back()));
      }
      EXPECT_EQ(static_cast<int64_t>(block.parameters.size()), block.parameter_vectors * test.width);
      EXPECT_TRUE(block.parameter_vectors <= 1 || 8 * test.width <= kMaxInlineParameterBytes);
      for (int64_t i = 0; i < block.parameter_vectors; ++i) {
        parameter_steps.push_back(block.parameters_first_step + i * block.parameters_step_stride);
      }
    }
    std::vector<int64_t> expected_steps;
    std::vector<int64_t> expected_parameters;
    for (int64_t step = 0; step <= test.last_step; ++step) {
      if (step % test.every == 0 || step == test.last_step) expected_steps.push_back(step);
      if (test.parameters_every > 0 && (step % test.parameters_every == 0 || step == test.last_step)) {
        expected_parameters.push_back(step);
      }
    }
    EXPECT_EQ(steps, expected_steps);
    EXPECT_EQ(parameter_steps, expected_parameters);
  }
}

TEST(RecorderTest, TakesItsMemoryAtOnce) {
  const Recorder recorder(RecordEvery(1, 1), 2);
  StepBlock block;
  recorder.Begin(1000000, &block);
  const double* loss = block.loss.data();
  const double* parameters = block.parameters.data();
  const std::vector<double> values = {1, 2};
  for (int64_t step = 0; recorder.Takes(step, false, block); ++step) {
    recorder.Record<double>({.step = step}, values, false, &block);
  }
  EXPECT_GT(block.rows(), 20000);
  EXPECT_EQ(block.loss.data(), loss);
  EXPECT_EQ(block.parameters.data(), parameters);
}

}  // namespace
}  // namespace descent::core
