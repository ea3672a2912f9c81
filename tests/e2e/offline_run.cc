#include "tests/e2e/offline_run.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "core/base/eigen.h"
#include "server/convert/spec.h"

namespace descent::e2e {

bool Row::operator==(const Row& other) const { return std::memcmp(this, &other, sizeof *this) == 0; }

Trace RunOffline(const v1::JobSpec& resolved, const core::TrainingData& data) {
  core::FixEigenCacheSizes();
  core::Violations violations;
  const core::JobSpec spec = convert::JobSpecFromProto(resolved, "spec", &violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  auto trainer = core::Trainer::Create(spec, data);
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  Trace run;
  core::StepBlock block;
  while (true) {
    const core::Trainer::Progress progress = (*trainer)->Advance(1000, &block);
    for (int64_t row = 0; row < block.rows(); ++row) {
      const auto at = static_cast<size_t>(row);
      run.rows[block.first_step + row * block.step_stride] = {block.loss[at], block.objective[at],
                                                              block.learning_rate[at], block.gradient_norm[at]};
    }
    for (int64_t vector = 0; vector < block.parameter_vectors; ++vector) {
      const auto begin = block.parameters.begin() + vector * block.parameter_width;
      run.parameters[block.parameters_first_step + vector * block.parameters_step_stride] =
          std::vector<double>(begin, begin + block.parameter_width);
    }
    if (progress.termination.has_value()) break;
  }
  run.kept = (*trainer)->kept().values;
  return run;
}

void AddRows(const v1::StepBlock& block, Trace* run) {
  const auto value = [](const auto& column, int64_t row) {
    return column.empty() ? 0.0 : column.Get(static_cast<int>(row));
  };
  for (int64_t row = 0; row < block.row_count(); ++row) {
    const int64_t step = block.first_step() + row * block.step_stride();
    const bool is_new = run->rows
                            .emplace(step, Row{value(block.loss(), row), value(block.objective(), row),
                                               value(block.learning_rate(), row), value(block.gradient_norm(), row)})
                            .second;
    ASSERT_TRUE(is_new) << "step " << step << " came twice";
  }
  const v1::ParameterColumn& parameters = block.parameters();
  if (parameters.values().empty()) return;
  for (int64_t vector = 0; vector < parameters.vector_count(); ++vector) {
    const auto begin = parameters.values().begin() + vector * parameters.width();
    run->parameters[parameters.first_step() + vector * parameters.step_stride()] =
        std::vector<double>(begin, begin + parameters.width());
  }
}

void ExpectSameRun(const Trace& actual, const Trace& expected) {
  ASSERT_EQ(actual.rows.size(), expected.rows.size());
  for (const auto& [step, row] : expected.rows) {
    const auto found = actual.rows.find(step);
    ASSERT_NE(found, actual.rows.end()) << "step " << step << " is missing";
    ASSERT_TRUE(found->second == row) << "step " << step << ": loss " << found->second.loss << " instead of "
                                      << row.loss;
  }
  for (const auto& [step, vector] : expected.parameters) {
    const auto found = actual.parameters.find(step);
    ASSERT_NE(found, actual.parameters.end()) << "parameters of step " << step << " are missing";
    ASSERT_EQ(std::memcmp(found->second.data(), vector.data(), vector.size() * sizeof(double)), 0)
        << "parameters of step " << step << " differ";
  }
}

}  // namespace descent::e2e
