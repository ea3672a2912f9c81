#include "client/cli/watch_state.h"

#include <algorithm>
#include <optional>

namespace descent::cli {
namespace {

// The rate is measured over so many seconds of the job's time, in samples that are so far apart at least.
constexpr double kRateWindowSeconds = 5;
constexpr double kSampleSeconds = 0.1;

std::optional<double> LastOf(const google::protobuf::RepeatedField<double>& column, std::optional<double> otherwise) {
  return column.empty() ? otherwise : std::optional<double>(*column.rbegin());
}

}  // namespace

void WatchState::Add(const v1::LogRecord& record) {
  switch (record.record_case()) {
    case v1::LogRecord::kHeader:
      job_ = record.header().job();
      state_ = job_.state();
      state_reason_ = job_.state_reason();
      state_message_ = job_.state_message();
      if (job_.has_termination()) termination_ = job_.termination();
      break;
    case v1::LogRecord::kSteps:
      AddSteps(record.steps());
      break;
    case v1::LogRecord::kStateChange:
      AddStateChange(record.state_change());
      break;
    case v1::LogRecord::kEvaluation:
      evaluation_ = record.evaluation();
      break;
    default:
      break;
  }
}

void WatchState::AddStateChange(const v1::StateChange& change) {
  state_ = change.state();
  state_reason_ = change.reason();
  state_message_ = change.message();
  if (change.has_termination()) termination_ = change.termination();
}

void WatchState::AddSteps(const v1::StepBlock& block) {
  const int64_t last_step = block.first_step() + (block.row_count() - 1) * block.step_stride();
  const google::protobuf::RepeatedField<double>& column = block.loss().empty() ? block.objective() : block.loss();
  curve_.Add(block.first_step(), std::max<int64_t>(1, block.step_stride()),
             {column.data(), static_cast<size_t>(column.size())});
  step_ = last_step;
  loss_ = LastOf(block.loss(), loss_);
  objective_ = LastOf(block.objective(), objective_);
  gradient_norm_ = LastOf(block.gradient_norm(), gradient_norm_);
  learning_rate_ = LastOf(block.learning_rate(), learning_rate_);
  elapsed_seconds_ = block.elapsed_seconds();
  AddSample(block);
}

void WatchState::AddSample(const v1::StepBlock& block) {
  if (block.attempt() != attempt_) samples_.clear();
  attempt_ = block.attempt();
  const Sample sample{block.elapsed_seconds(), step_};
  if (samples_.size() > 1 && sample.elapsed_seconds - samples_[samples_.size() - 2].elapsed_seconds < kSampleSeconds) {
    samples_.back() = sample;
  } else {
    samples_.push_back(sample);
  }
  while (samples_.size() > 2 && sample.elapsed_seconds - samples_[1].elapsed_seconds > kRateWindowSeconds) {
    samples_.pop_front();
  }
}

double WatchState::steps_per_second() const {
  if (samples_.size() > 1 && samples_.back().elapsed_seconds > samples_.front().elapsed_seconds) {
    return static_cast<double>(samples_.back().step - samples_.front().step) /
           (samples_.back().elapsed_seconds - samples_.front().elapsed_seconds);
  }
  if (elapsed_seconds_ > 0) return static_cast<double>(step_) / elapsed_seconds_;
  return job_.progress().steps_per_second();
}

std::optional<double> WatchState::eta_seconds() const {
  const double rate = steps_per_second();
  if (state_ != v1::JOB_STATE_RUNNING || rate <= 0 || max_steps() < step_) return std::nullopt;
  return static_cast<double>(max_steps() - step_) / rate;
}

}  // namespace descent::cli
