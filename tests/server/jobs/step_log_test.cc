#include "server/jobs/step_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "server/store/segment_log_store.h"
#include "tests/faults/memory_env.h"
#include "tests/server/jobs/jobs_testing.h"

namespace descent::jobs {
namespace {

const std::string kUid(16, 'u');

// Value i of the parameters of a step.
double Parameter(int64_t step, int64_t i) { return static_cast<double>(step) + 1e-9 * static_cast<double>(i); }

// Rows [first, first + rows), losses that tell the step, and a vector of `width` numbers with the first row, if any.
core::StepBlock MakeBlock(int64_t first, int64_t rows, int64_t width = 0) {
  core::StepBlock block;
  block.first_step = first;
  for (int64_t i = 0; i < rows; ++i) {
    block.loss.push_back(static_cast<double>(first + i));
    block.objective.push_back(0.5);
    block.learning_rate.push_back(0.25);
    block.gradient_norm.push_back(2);
  }
  block.parameters_first_step = first;
  block.parameter_width = width;
  block.parameter_vectors = width > 0 ? 1 : 0;
  for (int64_t i = 0; i < width; ++i) block.parameters.push_back(Parameter(first, i));
  return block;
}

class StepLogTest : public ::testing::Test {
 protected:
  StepLogTest() { Open(); }

  void Open(int64_t segment_bytes = 16 << 20) {
    log_.reset();
    store_.reset();
    store::SegmentLogOptions options;
    options.segment_bytes = segment_bytes;
    options.journal_share_bytes = 0;
    store_ = *store::SegmentLogStore::Create(&env_, "/data", options);
    log_ = *StepLog::Open(store_.get(), kUid);
  }

  void ExpectParameters(int64_t step, int64_t width) {
    const absl::StatusOr<std::optional<core::ParameterVector>> vector = log_->ParametersAt(step);
    ASSERT_TRUE(vector.ok()) << vector.status();
    ASSERT_TRUE(vector->has_value()) << step;
    EXPECT_EQ((*vector)->step, step);
    ASSERT_EQ((*vector)->values.size(), width);
    for (int64_t i = 0; i < width; ++i) ASSERT_EQ((*vector)->values[static_cast<size_t>(i)], Parameter(step, i));
  }

  // The durable end, once it is beyond `end`.
  int64_t AwaitLonger(int64_t end) {
    Answer<bool> answer;
    log_->WhenLonger(end, [callback = answer.Callback()] { callback(true); });
    answer.Wait();
    return log_->end_sequence();
  }

  faults::MemoryEnv env_{3};
  std::unique_ptr<store::SegmentLogStore> store_;
  std::shared_ptr<StepLog> log_;
};

TEST_F(StepLogTest, HoldsWhatWasAppended) {
  EXPECT_EQ(log_->extent().end_sequence, 0);
  EXPECT_EQ(log_->extent().last_step, -1);
  ASSERT_TRUE(log_->AppendRows(MakeBlock(0, 10, 3), 1, 0.5).ok());
  ASSERT_TRUE(log_->AppendEvent(RecordKind::kWarning, 9, EncodeWarning({"SOMETHING", "happened", 9})).ok());
  ASSERT_TRUE(log_->AppendRows(MakeBlock(10, 5, 3), 1, 0.75).ok());
  ASSERT_TRUE(log_->Flush().ok());
  for (int round = 0; round < 2; ++round) {  // as written, and as found later
    EXPECT_EQ(log_->extent().oldest_sequence, 0);
    EXPECT_EQ(log_->extent().end_sequence, 16);
    EXPECT_EQ(log_->extent().last_step, 14);
    EXPECT_EQ((*log_->Read(4))->header.next_sequence, 10);
    EXPECT_EQ(DecodeWarning(*(*log_->Read(10))->payload)->message, "happened");
    EXPECT_EQ((*log_->Newest(RecordKind::kRows))->header.first_sequence, 11);
    EXPECT_FALSE(log_->Read(16)->has_value());
    EXPECT_EQ(ReasonOf(log_->Read(17).status()), core::ErrorReason::kSequenceOutOfRange);
    EXPECT_EQ(log_->SequenceOfStep(12), 13);
    EXPECT_EQ(log_->SequenceOfLastRows(7), 8);
    ExpectParameters(10, 3);
    EXPECT_FALSE(log_->ParametersAt(3)->has_value());
    EXPECT_EQ(ReadLog(*log_).steps.size(), 15);
    Open();
  }
}

TEST_F(StepLogTest, WaitersAreCalledOnce) {
  Answer<bool> waits;
  EXPECT_GT(log_->WhenLonger(0, [callback = waits.Callback()] { callback(true); }), 0);
  bool cancelled_ran = false;
  const int64_t ticket = log_->WhenLonger(0, [&] { cancelled_ran = true; });
  EXPECT_TRUE(log_->CancelWait(ticket));
  EXPECT_FALSE(log_->CancelWait(ticket));
  ASSERT_TRUE(log_->AppendRows(MakeBlock(0, 1), 1, 0).ok());
  EXPECT_TRUE(waits.Wait());
  bool at_once = false;
  EXPECT_EQ(log_->WhenLonger(0, [&] { at_once = true; }), 0);
  EXPECT_TRUE(at_once);
  Answer<bool> woken;
  log_->WhenLonger(1, [callback = woken.Callback()] { callback(true); });
  log_->WakeAll();
  EXPECT_TRUE(woken.HasCome());
  EXPECT_FALSE(cancelled_ran);
}

// Each reader sees every row once, in order, however slow it is; a vector is there as soon as its row is.
TEST_F(StepLogTest, ReadersFollowTheWriter) {
  constexpr int64_t kBlocks = 120;
  constexpr int64_t kRows = 7;
  constexpr int64_t kWidth = 40'000;  // 320 kB: kept apart
  OnThreads(5, [&](int thread) {
    if (thread == 0) {
      for (int64_t i = 0; i < kBlocks; ++i) {
        ASSERT_TRUE(log_->AppendRows(MakeBlock(i * kRows, kRows, i % 10 == 0 ? kWidth : 0), 1, 0).ok());
      }
      return;
    }
    int64_t step = 0;
    for (int64_t sequence = 0; sequence < kBlocks * kRows;) {
      const absl::StatusOr<std::optional<StepLog::Piece>> piece = log_->Read(sequence);
      ASSERT_TRUE(piece.ok()) << piece.status();
      if (!piece->has_value()) {
        AwaitLonger(sequence);
        continue;
      }
      const absl::StatusOr<RowsView> rows = ParseRows(*(*piece)->payload);
      ASSERT_TRUE(rows.ok());
      if (rows->parameter_vectors > 0) ExpectParameters(rows->first_step, kWidth);
      for (int64_t row = 0; row < rows->rows; ++row) {
        ASSERT_EQ(rows->value(RowColumn::kLoss, row), static_cast<double>(step++));
      }
      sequence = (*piece)->header.next_sequence;
    }
    EXPECT_EQ(step, kBlocks * kRows);
  });
}

TEST_F(StepLogTest, LargeVectorsAreKeptApart) {
  constexpr int64_t kWidth = 300'000;  // three parts
  ASSERT_TRUE(log_->AppendRows(MakeBlock(0, 4, kWidth), 1, 0).ok());
  ASSERT_TRUE(log_->AppendRows(MakeBlock(4, 4, kWidth), 1, 0).ok());
  ASSERT_TRUE(log_->Flush().ok());
  for (int round = 0; round < 2; ++round) {
    ExpectParameters(0, kWidth);
    ExpectParameters(4, kWidth);
    EXPECT_FALSE(log_->ParametersAt(2)->has_value());
    EXPECT_EQ(log_->SequenceOfStep(2), 2);
    EXPECT_EQ(log_->SequenceOfStep(6), 6);
    EXPECT_LT((*log_->Read(0))->payload->size(), 1'000);
    EXPECT_EQ(ReadLog(*log_).steps.size(), 8);
    Open();
  }
}

// After power loss a row that announces a vector has it, wherever the loss came.
TEST_F(StepLogTest, PowerLossSplitsNoVectorFromItsRows) {
  constexpr int64_t kWidth = 300'000;
  for (int64_t changes = 0; changes < 24; changes += 5) {
    const std::string uid(16, static_cast<char>('a' + changes));
    std::shared_ptr<StepLog> log = *StepLog::Open(store_.get(), uid);
    env_.LosePowerAfter(changes);
    for (int64_t step = 0; step < 4; ++step) log->AppendRows(MakeBlock(step, 1, kWidth), 1, 0).IgnoreError();
    log->Flush().IgnoreError();
    log.reset();
    log_.reset();
    store_.reset();
    env_.Restart();
    Open();
    log = *StepLog::Open(store_.get(), uid);
    for (int64_t step = 0; step <= log->extent().last_step; ++step) {
      const absl::StatusOr<std::optional<core::ParameterVector>> vector = log->ParametersAt(step);
      ASSERT_TRUE(vector.ok()) << vector.status();
      ASSERT_TRUE(vector->has_value()) << step;
      EXPECT_EQ((*vector)->values.back(), Parameter(step, kWidth - 1));
    }
  }
}

// Retention thins and drops while others read: they get what was written, or hear that it is gone.
void KeepSmallWhileOthersRead(StepLog* log, int64_t width, int64_t blocks) {
  constexpr int64_t kRows = 20;
  std::atomic<bool> is_over = false;
  std::atomic<int64_t> thinned = 0;
  std::atomic<int64_t> dropped = 0;
  const auto keep_within = [&](int64_t budget_bytes) {
    const absl::StatusOr<std::vector<Warning>> warnings = log->KeepWithin(budget_bytes);
    ASSERT_TRUE(warnings.ok()) << warnings.status();
    for (const Warning& warning : *warnings) ++(warning.code == kParametersThinned ? thinned : dropped);
  };
  OnThreads(4, [&](int thread) {
    if (thread == 0) {
      for (int64_t i = 0; i < blocks; ++i) {
        ASSERT_TRUE(log->AppendRows(MakeBlock(i * kRows, kRows, width), 1, 0).ok());
        keep_within(i < blocks / 2 ? 1 << 20 : 100'000);
      }
      // Blocks become durable when they do; in the end all are, and are too many.
      ASSERT_TRUE(log->Flush().ok());
      keep_within(20'000);
      is_over = true;
      return;
    }
    uint64_t random = static_cast<uint64_t>(thread);
    while (!is_over) {
      const StepLog::Extent extent = log->extent();
      if (extent.last_step < 0) continue;
      random = random * 6364136223846793005u + 1442695040888963407u;
      const int64_t sequence = static_cast<int64_t>(random >> 33) % extent.end_sequence;
      const absl::StatusOr<std::optional<StepLog::Piece>> piece = log->Read(sequence);
      if (!piece.ok()) {
        ASSERT_EQ(ReasonOf(piece.status()), core::ErrorReason::kSequenceOutOfRange) << piece.status();
      } else if ((*piece)->header.kind == RecordKind::kRows) {
        const absl::StatusOr<RowsView> rows = ParseRows(*(*piece)->payload);
        ASSERT_TRUE(rows.ok());
        ASSERT_EQ(rows->value(RowColumn::kLoss, sequence % kRows), static_cast<double>(sequence));
      }
      const int64_t step = sequence / kRows * kRows;
      const absl::StatusOr<std::optional<core::ParameterVector>> vector = log->ParametersAt(step);
      ASSERT_TRUE(vector.ok()) << vector.status();
      if (!vector->has_value()) continue;
      ASSERT_EQ((*vector)->values.back(), Parameter(step, width - 1));
    }
  });
  EXPECT_GT(thinned, 0);
  EXPECT_GT(dropped, 0);
  EXPECT_GT(log->extent().oldest_sequence, 0);
  EXPECT_LE(log->extent().thinned_before_step, log->extent().last_step + 1);
}

TEST_F(StepLogTest, RetentionWhileOthersRead) {
  Open(/*segment_bytes=*/64 << 10);
  KeepSmallWhileOthersRead(log_.get(), 500, 800);
}

TEST_F(StepLogTest, RetentionOfLargeVectorsWhileOthersRead) {
  Open(/*segment_bytes=*/512 << 10);
  KeepSmallWhileOthersRead(log_.get(), 40'000, 60);
}

TEST_F(StepLogTest, AfterAnErrorOfTheDiskTheLogGoesOnWhenReopened) {
  ASSERT_TRUE(log_->AppendRows(MakeBlock(0, 10), 1, 0).ok());
  ASSERT_TRUE(log_->Flush().ok());
  EXPECT_TRUE(log_->Reopen().ok());  // does nothing
  for (int64_t round = 0; round < 20; ++round) {
    const int64_t step = 10 * (round + 1);
    if (round % 2 == 0) {
      env_.FailWrite(0, absl::ResourceExhaustedError("the disk is full"));
    } else {
      env_.FailSync(0, absl::ResourceExhaustedError("the disk is full"));
    }
    log_->AppendRows(MakeBlock(step, 10), 1, 0).IgnoreError();
    EXPECT_TRUE(absl::IsResourceExhausted(log_->Flush()));
    EXPECT_TRUE(absl::IsResourceExhausted(log_->AppendRows(MakeBlock(step + 10, 10), 1, 0)));
    EXPECT_EQ(log_->end_sequence(), step);
    EXPECT_EQ(ReadLog(*log_).steps.size(), step);  // what is durable stays readable
    Answer<bool> waits;
    log_->WhenLonger(step, [callback = waits.Callback()] { callback(true); });
    ASSERT_TRUE(log_->Reopen().ok());
    EXPECT_EQ(log_->end_sequence(), step);
    ASSERT_TRUE(log_->AppendRows(MakeBlock(step, 10), 1, 0).ok());
    ASSERT_TRUE(log_->Flush().ok());
    EXPECT_TRUE(waits.Wait());
  }
  Open();
  EXPECT_EQ(ReadLog(*log_).steps.size(), 210);
}

}  // namespace
}  // namespace descent::jobs
