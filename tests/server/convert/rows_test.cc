// The bytes that are put together by hand are those that protobuf would have written.
#include "server/convert/rows.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "core/training/step_block.h"
#include "descent/v1/step_log.pb.h"
#include "server/jobs/records.h"

namespace descent::convert {
namespace {

core::StepBlock MakeBlock(int64_t rows) {
  core::StepBlock block;
  block.first_step = 300;
  block.step_stride = 5;
  block.parameters_first_step = 310;
  block.parameters_step_stride = 10;
  block.parameter_width = 2;
  for (int64_t row = 0; row < rows; ++row) {
    block.loss.push_back(1.0 / static_cast<double>(row + 1));
    block.objective.push_back(static_cast<double>(row));
    block.learning_rate.push_back(0.1);
    block.gradient_norm.push_back(-0.0);
    const int64_t step = block.first_step + row * block.step_stride;
    if (step < 310 || step % 10 != 0) continue;
    ++block.parameter_vectors;
    block.parameters.push_back(static_cast<double>(step));
    block.parameters.push_back(-static_cast<double>(step));
  }
  return block;
}

// The bytes read and written again by protobuf: fields in its order.
std::string Rewrite(const std::vector<WirePart>& parts) {
  std::string bytes;
  for (const WirePart& part : parts) bytes.append(part.own).append(part.stored.data(), part.stored.size());
  v1::LogRecord record;
  EXPECT_TRUE(record.ParseFromString(bytes));
  return record.SerializeAsString();
}

// What the generated code makes of the same rows.
v1::LogRecord Expected(const core::StepBlock& block, int64_t first_row, int64_t end_row) {
  v1::LogRecord record;
  record.set_job("jobs/j");
  record.set_first_sequence(40 + first_row);
  record.set_next_sequence(40 + end_row);
  v1::StepBlock& steps = *record.mutable_steps();
  steps.set_first_step(block.first_step + first_row * block.step_stride);
  steps.set_step_stride(block.step_stride);
  steps.set_row_count(end_row - first_row);
  steps.set_elapsed_seconds(1.5);
  steps.set_attempt(2);
  for (int64_t row = first_row; row < end_row; ++row) {
    const auto at = static_cast<size_t>(row);
    steps.add_loss(block.loss[at]);
    steps.add_objective(block.objective[at]);
    steps.add_learning_rate(block.learning_rate[at]);
    steps.add_gradient_norm(block.gradient_norm[at]);
    const int64_t step = block.first_step + row * block.step_stride;
    if (step < 310 || step % 10 != 0) continue;
    v1::ParameterColumn& column = *steps.mutable_parameters();
    if (column.vector_count() == 0) column.set_first_step(step);
    column.set_step_stride(10);
    column.set_width(2);
    column.set_vector_count(column.vector_count() + 1);
    column.add_values(static_cast<double>(step));
    column.add_values(-static_cast<double>(step));
  }
  return record;
}

TEST(RowsTest, EveryRangeOfRowsParsesAsWhatProtobufWouldWrite) {
  const core::StepBlock block = MakeBlock(12);
  const std::string payload = jobs::EncodeRows(block, 2, 1.5, true);
  const jobs::RowsView view = jobs::ParseRows(payload).value();
  for (int64_t first = 0; first < 12; ++first) {
    for (int64_t end = first + 1; end <= 12; ++end) {
      const std::string bytes = Rewrite(RowsToWire("jobs/j", 40 + first, view, first, end, {}));
      const v1::LogRecord expected = Expected(block, first, end);
      EXPECT_EQ(bytes, expected.SerializeAsString()) << first << " to " << end;
    }
  }
}

TEST(RowsTest, ColumnsThatAreNotWantedAreLeftOut) {
  const core::StepBlock block = MakeBlock(12);
  const std::string payload = jobs::EncodeRows(block, 2, 1.5, true);
  const jobs::RowsView view = jobs::ParseRows(payload).value();
  v1::LogRecord expected = Expected(block, 0, 12);
  expected.mutable_steps()->clear_objective();
  expected.mutable_steps()->clear_learning_rate();
  expected.mutable_steps()->clear_gradient_norm();
  expected.mutable_steps()->clear_parameters();
  const ColumnChoice loss_only = {
      .loss = true, .objective = false, .learning_rate = false, .gradient_norm = false, .parameters = false};
  EXPECT_EQ(Rewrite(RowsToWire("jobs/j", 40, view, 0, 12, loss_only)), expected.SerializeAsString());
}

TEST(RowsTest, ThinnedRowsKeepEverythingButTheirParameters) {
  const core::StepBlock block = MakeBlock(12);
  const std::string payload = jobs::EncodeRows(block, 2, 1.5, true);
  const std::string thin = jobs::ThinRows({.kind = jobs::RecordKind::kRows}, payload);
  v1::LogRecord expected = Expected(block, 0, 12);
  expected.mutable_steps()->clear_parameters();
  const jobs::RowsView view = jobs::ParseRows(thin).value();
  EXPECT_EQ(Rewrite(RowsToWire("jobs/j", 40, view, 0, 12, {})), expected.SerializeAsString());
}

TEST(RowsTest, DamagedPayloadsAreRefused) {
  const std::string payload = jobs::EncodeRows(MakeBlock(3), 1, 0, true);
  for (size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(jobs::ParseRows(absl::string_view(payload).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(jobs::ParseRows(payload + "x").ok());
}

}  // namespace
}  // namespace descent::convert
