// The rules that end a run, and what they remember.
#ifndef DESCENT_CORE_TRAINING_STOPPING_H_
#define DESCENT_CORE_TRAINING_STOPPING_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/training/job_spec.h"
#include "core/training/trainer.h"

namespace descent::core {

// Row `step` of a run.
struct Row {
  int64_t step = 0;
  double loss = 0;
  double objective = 0;
  double learning_rate = 0;
  double gradient_norm = 0;
};

// What evaluations are compared by: the held-out loss, or the objective when nothing is held out.
double BestValueOf(const EvaluationPoint& evaluation);

// All that the rules remember of the rows and evaluations before: of constant size whatever the windows.
struct StoppingState {
  double first_objective = 0;
  // Plateau: where the objective last fell by min_delta, and to what.
  int64_t plateau_step = 0;
  double plateau_objective = std::numeric_limits<double>::infinity();
  // Early stopping: the held-out loss that last counted as an improvement, and evaluations since.
  double early_loss = std::numeric_limits<double>::infinity();
  int64_t early_evaluations = 0;
  // The best evaluation: least held-out loss, or least objective when nothing is held out.
  bool has_best = false;
  double best_value = 0;

  void Write(ByteWriter* writer) const;
  static StoppingState Read(ByteReader* reader);
};

// Of a resolved spec. In the order in which they are asked: diverged, target reached, converged, plateau, early
// stopping, budget. Whether a row is finite is asked before. Thread-safety: immutable.
class StoppingRules {
 public:
  StoppingRules(const JobSpec& spec, int64_t training_rows);

  // Whether row `step` is the last that the budget allows, whatever is measured in it.
  bool budget_used(int64_t step) const { return step >= max_steps_; }

  // The rule that holds at a row, with the evaluation that follows the row if there is one. `state` is that before it.
  std::optional<TerminationReason> Check(const StoppingState& state, const Row& row,
                                         const EvaluationPoint* evaluation) const;
  // Whether an evaluation is better than the best before. NaN never is.
  bool IsBest(const StoppingState& state, const EvaluationPoint& evaluation) const;
  // Takes a row and its evaluation into account.
  void Observe(const Row& row, const EvaluationPoint* evaluation, StoppingState* state) const;

  // A sentence with figures on why the run ended at a row.
  std::string Message(TerminationReason reason, const StoppingState& state, const Row& row) const;

 private:
  double DivergenceObjective(const StoppingState& state, const Row& row) const;
  bool ImprovesPlateau(const StoppingState& state, double objective) const;
  bool ImprovesEarly(const StoppingState& state, const EvaluationPoint& evaluation) const;

  int64_t max_steps_;
  bool budget_is_epochs_ = false;
  double max_epochs_ = 0;
  std::optional<double> target_objective_;
  std::optional<double> gradient_tolerance_;
  std::optional<double> divergence_objective_;
  int64_t plateau_window_ = 0;  // 0: no rule
  double plateau_min_delta_ = 0;
  int64_t early_patience_ = 0;  // 0: no rule
  double early_min_delta_ = 0;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_STOPPING_H_
