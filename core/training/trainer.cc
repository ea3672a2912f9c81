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
#include "core/base/aligned.h"
#include "core/base/errors.h"
#include "core/base/format.h"
#include "core/base/parallel.h"
#include "core/base/status.h"
#include "core/initializers/initializer.h"
#include "core/optimizers/optimizer.h"
#include "core/schedules/schedule.h"
#include "core/training/averaging.h"
#include "core/training/clipping.h"
#include "core/training/gradient_norm.h"
#include "core/training/objective.h"
#include "core/training/parameter_groups.h"
#include "core/training/rate_reduction.h"
#include "core/training/recorder.h"
#include "core/training/snapshot.h"
#include "core/training/stopping.h"

namespace descent::core {
namespace {

// Calls that only a bug makes.
void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "descent: %s\n", what);
  std::abort();
}

// The batch of one step.
template <typename T>
class StepBatch final : public BatchObjective<T> {
 public:
  StepBatch(Objective<T>* objective, int64_t step) : objective_(objective), step_(step) {}

  double Measure(absl::Span<const T> point, absl::Span<T> gradient) override {
    return objective_->Measure(step_, point, gradient).objective;
  }

 private:
  Objective<T>* const objective_;
  const int64_t step_;
};

template <typename T>
class TrainerOf final : public Trainer {
 public:
  TrainerOf(const JobSpec& spec, std::unique_ptr<Team> team, std::unique_ptr<Objective<T>> objective)
      : team_(std::move(team)),
        objective_(std::move(objective)),
        optimizer_(MakeGroupedOptimizer<T>(spec.optimizer, spec.parameter_groups, objective_->layout())),
        schedule_(MakeSchedule(spec.schedule, spec.warmup)),
        rate_reduction_(spec.reduce_on_plateau),
        clipping_(spec.clipping),
        averager_(spec.averaging),
        rules_(spec, objective_->training_rows()),
        recorder_(spec.record, objective_->layout().size),
        fingerprint_(SpecFingerprint(spec)),
        learning_rate_(spec.optimizer.number("learning_rate")),
        evaluate_every_(spec.evaluation.steps("every")),
        gradient_(static_cast<size_t>(objective_->layout().size)) {
    Start(spec);
  }

  Progress Advance(int64_t updates, StepBlock* block) override;
  Progress Finish(TerminationReason reason, StepBlock* block) override;

  int64_t step() const override { return run_.step; }
  int64_t executed_steps() const override { return executed_steps_; }
  double epoch() const override { return objective_->Epoch(run_.step); }

  std::string Snapshot() const override {
    return WriteSnapshot<T>(fingerprint_, run_, optimizer_->State(), optimizer_->Numbers());
  }
  const std::optional<Termination>& termination() const override { return run_.termination; }
  absl::Status Restore(absl::string_view snapshot) override;

  const ParameterLayout& layout() const override { return objective_->layout(); }
  ParameterVector last() const override { return LastParameters(run_); }
  ParameterVector best() const override { return BestParameters(run_); }
  ParameterVector kept() const override { return KeptParameters(run_); }
  const std::optional<MultiStart>& multi_start() const override { return multi_start_; }

 private:
  void Start(const JobSpec& spec);
  Row MeasureRow();
  void TakeUpdate(const Row& row);
  const AlignedVector<T>& Answer() const { return run_.answer.empty() ? run_.parameters : run_.answer; }
  std::optional<Termination> FindNonFinite(const Row& row) const;
  EvaluationPoint Evaluate(const Row& row);
  Termination Terminate(TerminationReason reason, const Row& row, const EvaluationPoint& evaluation) const;
  void Accept(const Row& row, const Progress& progress, StepBlock* block);

  // Constant after construction.
  const std::unique_ptr<Team> team_;
  const std::unique_ptr<Objective<T>> objective_;
  const std::unique_ptr<Optimizer<T>> optimizer_;
  const std::unique_ptr<const Schedule> schedule_;
  const RateReduction rate_reduction_;
  const Clipping clipping_;
  const Averager averager_;
  const StoppingRules rules_;
  const Recorder recorder_;
  const std::string fingerprint_;
  const double learning_rate_;
  const int64_t evaluate_every_;

  // The run: with the optimizer's arrays, all that a snapshot holds.
  RunState<T> run_;

  // Scratch and counters.
  AlignedVector<T> gradient_;
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
    progress.termination = FindNonFinite(row);
    if (!progress.termination.has_value()) {
      if (row.step % evaluate_every_ == 0 || rules_.budget_used(row.step)) progress.evaluation = Evaluate(row);
      const EvaluationPoint* evaluation = progress.evaluation.has_value() ? &*progress.evaluation : nullptr;
      if (const auto reason = rules_.Check(run_.stopping, row, evaluation)) {
        if (evaluation == nullptr) progress.evaluation = Evaluate(row);
        progress.termination = Terminate(*reason, row, *progress.evaluation);
      }
    }
    if (progress.termination.has_value() && !recorder_.Takes(row.step, /*last=*/true, *block)) return {};
    Accept(row, progress, block);
    if (progress.termination.has_value()) break;

    TakeUpdate(row);
    if (progress.evaluation.has_value()) break;
  }
  return progress;
}

template <typename T>
void TrainerOf<T>::TakeUpdate(const Row& row) {
  run_.previous = Answer();
  clipping_.Clip(row.gradient_norm, absl::MakeSpan(gradient_));
  StepBatch<T> batch(objective_.get(), row.step);
  optimizer_->Step({.step = row.step,
                    .learning_rate = row.learning_rate,
                    .objective = row.objective,
                    .gradient = gradient_,
                    .batch = &batch},
                   absl::MakeSpan(run_.parameters));
  objective_->Project(absl::MakeSpan(run_.parameters));
  ++run_.step;
  const absl::Span<const T> answer = optimizer_->Answer();
  if (!answer.empty()) run_.answer.assign(answer.begin(), answer.end());
  averager_.Observe(run_.step, run_.parameters, &run_.answer);
  ++executed_steps_;
}

template <typename T>
Trainer::Progress TrainerOf<T>::Finish(TerminationReason reason, StepBlock* block) {
  Require(!run_.termination.has_value(), "Finish was called on a run that is over");
  recorder_.Begin(1, block);
  const Row row = MeasureRow();
  Progress progress;
  progress.termination = FindNonFinite(row);
  if (!progress.termination.has_value()) {
    progress.evaluation = Evaluate(row);
    progress.termination = Terminate(reason, row, *progress.evaluation);
  }
  Accept(row, progress, block);
  return progress;
}

// Draws the starts, compares their objectives over all training rows, and keeps the least: of equals the first. One
// that is not finite is worse than any that is.
template <typename T>
void TrainerOf<T>::Start(const JobSpec& spec) {
  const size_t size = gradient_.size();
  std::vector<double> values(size);
  AlignedVector<T> candidate(size);
  const auto draw = [&](int64_t start) {
    Initialize(spec.initializer, layout(), {.seed = *spec.seed, .start = static_cast<uint64_t>(start)},
               objective_->default_gain(), absl::MakeSpan(values));
    std::copy(values.begin(), values.end(), candidate.begin());
    objective_->Project(absl::MakeSpan(candidate));
  };
  draw(0);
  run_.parameters = candidate;
  if (*spec.starts > 1) {
    multi_start_.emplace();
    double least = std::numeric_limits<double>::infinity();
    for (int64_t start = 0; start < *spec.starts; ++start) {
      draw(start);
      const double objective = objective_->MeasureAll(candidate).objective;
      multi_start_->objectives.push_back(objective);
      if (!(objective < least)) continue;
      least = objective;
      multi_start_->chosen = start;
      run_.parameters = candidate;
    }
  }
  run_.previous = run_.parameters;
}

template <typename T>
Row TrainerOf<T>::MeasureRow() {
  const ObjectiveValue value = objective_->Measure(run_.step, run_.parameters, absl::MakeSpan(gradient_));
  return {.step = run_.step,
          .loss = value.loss,
          .objective = value.objective,
          .learning_rate = learning_rate_ * schedule_->Factor(run_.step) * run_.rate_reduction.factor,
          .gradient_norm = GradientNorm<T>(gradient_)};
}

// The end of a run whose row is not finite: the answer is the row before, or row 0 itself.
template <typename T>
std::optional<Termination> TrainerOf<T>::FindNonFinite(const Row& row) const {
  if (std::isfinite(row.loss) && std::isfinite(row.gradient_norm)) return std::nullopt;
  NonFinite found{.tensor = "loss", .index = 0, .step = row.step, .value = row.loss};
  if (std::isfinite(row.loss)) {
    const int64_t place = FindNonFiniteValue<T>(gradient_);
    if (place < 0) return std::nullopt;  // only the norm is beyond the largest double
    const auto tensor = std::find_if(layout().tensors.begin(), layout().tensors.end(),
                                     [place](const TensorInfo& info) { return place < info.offset + info.size(); });
    found.tensor = tensor->name;
    found.index = place - tensor->offset;
    found.value = static_cast<double>(gradient_[static_cast<size_t>(place)]);
  }
  const int64_t kept_step = std::max<int64_t>(0, row.step - 1);
  const std::string what =
      found.tensor == "loss" ? "The loss" : absl::StrCat("The gradient of ", found.tensor, "[", found.index, "]");
  return Termination{.reason = TerminationReason::kNonFinite,
                     .message = absl::StrCat(what, " is ", ShortestText(found.value), " at step ", row.step,
                                             "; the parameters of step ", kept_step,
                                             " are kept; a smaller learning rate or scaled features may help."),
                     .step = row.step,
                     .loss = row.loss,
                     .objective = row.objective,
                     .gradient_norm = row.gradient_norm,
                     .kept_step = kept_step,
                     .non_finite = std::move(found)};
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
Termination TrainerOf<T>::Terminate(TerminationReason reason, const Row& row, const EvaluationPoint& evaluation) const {
  const bool keeps_best = reason == TerminationReason::kStoppedEarly || reason == TerminationReason::kDiverged;
  const bool best_is_before = !evaluation.best && !run_.best.empty();
  return {.reason = reason,
          .message = rules_.Message(reason, run_.stopping, row),
          .step = row.step,
          .loss = row.loss,
          .objective = row.objective,
          .gradient_norm = row.gradient_norm,
          .kept_step = keeps_best && best_is_before ? run_.best_step : row.step,
          .non_finite = std::nullopt};
}

template <typename T>
void TrainerOf<T>::Accept(const Row& row, const Progress& progress, StepBlock* block) {
  const EvaluationPoint* evaluation = progress.evaluation.has_value() ? &*progress.evaluation : nullptr;
  rules_.Observe(row, evaluation, &run_.stopping);
  if (evaluation != nullptr) rate_reduction_.Observe(BestValueOf(*evaluation), &run_.rate_reduction);
  if (evaluation != nullptr && evaluation->best) {
    run_.best = Answer();
    run_.best_step = row.step;
  }
  if (progress.termination.has_value()) run_.termination = progress.termination;
  recorder_.Record<T>(row, run_.parameters, /*last=*/progress.termination.has_value(), block);
}

template <typename T>
absl::Status TrainerOf<T>::Restore(absl::string_view snapshot) {
  DESCENT_ASSIGN_OR_RETURN(SnapshotContents<T> contents, ReadSnapshot<T>(snapshot));
  const auto refuse = [](absl::string_view what) {
    return MakeError(ErrorReason::kStoredDataDamaged, absl::StrCat("a snapshot cannot be used: ", what));
  };
  if (contents.fingerprint != fingerprint_) return refuse("it was taken of another spec");
  const std::vector<absl::Span<T>> arrays = optimizer_->State();
  const std::vector<absl::Span<double>> numbers = optimizer_->Numbers();
  bool sizes_fit = contents.run.parameters.size() == gradient_.size() && contents.arrays.size() == arrays.size() &&
                   contents.numbers.size() == numbers.size();
  for (size_t i = 0; sizes_fit && i < numbers.size(); ++i) {
    sizes_fit = contents.numbers[i].size() == numbers[i].size();
  }
  for (size_t i = 0; sizes_fit && i < arrays.size(); ++i) sizes_fit = contents.arrays[i].size() == arrays[i].size();
  if (!sizes_fit) return refuse("its sizes are not those of the model");
  run_ = std::move(contents.run);
  for (size_t i = 0; i < arrays.size(); ++i) {
    std::copy(contents.arrays[i].begin(), contents.arrays[i].end(), arrays[i].begin());
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    std::copy(contents.numbers[i].begin(), contents.numbers[i].end(), numbers[i].begin());
  }
  multi_start_.reset();
  return absl::OkStatus();
}

template <typename T>
absl::StatusOr<std::unique_ptr<Trainer>> CreateOf(const JobSpec& spec, const TrainingData& data) {
  auto team = std::make_unique<Team>(static_cast<int>(spec.execution.integer("threads")));
  std::unique_ptr<Objective<T>> objective;
  if (spec.function.has_value()) {
    objective = MakeFunctionObjective<T>(*spec.function);
  } else if (!TrainsOnData(spec)) {
    DESCENT_ASSIGN_OR_RETURN(objective, MakeFormulaObjective<T>(spec));
  } else {
    DESCENT_ASSIGN_OR_RETURN(objective, MakeDatasetObjective<T>(spec, data, team.get()));
  }
  return std::make_unique<TrainerOf<T>>(spec, std::move(team), std::move(objective));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(const JobSpec& spec, const TrainingData& data) {
  return spec.precision == Precision::kFloat32 ? CreateOf<float>(spec, data) : CreateOf<double>(spec, data);
}

}  // namespace descent::core
