#include "core/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/analysis/spectrum.h"
#include "core/base/aligned.h"
#include "core/base/errors.h"
#include "core/base/format.h"
#include "core/base/parallel.h"
#include "core/base/status.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/schedules/schedule.h"
#include "core/training/averaging.h"
#include "core/training/clipping.h"
#include "core/training/curvature.h"
#include "core/training/diagnosis.h"
#include "core/training/gradient_norm.h"
#include "core/training/guard.h"
#include "core/training/lazy_optimizer.h"
#include "core/training/non_finite.h"
#include "core/training/objective.h"
#include "core/training/parameter_groups.h"
#include "core/training/rate_reduction.h"
#include "core/training/recorder.h"
#include "core/training/snapshot.h"
#include "core/training/start.h"
#include "core/training/step_batch.h"
#include "core/training/stopping.h"

namespace descent::core {
namespace {

// Products with the Hessian that advice on the rate may cost, and the steps that a run must have for it.
constexpr int64_t kAdviceProducts = 10;
constexpr int64_t kStepsWorthAdvice = 500;

// Calls that only a bug makes.
void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "descent: %s\n", what);
  std::abort();
}

template <typename T>
std::unique_ptr<Optimizer<T>> MakeOptimizerOf(const JobSpec& spec, const Objective<T>& objective) {
  if (objective.is_sparse()) return std::make_unique<LazyOptimizer<T>>(spec.optimizer, objective.layout());
  return MakeGroupedOptimizer<T>(spec.optimizer, spec.parameter_groups, objective.layout());
}

template <typename T>
class TrainerOf final : public Trainer {
 public:
  TrainerOf(const JobSpec& spec, std::unique_ptr<Team> team, std::unique_ptr<Objective<T>> objective)
      : team_(std::move(team)),
        objective_(std::move(objective)),
        optimizer_(MakeOptimizerOf<T>(spec, *objective_)),
        schedule_(MakeSchedule(spec.schedule, spec.warmup)),
        rate_reduction_(spec.reduce_on_plateau),
        clipping_(spec.clipping),
        averager_(spec.averaging),
        guard_(spec.guard),
        rules_(spec, objective_->training_rows()),
        recorder_(spec.record, objective_->layout().size),
        fingerprint_(SpecFingerprint(spec)),
        learning_rate_(spec.optimizer.number("learning_rate")),
        optimizer_config_(spec.optimizer),
        penalties_(spec.dataset.has_value() ? spec.dataset->penalties : std::vector<Config>()),
        rate_factors_(LearningRateFactors(spec.parameter_groups, objective_->layout())),
        evaluate_every_(spec.evaluation.steps("every")),
        has_answer_(FindOptimizer(spec.optimizer.name())->has_answer),
        is_sparse_(objective_->is_sparse()),
        gradient_(static_cast<size_t>(objective_->layout().size)) {
    if (const LinearRows<T>* rows = objective_->Rows(0)) optimizer_->Prepare(*rows);
    multi_start_ = ChooseStart<T>(spec, objective_.get(), &run_.parameters);
    run_.previous = run_.parameters;
  }

  Progress Advance(int64_t updates, StepBlock* block) override;
  Progress Finish(TerminationReason reason, StepBlock* block) override;
  int64_t step() const override { return run_.step; }
  int64_t executed_steps() const override { return executed_steps_; }
  double epoch() const override { return objective_->Epoch(run_.step); }
  std::string Snapshot() const override {
    OptimizerState<T> state;
    state.CopyFrom(optimizer_.get());
    return WriteSnapshot<T>(fingerprint_, run_, state);
  }
  const std::optional<Termination>& termination() const override { return run_.termination; }
  absl::Status Restore(absl::string_view snapshot) override;
  const ParameterLayout& layout() const override { return objective_->layout(); }
  ParameterVector last() const override { return LastParameters(run_); }
  ParameterVector best() const override { return BestParameters(run_); }
  ParameterVector kept() const override { return KeptParameters(run_); }
  const std::optional<MultiStart>& multi_start() const override { return multi_start_; }

 private:
  Row MeasureRow();
  void Judge(const Row& row, Progress* progress);
  void TakeUpdate(const Row& row);
  bool RollsBack(const Termination& termination) const;
  void RollBack();
  const AlignedVector<T>& Answer() const { return run_.Answer(); }
  // Of row step(), as the objective gives it.
  absl::Span<const int64_t> Support() const { return is_sparse_ ? objective_->Support() : absl::Span<const int64_t>(); }
  absl::Span<T> Gradient() {
    const absl::Span<T> all = absl::MakeSpan(gradient_);
    return is_sparse_ ? all.first(Support().size()) : all;
  }
  EvaluationPoint Evaluate(const Row& row);
  Termination Terminate(TerminationReason reason, const Row& row, const EvaluationPoint& evaluation);
  std::optional<Diagnosis> DiagnoseStationaryPoint(const Row& row);
  std::optional<Diagnosis> DiagnoseCycle();
  void Advise(const Row& row, Progress* progress);
  void Accept(const Row& row, const Progress& progress, bool rolls_back, StepBlock* block);

  // Constant after construction.
  const std::unique_ptr<Team> team_;
  const std::unique_ptr<Objective<T>> objective_;
  const std::unique_ptr<Optimizer<T>> optimizer_;
  const std::unique_ptr<const Schedule> schedule_;
  const RateReduction rate_reduction_;
  const Clipping clipping_;
  const Averager averager_;
  const Guard<T> guard_;
  const StoppingRules rules_;
  const Recorder recorder_;
  const std::string fingerprint_;
  const double learning_rate_;
  const Config optimizer_config_;
  const std::vector<Config> penalties_;     // for proximal steps
  const std::vector<double> rate_factors_;  // of tensors
  const int64_t evaluate_every_;
  const bool has_answer_;  // of the optimizer
  const bool is_sparse_;   // the gradient

  // The run: with the optimizer's arrays, all that a snapshot holds.
  RunState<T> run_;

  // Scratch and counters.
  AlignedVector<T> gradient_;
  MovedParameters moved_;
  int64_t executed_steps_ = 0;
  std::optional<MultiStart> multi_start_;
};

// The training loop. Row t is measured, evaluated when that is due, judged by the stopping rules and recorded; then
// update t -> t+1 is taken. Nothing changes before the row is accepted, so a last row that needs a block of its own is
// simply measured again.
template <typename T>
Trainer::Progress TrainerOf<T>::Advance(int64_t updates, StepBlock* block) {
  Require(!run_.termination.has_value(), "Advance was called on a run that is over");
  recorder_.Begin(updates, block);
  Progress progress;
  for (int64_t taken = 0; taken < updates && recorder_.Takes(run_.step, /*last=*/false, *block); ++taken) {
    const Row row = MeasureRow();
    Judge(row, &progress);
    const bool rolls_back = progress.termination.has_value() && RollsBack(*progress.termination);
    if (rolls_back) {
      const double factor = run_.guard.factor * guard_.factor();
      progress.advice = {AdviseOnRollback(*progress.termination, run_.guard.good_step, factor)};
      progress.termination.reset();
      progress.evaluation.reset();
    }
    if (progress.termination.has_value() && !recorder_.Takes(row.step, /*last=*/true, *block)) return {};
    Accept(row, progress, rolls_back, block);
    if (row.step == 0 || progress.termination.has_value()) Advise(row, &progress);
    if (progress.termination.has_value()) break;
    if (rolls_back) {
      RollBack();
      break;
    }
    TakeUpdate(row);
    if (progress.evaluation.has_value()) break;
  }
  return progress;
}

// Whether a row is finite, its evaluation when that is due, and whether it is the last.
template <typename T>
void TrainerOf<T>::Judge(const Row& row, Progress* progress) {
  if (!std::isfinite(row.loss) || !std::isfinite(row.gradient_norm)) {
    progress->termination = FindNonFinite<T>(row, Gradient(), Support(), layout());
    if (progress->termination.has_value()) return;
  }
  if (row.step % evaluate_every_ == 0 || rules_.budget_used(row.step)) progress->evaluation = Evaluate(row);
  const EvaluationPoint* evaluation = progress->evaluation.has_value() ? &*progress->evaluation : nullptr;
  if (const auto reason = rules_.Check(run_.stopping, row, evaluation)) {
    if (evaluation == nullptr) progress->evaluation = Evaluate(row);
    progress->termination = Terminate(*reason, row, *progress->evaluation);
  }
}

template <typename T>
void TrainerOf<T>::TakeUpdate(const Row& row) {
  moved_.Copy<T>(Answer(), absl::MakeSpan(run_.previous));
  clipping_.Clip(row.gradient_norm, Gradient());
  StepBatch<T> batch(objective_.get(), row.step);
  optimizer_->Step({.step = row.step,
                    .learning_rate = row.learning_rate,
                    .momentum = schedule_->Momentum(row.step),
                    .objective = row.objective,
                    .gradient = Gradient(),
                    .support = Support(),
                    .batch = &batch},
                   absl::MakeSpan(run_.parameters));
  ApplyProximal<T>(penalties_, layout(), row.learning_rate, rate_factors_, absl::MakeSpan(run_.parameters));
  objective_->Project(absl::MakeSpan(run_.parameters));
  ++run_.step;
  if (is_sparse_) moved_.Set(Support());
  if (has_answer_) {
    const absl::Span<const T> answer = optimizer_->Answer();
    run_.answer.assign(answer.begin(), answer.end());
  }
  averager_.Observe(run_.step, run_.parameters, &run_.answer);
  ++executed_steps_;
}

template <typename T>
bool TrainerOf<T>::RollsBack(const Termination& termination) const {
  return (termination.reason == TerminationReason::kNonFinite || termination.reason == TerminationReason::kDiverged) &&
         guard_.CanRollBack(run_.guard) && !rules_.budget_used(termination.step);
}

// Takes the place of an update.
template <typename T>
void TrainerOf<T>::RollBack() {
  guard_.RollBack(&run_.guard, &run_.parameters, &run_.answer, optimizer_.get());
  run_.previous = Answer();
  moved_.SetAll();
  ++run_.step;
  ++executed_steps_;
}

template <typename T>
Trainer::Progress TrainerOf<T>::Finish(TerminationReason reason, StepBlock* block) {
  Require(!run_.termination.has_value(), "Finish was called on a run that is over");
  recorder_.Begin(1, block);
  const Row row = MeasureRow();
  Progress progress;
  progress.termination = FindNonFinite<T>(row, Gradient(), Support(), layout());
  if (!progress.termination.has_value()) {
    progress.evaluation = Evaluate(row);
    progress.termination = Terminate(reason, row, *progress.evaluation);
  }
  Accept(row, progress, /*rolls_back=*/false, block);
  return progress;
}

template <typename T>
Row TrainerOf<T>::MeasureRow() {
  const ObjectiveValue value = objective_->Measure(run_.step, run_.parameters, absl::MakeSpan(gradient_));
  return {
      .step = run_.step,
      .loss = value.loss,
      .objective = value.objective,
      .learning_rate = learning_rate_ * schedule_->Factor(run_.step) * run_.rate_reduction.factor * run_.guard.factor,
      .gradient_norm = GradientNorm<T>(Gradient())};
}

template <typename T>
EvaluationPoint TrainerOf<T>::Evaluate(const Row& row) {
  const ObjectiveValue batch = {row.loss, row.objective};
  EvaluationPoint evaluation = objective_->Evaluate(Answer(), run_.answer.empty() ? &batch : nullptr);
  evaluation.step = row.step;
  evaluation.best = rules_.IsBest(run_.stopping, evaluation);
  return evaluation;
}

template <typename T>
Termination TrainerOf<T>::Terminate(TerminationReason reason, const Row& row, const EvaluationPoint& evaluation) {
  const bool keeps_best = reason == TerminationReason::kStoppedEarly || reason == TerminationReason::kDiverged;
  const bool best_is_before = !evaluation.best && !run_.best.empty();
  Termination termination{.reason = reason,
                          .message = rules_.Message(reason, run_.stopping, row),
                          .step = row.step,
                          .loss = row.loss,
                          .objective = row.objective,
                          .gradient_norm = row.gradient_norm,
                          .kept_step = keeps_best && best_is_before ? run_.best_step : row.step,
                          .non_finite = std::nullopt,
                          .duality_gap = std::nullopt,
                          .diagnosis = std::nullopt};
  if (!objective_->is_full() || !termination.leaves_place_open()) return termination;
  termination.Certify(objective_->UpperGap(run_.parameters));
  std::optional<Diagnosis> diagnosis = DiagnoseStationaryPoint(row);
  if (!diagnosis.has_value() && reason != TerminationReason::kConverged) diagnosis = DiagnoseCycle();
  termination.Conclude(diagnosis);
  return termination;
}

// Where the gradient is small: what the second derivatives say.
template <typename T>
std::optional<Diagnosis> TrainerOf<T>::DiagnoseStationaryPoint(const Row& row) {
  if (!rules_.IsNearlyStationary(row)) return std::nullopt;
  const std::optional<Spectrum> spectrum = SpectrumOf<T>(objective_.get(), run_.parameters, gradient_);
  if (!spectrum.has_value()) return std::nullopt;
  return JudgeStationaryPoint(*spectrum, GradientNorm<T>(run_.parameters));
}

// Turns the run further to see whether it goes round, and puts it back: nothing of it changes.
template <typename T>
std::optional<Diagnosis> TrainerOf<T>::DiagnoseCycle() {
  const int64_t steps = LookAheadSteps(run_.step);
  if (steps == 0) return std::nullopt;
  const std::string here = Snapshot();
  const int64_t executed = executed_steps_;
  const std::optional<MultiStart> drawn = multi_start_;
  const auto advance = [this] {
    const Row row = MeasureRow();
    TakeUpdate(row);
    return row.objective;
  };
  const auto point = [this] { return absl::Span<const T>(run_.parameters); };
  std::optional<Diagnosis> diagnosis = FindLimitCycle<T>(steps, advance, point);
  Require(Restore(here).ok(), "a trainer did not take its own snapshot");
  executed_steps_ = executed;
  multi_start_ = drawn;
  return diagnosis;
}

template <typename T>
void TrainerOf<T>::Accept(const Row& row, const Progress& progress, bool rolls_back, StepBlock* block) {
  const EvaluationPoint* evaluation = progress.evaluation.has_value() ? &*progress.evaluation : nullptr;
  rules_.Observe(row, evaluation, &run_.stopping);
  if (evaluation != nullptr) rate_reduction_.Observe(BestValueOf(*evaluation), &run_.rate_reduction);
  if (evaluation != nullptr && evaluation->best) {
    run_.best = Answer();
    run_.best_step = row.step;
  }
  if (progress.termination.has_value()) run_.termination = progress.termination;
  if (guard_.Keeps(row.step) && !rolls_back) {
    guard_.Keep(row.step, run_.parameters, run_.answer, optimizer_.get(), &run_.guard);
  }
  recorder_.Record<T>(row, run_.parameters, /*last=*/progress.termination.has_value(), block);
}

// Before the first step, and at the end of a run on data.
template <typename T>
void TrainerOf<T>::Advise(const Row& row, Progress* progress) {
  const auto add = [progress](std::optional<Advice> advice) {
    if (advice.has_value()) progress->advice.push_back(*std::move(advice));
  };
  if (row.step == 0) {
    add(objective_->AdviseOnData());
    if (objective_->is_full() && optimizer_config_.name() == "sgd" && !rules_.budget_used(kStepsWorthAdvice)) {
      if (const auto spectrum = SpectrumOf<T>(objective_.get(), run_.parameters, gradient_, kAdviceProducts))
        add(AdviseOnRate(optimizer_config_, spectrum->largest));
    }
  }
  add(objective_->AdviseOnUnits(row.step, run_.parameters));
  // A run that ends because it is not finite has no evaluation.
  if (!progress->termination.has_value() || !progress->evaluation.has_value()) return;
  const std::optional<double> constant = objective_->LossOfConstant();
  if (constant.has_value()) add(AdviseOnLoss(row.step, progress->evaluation->training.loss, *constant));
}

template <typename T>
absl::Status TrainerOf<T>::Restore(absl::string_view snapshot) {
  DESCENT_ASSIGN_OR_RETURN(SnapshotContents<T> contents, ReadSnapshot<T>(snapshot));
  const auto refuse = [](absl::string_view what) {
    return MakeError(ErrorReason::kStoredDataDamaged, absl::StrCat("a snapshot cannot be used: ", what));
  };
  if (contents.fingerprint != fingerprint_) return refuse("it was taken of another spec");
  if (contents.run.parameters.size() != gradient_.size() || !contents.optimizer.Fits(optimizer_.get()) ||
      !guard_.Fits(contents.run.guard, gradient_.size(), optimizer_.get())) {
    return refuse("its sizes are not those of the model");
  }
  run_ = std::move(contents.run);
  moved_.SetAll();
  contents.optimizer.PutInto(optimizer_.get());
  multi_start_.reset();
  return absl::OkStatus();
}

template <typename T>
absl::StatusOr<std::unique_ptr<Trainer>> CreateOf(const JobSpec& spec, const TrainingData& data) {
  auto team = std::make_unique<Team>(static_cast<int>(spec.execution.integer("threads")));
  DESCENT_ASSIGN_OR_RETURN(std::unique_ptr<Objective<T>> objective, MakeObjective<T>(spec, data, team.get()));
  return std::make_unique<TrainerOf<T>>(spec, std::move(team), std::move(objective));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(const JobSpec& spec, const TrainingData& data) {
  return spec.precision == Precision::kFloat32 ? CreateOf<float>(spec, data) : CreateOf<double>(spec, data);
}

}  // namespace descent::core
