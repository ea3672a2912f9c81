#include "core/training/stopping.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"

namespace descent::core {
namespace {

// Of the default divergence_objective: times the first objective's magnitude, and at least.
constexpr double kDivergenceFactor = 1e12;
constexpr int kDigits = 6;

std::optional<double> OptionalNumberOf(const Config& config, absl::string_view field) {
  if (!config.has(field)) return std::nullopt;
  return config.number(field);
}

std::string Steps(int64_t count) { return absl::StrCat(count, count == 1 ? " step" : " steps"); }

}  // namespace

double BestValueOf(const EvaluationPoint& evaluation) {
  return evaluation.held_out.has_value() ? evaluation.held_out->loss : evaluation.objective;
}

void StoppingState::Write(ByteWriter* writer) const {
  writer->PutDouble(first_objective);
  writer->PutI64(plateau_step);
  writer->PutDouble(plateau_objective);
  writer->PutDouble(early_loss);
  writer->PutI64(early_evaluations);
  writer->PutBool(has_best);
  writer->PutDouble(best_value);
}

StoppingState StoppingState::Read(ByteReader* reader) {
  StoppingState state;
  state.first_objective = reader->GetDouble();
  state.plateau_step = reader->GetI64();
  state.plateau_objective = reader->GetDouble();
  state.early_loss = reader->GetDouble();
  state.early_evaluations = reader->GetI64();
  state.has_best = reader->GetBool();
  state.best_value = reader->GetDouble();
  return state;
}

StoppingRules::StoppingRules(const JobSpec& spec, int64_t training_rows)
    : max_steps_(spec.stopping.integer("max_steps")),
      target_objective_(OptionalNumberOf(spec.stopping, "target_objective")),
      gradient_tolerance_(OptionalNumberOf(spec.stopping, "gradient_tolerance")),
      divergence_objective_(OptionalNumberOf(spec.stopping, "divergence_objective")) {
  if (spec.stopping.has("max_epochs")) {
    max_epochs_ = spec.stopping.number("max_epochs");
    budget_is_epochs_ = max_steps_ == EpochBudgetSteps(spec, training_rows);
  }
  if (spec.plateau.info() != nullptr) {
    plateau_window_ = spec.plateau.steps("window");
    plateau_min_delta_ = spec.plateau.number("min_delta");
  }
  if (spec.early_stopping.info() != nullptr) {
    early_patience_ = spec.early_stopping.integer("patience");
    early_min_delta_ = spec.early_stopping.number("min_delta");
  }
}

std::optional<TerminationReason> StoppingRules::Check(const StoppingState& state, const Row& row,
                                                      const EvaluationPoint* evaluation) const {
  if (row.objective > DivergenceObjective(state, row)) return TerminationReason::kDiverged;
  if (target_objective_.has_value() && row.objective <= *target_objective_) return TerminationReason::kTargetReached;
  if (gradient_tolerance_.has_value() && row.gradient_norm <= *gradient_tolerance_) {
    return TerminationReason::kConverged;
  }
  if (plateau_window_ > 0 && !ImprovesPlateau(state, row.objective) &&
      row.step - state.plateau_step >= plateau_window_) {
    return TerminationReason::kPlateau;
  }
  if (early_patience_ > 0 && evaluation != nullptr && !ImprovesEarly(state, *evaluation) &&
      state.early_evaluations + 1 >= early_patience_) {
    return TerminationReason::kStoppedEarly;
  }
  if (!budget_used(row.step)) return std::nullopt;
  return budget_is_epochs_ ? TerminationReason::kEpochBudget : TerminationReason::kStepBudget;
}

bool StoppingRules::IsBest(const StoppingState& state, const EvaluationPoint& evaluation) const {
  const double value = BestValueOf(evaluation);
  return state.has_best ? value < state.best_value : !std::isnan(value);
}

void StoppingRules::Observe(const Row& row, const EvaluationPoint* evaluation, StoppingState* state) const {
  if (row.step == 0) state->first_objective = row.objective;
  if (ImprovesPlateau(*state, row.objective)) {
    state->plateau_step = row.step;
    state->plateau_objective = row.objective;
  }
  if (evaluation == nullptr) return;
  if (IsBest(*state, *evaluation)) {
    state->has_best = true;
    state->best_value = BestValueOf(*evaluation);
  }
  if (early_patience_ == 0) return;
  if (ImprovesEarly(*state, *evaluation)) {
    state->early_loss = evaluation->held_out->loss;
    state->early_evaluations = 0;
  } else {
    ++state->early_evaluations;
  }
}

double StoppingRules::DivergenceObjective(const StoppingState& state, const Row& row) const {
  if (divergence_objective_.has_value()) return *divergence_objective_;
  const double first = row.step == 0 ? row.objective : state.first_objective;
  return std::max(kDivergenceFactor, kDivergenceFactor * std::abs(first));
}

// The first row always does; later ones by falling at least min_delta, and at all.
bool StoppingRules::ImprovesPlateau(const StoppingState& state, double objective) const {
  return objective < state.plateau_objective && state.plateau_objective - objective >= plateau_min_delta_;
}

bool StoppingRules::ImprovesEarly(const StoppingState& state, const EvaluationPoint& evaluation) const {
  return evaluation.held_out.has_value() && evaluation.held_out->loss < state.early_loss - early_min_delta_;
}

std::string StoppingRules::Message(TerminationReason reason, const StoppingState& state, const Row& row) const {
  const auto text = [](double value) { return RoundedText(value, kDigits); };
  const std::string after = absl::StrCat(" after ", Steps(row.step));
  switch (reason) {
    case TerminationReason::kConverged:
      return absl::StrCat("The gradient norm ", text(row.gradient_norm), " is within its tolerance ",
                          text(*gradient_tolerance_), after, ".");
    case TerminationReason::kTargetReached:
      return absl::StrCat("The objective ", text(row.objective), " reached its target ", text(*target_objective_),
                          after, ".");
    case TerminationReason::kStepBudget:
      return absl::StrCat("The budget of ", Steps(max_steps_), " is used; the objective is ", text(row.objective), ".");
    case TerminationReason::kEpochBudget:
      return absl::StrCat("The budget of ", text(max_epochs_), max_epochs_ == 1 ? " epoch" : " epochs", " (",
                          Steps(max_steps_), ") is used; the objective is ", text(row.objective), ".");
    case TerminationReason::kTimeBudget:
      return absl::StrCat("The time budget was used", after, "; the objective is ", text(row.objective), ".");
    case TerminationReason::kPlateau:
      return absl::StrCat("The objective has not fallen by ", text(plateau_min_delta_), " below ",
                          text(state.plateau_objective), " since step ", state.plateau_step, ", ",
                          Steps(row.step - state.plateau_step), " ago.");
    case TerminationReason::kStoppedEarly:
      return absl::StrCat("The held-out loss has not improved on ", text(state.early_loss), " for ", early_patience_,
                          early_patience_ == 1 ? " evaluation" : " evaluations", "; the best parameters are kept.");
    case TerminationReason::kDiverged:
      return absl::StrCat("The objective ", text(row.objective), " passed ", text(DivergenceObjective(state, row)),
                          after, "; a smaller learning rate may help.");
    case TerminationReason::kNonFinite:
      return absl::StrCat("A value is not finite", after, ".");
    case TerminationReason::kCancelled:
      return absl::StrCat("Cancelled", after, ".");
  }
  return "";
}

}  // namespace descent::core
