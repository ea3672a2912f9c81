// What a watcher knows of a job: the sum of the records so far. Rendering is in watch_text.h.
#ifndef DESCENT_CLIENT_CLI_WATCH_STATE_H_
#define DESCENT_CLIENT_CLI_WATCH_STATE_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "client/cli/curve.h"
#include "descent/v1/step_log.pb.h"

namespace descent::cli {

// Thread-safety: like a plain struct.
class WatchState {
 public:
  // Takes in a record; costs a comparison a row.
  void Add(const v1::LogRecord& record);

  // From the header.
  const v1::Job& job() const { return job_; }
  // The newest state, of the header or of a state change.
  v1::JobState state() const { return state_; }
  v1::StateReason state_reason() const { return state_reason_; }
  const std::string& state_message() const { return state_message_; }
  // How the job ended, once it did and when it took a row.
  const std::optional<v1::Termination>& termination() const { return termination_; }
  const std::optional<v1::EvaluationEvent>& evaluation() const { return evaluation_; }

  // Of the newest row; absent before the first, or when the column is not watched.
  int64_t step() const { return step_; }
  int64_t max_steps() const { return job_.progress().max_steps(); }
  std::optional<double> loss() const { return loss_; }
  std::optional<double> objective() const { return objective_; }
  std::optional<double> gradient_norm() const { return gradient_norm_; }
  std::optional<double> learning_rate() const { return learning_rate_; }
  double elapsed_seconds() const { return elapsed_seconds_; }

  // Steps a second of the job itself over its last seconds, however fast they are replayed; 0 when not known.
  double steps_per_second() const;
  // Seconds until the step budget is used at that rate; only while the job runs.
  std::optional<double> eta_seconds() const;

  // Of the loss, or of the objective when the loss is not watched.
  const Curve& curve() const { return curve_; }

 private:
  // The job's own clock at a step.
  struct Sample {
    double elapsed_seconds;
    int64_t step;
  };

  void AddSteps(const v1::StepBlock& block);
  void AddStateChange(const v1::StateChange& change);
  void AddSample(const v1::StepBlock& block);

  v1::Job job_;
  v1::JobState state_ = v1::JOB_STATE_UNSPECIFIED;
  v1::StateReason state_reason_ = v1::STATE_REASON_UNSPECIFIED;
  std::string state_message_;
  std::optional<v1::Termination> termination_;
  std::optional<v1::EvaluationEvent> evaluation_;
  int64_t step_ = 0;
  std::optional<double> loss_;
  std::optional<double> objective_;
  std::optional<double> gradient_norm_;
  std::optional<double> learning_rate_;
  double elapsed_seconds_ = 0;
  int32_t attempt_ = 0;
  std::deque<Sample> samples_;
  Curve curve_;
};

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_WATCH_STATE_H_
