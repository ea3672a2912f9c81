// A machine you turn: it takes steps and fills columns. Time, cancellation, pausing and recording are its caller's.
//
// Row t is the state after t updates, measured on batch t; T updates give T + 1 rows, and row T evaluates and updates
// nothing. A run is a pure function of (resolved spec without record, execution and labels; data; build; CPU class):
// the same bits come out for any number of threads, and after Restore at any step.
//
//   auto trainer = Trainer::Create(spec, data).value();
//   StepBlock block;
//   while (true) {
//     Trainer::Progress progress = trainer->Advance(1000, &block);
//     ... use block, progress.evaluation ...
//     if (progress.termination.has_value()) break;
//   }
#ifndef DESCENT_CORE_TRAINING_TRAINER_H_
#define DESCENT_CORE_TRAINING_TRAINER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/training/advice.h"
#include "core/training/evaluation.h"
#include "core/training/job_spec.h"
#include "core/training/parameter_layout.h"
#include "core/training/step_block.h"
#include "core/training/termination.h"

namespace descent::core {

// A measurement after row `step`.
struct EvaluationPoint {
  int64_t step = 0;
  Evaluation training;
  std::optional<Evaluation> held_out;
  double objective = 0;  // training loss + penalties
  bool best = false;     // best so far: least held-out loss, or least objective when nothing is held out
};

// The starts that were compared before row 0.
struct MultiStart {
  std::vector<double> objectives;
  int64_t chosen = 0;
};

// A parameter vector and the updates it had.
struct ParameterVector {
  int64_t step = 0;
  std::vector<double> values;
};

// What a trainer trains on. Everything is immutable and may be shared by trainers.
struct TrainingData {
  // For dataset problems: the table, the evaluation dataset's table if the spec names one.
  std::shared_ptr<const Table> table;
  std::shared_ptr<const Table> evaluation_table;
};

// A problem ready to be trained: features encoded, layout known.
struct PreparedProblem {
  ParameterLayout layout;
  std::vector<std::string> classes;  // empty for regression and functions
  ProblemShape shape;
};

// Checks a valid spec against its data: target and task, missing values (count and lines), sizes. What contradicts goes
// to `violations` with paths under `path`.
PreparedProblem PrepareProblem(const JobSpec& spec, const TrainingData& data, absl::string_view path,
                               Violations* violations);

class Trainer {
 public:
  // `spec` is resolved. `threads` of the spec are started here.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(const JobSpec& spec, const TrainingData& data);
  virtual ~Trainer() = default;

  struct Progress {
    std::optional<EvaluationPoint> evaluation;  // it follows the block's last row
    std::vector<Advice> advice;                 // as does this
    std::optional<Termination> termination;     // the run is over
  };

  // Takes up to `updates` updates (>= 1) and puts their rows into `block`, which is cleared first. Returns earlier when
  // the block is full, when the next row would break a stride, after an evaluation and at the end. In the end the last
  // row, that of `termination->step`, is in the block whatever the strides. May give no rows (strides). CHECKs that the
  // run is not over.
  virtual Progress Advance(int64_t updates, StepBlock* block) = 0;

  // Ends the run here for a reason outside the mathematics (kTimeBudget, kCancelled): measures row step(), which
  // becomes the last.
  virtual Progress Finish(TerminationReason reason, StepBlock* block) = 0;

  // Updates done: the step of the next row, or of the last one when the run is over.
  virtual int64_t step() const = 0;
  // Updates computed since Create.
  virtual int64_t executed_steps() const = 0;
  virtual double epoch() const = 0;

  // How the run ended, once it is over; Restore brings it back.
  virtual const std::optional<Termination>& termination() const = 0;

  // Everything that determines the future, and the best parameters. Taken between two calls of Advance: the state
  // before row step(). Restore refuses bytes that are damaged or of another spec with STORED_DATA_DAMAGED.
  virtual std::string Snapshot() const = 0;
  virtual absl::Status Restore(absl::string_view snapshot) = 0;

  virtual const ParameterLayout& layout() const = 0;
  // Of step(); for a run that is over, of its last row.
  virtual ParameterVector last() const = 0;
  // Of the best evaluation; without one, the same as last().
  virtual ParameterVector best() const = 0;
  // The answer of a run that is over; otherwise the same as last().
  virtual ParameterVector kept() const = 0;
  // Set when the spec asked for several starts and this trainer drew them.
  virtual const std::optional<MultiStart>& multi_start() const = 0;
};

// The parameter vectors inside a snapshot, without a trainer.
struct SnapshotParameters {
  ParameterVector last;
  ParameterVector best;
  ParameterVector kept;
};
absl::StatusOr<SnapshotParameters> ReadSnapshotParameters(absl::string_view snapshot);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_TRAINER_H_
