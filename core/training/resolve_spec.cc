// Every default of a spec, filled in.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"
#include "core/functions/function.h"
#include "core/initializers/initializer.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/schedules/schedule.h"
#include "core/training/job_spec.h"
#include "core/training/lazy_optimizer.h"

namespace descent::core {
namespace {

// Parameters for each that a batch moves from which on lazy updates are the cheaper ones (measured,
// bench/sparse_step_bench.cc).
constexpr double kLazyShare = 8;
constexpr int64_t kDefaultSteps = 1000;
// Evaluations unless the spec says how often: about a thousand, but at least one in a hundred times the usual interval,
// so that a long run of quick steps is not made of evaluations and an endless one still has some.
constexpr int64_t kDefaultEvaluationSteps = 100;
constexpr int64_t kDefaultEvaluations = 1000;
constexpr int64_t kMostDefaultIntervals = 100;
constexpr double kMostSteps = 9007199254740992.0;

void FillKind(const KindInfo& kind, Config* config) {
  if (config->info() == nullptr) *config = Config(&kind);
}

void FillInteger(absl::string_view field, int64_t value, Config* config) {
  if (!config->has(field)) config->SetInteger(field, value);
}

// Whether the gain is still to be had from the model: neither it nor what stands in for it is given.
bool LacksGain(const Config& initializer) {
  const auto lacks = [&](absl::string_view field) {
    return initializer.info()->FindField(field) == nullptr || !initializer.has(field);
  };
  return initializer.info()->FindField("gain") != nullptr && lacks("gain") && lacks("negative_slope");
}

void FillInitializer(const JobSpec& given, const ProblemShape& shape, Config* initializer) {
  if (initializer->info() == nullptr && given.function.has_value()) {
    const absl::Span<const double> start = FindFunction(*given.function)->default_start;
    *initializer = Config(&FindInitializer("given")->kind);
    initializer->SetNumbers("values", {start.begin(), start.end()});
  }
  if (initializer->info() == nullptr && !shape.start.empty()) {
    *initializer = Config(&FindInitializer("given")->kind);
    initializer->SetNumbers("values", shape.start);
  }
  FillKind(FindInitializer(shape.default_initializer)->kind, initializer);
  // The gain that suits the activation; a function has no layers, and is refused initializers with gains.
  if (given.dataset.has_value() && LacksGain(*initializer)) {
    initializer->SetNumber("gain", FindModel(given.dataset->model.name())->gain(given.dataset->model));
  }
}

// Lengths that follow the step budget.
void FillFromBudget(int64_t steps, Config* config) {
  for (const FieldInfo& field : config->info()->fields) {
    if (field.default_kind == Default::kStepBudget) FillInteger(field.name, steps, config);
  }
}

// Intervals in epochs become steps; those beyond 2^53 steps are refused.
void ResolveEpochs(const std::string& path, int64_t steps_per_epoch, Config* config, Violations* violations) {
  for (size_t i = 0; i < config->values().size(); ++i) {
    Value& value = config->value(i);
    if (!value.in_epochs || value.number * static_cast<double>(steps_per_epoch) <= kMostSteps) continue;
    violations->Add(
        absl::StrCat(path, ".", config->info()->fields[i].name, ".epochs"),
        absl::StrCat("must be at most ", ShortestText(kMostSteps), " steps, was ", ShortestText(value.number),
                     " epochs of ", steps_per_epoch, steps_per_epoch == 1 ? " step" : " steps"));
    value.number = 1;
  }
  config->ResolveEpochs(static_cast<double>(steps_per_epoch));
}

// The smallest stride every_steps * 10^k whose vectors fit the budget; 0 when not even the first and the last do.
int64_t ParameterStride(int64_t every_steps, int64_t max_steps, int64_t byte_budget, int64_t parameter_count) {
  const int64_t affordable = byte_budget / (8 * std::max<int64_t>(1, parameter_count));
  for (int64_t stride = every_steps;; stride *= 10) {
    const int64_t vectors = max_steps / stride + 1 + (max_steps % stride != 0 ? 1 : 0);
    if (vectors <= affordable) return stride;
    if (stride >= max_steps) return 0;
  }
}

void CheckLimits(const JobSpec& spec, const ProblemShape& shape, const SpecLimits& limits, absl::string_view path,
                 Violations* violations) {
  const int64_t threads = spec.execution.integer("threads");
  if (threads > limits.max_threads) {
    violations->Add(FieldPath(path, "execution.threads"),
                    absl::StrCat("must be a whole number in [1, ", limits.max_threads, "], was ", threads));
  }
  if (shape.parameter_count > limits.max_parameters) {
    violations->Add(FieldPath(path, "problem.dataset.model"),
                    absl::StrCat("has ", shape.parameter_count, " parameters, at most ", limits.max_parameters,
                                 " are allowed on this server; make it smaller"));
  }
  if (spec.initializer.name() == "given") {
    const int64_t count = static_cast<int64_t>(spec.initializer.numbers("values").size());
    if (count != shape.parameter_count) {
      violations->Add(FieldPath(path, "initialization.given.values"),
                      absl::StrCat("must have ", shape.parameter_count, " values, one a parameter, had ", count));
    }
  }
}

// What follows from the data.
void FillOptimizer(const ProblemShape& shape, int64_t steps_per_epoch, Config* optimizer) {
  const OptimizerInfo* info = FindOptimizer(optimizer->name());
  if (info->default_rate != nullptr && !optimizer->has("learning_rate")) {
    const double rows = static_cast<double>(shape.training_rows);
    const double rate = info->default_rate(shape.smoothness, shape.convexity, rows);
    // Rows of nothing but zeros, or beyond all measure.
    optimizer->SetNumber("learning_rate", rate > 0 && std::isfinite(rate) ? rate : 1);
  }
  if (info->kind.FindField("inner_steps") != nullptr) FillInteger("inner_steps", 2 * steps_per_epoch, optimizer);
}

void ResolveKinds(const JobSpec& given, const ProblemShape& shape, uint64_t seed, JobSpec* spec) {
  if (spec->dataset.has_value()) {
    FillKind(FindLoss(FindModel(spec->dataset->model.name())->losses[0])->kind, &spec->dataset->loss);
    FillKind(PreprocessingInfo(), &spec->dataset->preprocessing);
  }
  if (spec->formula.has_value() && TrainsOnData(*spec)) FillKind(FindLoss("squared")->kind, &spec->formula->loss);
  if (TrainsOnData(*spec)) FillKind(*Batches()[0], &spec->batch);
  FillInitializer(given, shape, &spec->initializer);
  if (!spec->starts.has_value()) spec->starts = 1;
  FillKind(Schedules()[0]->kind, &spec->schedule);
  if (!spec->seed.has_value()) spec->seed = seed;
  if (spec->precision == Precision::kUnspecified) spec->precision = Precision::kFloat64;
  FillKind(StoppingInfo(), &spec->stopping);
  FillKind(EvaluationInfo(), &spec->evaluation);
  FillKind(RecordInfo(), &spec->record);
  FillKind(ExecutionInfo(), &spec->execution);
  if (shape.parameters_a_row.has_value() && !spec->lazy_updates.has_value()) {
    const BatchShape batch = BatchShapeOf(*spec, shape.training_rows);
    const double moved = *shape.parameters_a_row * static_cast<double>(batch.size);
    spec->lazy_updates = LazyUpdatesChangeNothing(*spec) && !batch.full &&
                         kLazyShare * moved < static_cast<double>(shape.parameter_count);
  }
}

}  // namespace

JobSpec ResolveSpec(const JobSpec& given, const ProblemShape& shape, const SpecLimits& limits, uint64_t seed,
                    absl::string_view path, Violations* violations) {
  JobSpec spec = given;
  ResolveKinds(given, shape, seed, &spec);

  const int64_t steps_per_epoch = StepsPerEpoch(spec, shape.training_rows);
  const std::vector<std::pair<std::string, Config*>> with_intervals = {
      {FieldPath("schedule", spec.schedule.name()), &spec.schedule},
      {"schedule.warmup", &spec.warmup},
      {"stopping.plateau", &spec.plateau},
      {"evaluation", &spec.evaluation},
      {"guard", &spec.guard}};
  for (const auto& [place, config] : with_intervals) {
    ResolveEpochs(FieldPath(path, place), steps_per_epoch, config, violations);
  }

  FillOptimizer(shape, steps_per_epoch, &spec.optimizer);
  const bool has_epochs = spec.stopping.has("max_epochs");
  const int64_t epoch_budget = EpochBudgetSteps(spec, shape.training_rows);
  if (!spec.stopping.has("max_steps")) spec.stopping.SetInteger("max_steps", has_epochs ? epoch_budget : kDefaultSteps);
  const int64_t max_steps = std::min(spec.stopping.integer("max_steps"), epoch_budget);
  spec.stopping.SetInteger("max_steps", max_steps);

  const int64_t warmup = spec.warmup.info() == nullptr ? 0 : spec.warmup.steps("length");
  FillFromBudget(std::max<int64_t>(1, max_steps - warmup), &spec.schedule);
  if (spec.averaging.name() == "swa")
    FillInteger("start", std::max<int64_t>(1, max_steps - max_steps / 4), &spec.averaging);
  if (spec.averaging.name() == "polyak") FillInteger("start", std::max<int64_t>(1, max_steps / 2), &spec.averaging);
  const bool full = BatchShapeOf(spec, shape.training_rows).full;
  const int64_t usual = full ? kDefaultEvaluationSteps : steps_per_epoch;
  FillInteger("every", std::max(usual, std::min(max_steps / kDefaultEvaluations, usual * kMostDefaultIntervals)),
              &spec.evaluation);
  FillInteger("parameters_every_steps",
              ParameterStride(spec.record.integer("every_steps"), max_steps,
                              spec.record.integer("parameters_byte_budget"), shape.parameter_count),
              &spec.record);
  FillInteger("log_byte_budget", limits.default_log_byte_budget, &spec.record);
  CheckLimits(spec, shape, limits, path, violations);
  return spec;
}

}  // namespace descent::core
