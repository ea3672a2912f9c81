// The tables of what a spec holds besides algorithms.
#include "core/training/job_spec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/optimizers/optimizer.h"
#include "core/training/clipping.h"
#include "core/training/guard.h"
#include "core/training/parameter_groups.h"
#include "core/training/rate_reduction.h"

namespace descent::core {
namespace {

constexpr double kMostSteps = 9007199254740992.0;  // 2^53: every step is exact as a double

constexpr absl::string_view kScalings[] = {"none", "standardize", "min_max", "max_abs"};
constexpr FieldInfo kPreprocessingFields[] = {
    Choice(
        "scaling",
        "How numeric features are scaled, fitted on the training rows: not at all, to mean 0 and population standard "
        "deviation 1, to [0, 1], or by the largest magnitude to "
        "[-1, 1], so that 0 stays 0.",
        0, kScalings),
};
constexpr KindInfo kPreprocessing = {.name = "problem.dataset.preprocessing",
                                     .summary = "Turns columns into features; part of the trained model.",
                                     .fields = kPreprocessingFields};

constexpr FieldInfo kStoppingFields[] = {
    {"max_steps",
     FieldType::kInteger,
     "Budget of updates; unset: 1000, or what max_epochs comes to.",
     Default::kDepends,
     0,
     Closed(0, kMostSteps),
     {},
     "steps"},
    OptionalNumber("max_epochs", "Budget of passes over the training rows; unset: none. Not for functions.", Positive(),
                   "epochs"),
    OptionalNumber("max_seconds",
                   "Budget of running time; unset: none. The only rule whose step depends on the machine.", Positive(),
                   "seconds"),
    OptionalNumber("target_objective",
                   "Ends (target reached) when the objective of a step is at or below this; unset: "
                   "never.",
                   AnyFinite()),
    OptionalNumber("gradient_tolerance",
                   "Ends (converged) when the gradient norm of a step is at or below this; unset: "
                   "never.",
                   NonNegative()),
    OptionalNumber("divergence_objective",
                   "Ends (diverged) when the objective of a step is above this; unset: 1e12 times the magnitude of the "
                   "first objective, at least 1e12.",
                   AnyFinite()),
};
constexpr KindInfo kStopping = {
    .name = "stopping", .summary = "When a job ends: at the first rule that holds.", .fields = kStoppingFields};

constexpr FieldInfo kPlateauFields[] = {
    IntervalField("window", "Length of the window.", Default::kRequired),
    Number("min_delta", "Improvement of the objective that counts.", 1e-12, NonNegative()),
};
constexpr KindInfo kPlateau = {.name = "stopping.plateau",
                               .summary = "Ends when the best objective improved by less than min_delta over a window.",
                               .fields = kPlateauFields};

constexpr FieldInfo kEarlyStoppingFields[] = {
    Number("min_delta", "Improvement of the held-out loss that counts: more than this.", 0, NonNegative()),
    Integer("patience", "Evaluations without improvement.", 10, AtLeast(1), "evaluations"),
};
constexpr KindInfo kEarlyStopping = {
    .name = "stopping.early_stopping",
    .summary = "Ends when the held-out loss stops improving, and keeps the best parameters.",
    .fields = kEarlyStoppingFields};

constexpr FieldInfo kEvaluationFields[] = {
    Number("held_out_fraction", "Share of rows kept from training, chosen by the seed. Not together with `dataset`.", 0,
           ClosedOpen(0, 1)),
    OptionalText("dataset", "Another dataset to measure on, with the columns of the one trained on; unset: none."),
    OptionalText("dataset_version", "Pins the contents of `dataset`; unset: the present ones."),
    IntervalField(
        "every",
        "How often training and held-out rows are measured, besides the last step; unset: 1 epoch (100 steps for "
        "full batches and functions), and up to a hundred times that when there would be over 1000 of them.",
        Default::kDepends),
};
constexpr KindInfo kEvaluation = {
    .name = "evaluation", .summary = "What is held out and when it is measured.", .fields = kEvaluationFields};

constexpr FieldInfo kRecordFields[] = {
    Integer("every_steps", "Rows every so many steps, and the last.", 1, AtLeast(1), "steps"),
    OptionalInteger(
        "parameters_every_steps",
        "Parameters every so many steps, and the last: a multiple of every_steps; 0: never; unset: each row "
        "while parameters_byte_budget allows it, otherwise the smallest power of ten times every_steps that "
        "fits.",
        NonNegative(), "steps"),
    Integer("parameters_byte_budget", "Bytes that recorded parameters may take.", 268435456, NonNegative(), "bytes"),
    OptionalInteger("log_byte_budget",
                    "Bytes that the whole log may take: above it the log thins its oldest parameters, then its oldest "
                    "rows; unset: the server's.",
                    AtLeast(1048576), "bytes"),
    Number("checkpoint_seconds", "How often a checkpoint is made, in running time.", 30, Positive(), "seconds"),
};
constexpr KindInfo kRecord = {.name = "record", .summary = "What the step log keeps.", .fields = kRecordFields};

constexpr FieldInfo kExecutionFields[] = {
    Integer("threads", "Threads of one step; at most the server's maximum.", 1, AtLeast(1), "threads"),
};
constexpr KindInfo kExecution = {
    .name = "execution", .summary = "How it is run; never changes the result.", .fields = kExecutionFields};

constexpr absl::string_view kShufflings[] = {"each_epoch", "none", "with_replacement"};
constexpr absl::string_view kShufflingSummary =
    "Order of the rows: a new permutation each epoch, that of the dataset, or drawn with replacement.";
constexpr FieldInfo kOneRowFields[] = {Choice("shuffling", kShufflingSummary, 0, kShufflings)};
constexpr FieldInfo kMiniBatchFields[] = {
    Integer("size", "Rows of a batch; more than there are means all.", 32, AtLeast(1), "rows"),
    Choice("shuffling", kShufflingSummary, 0, kShufflings),
    Integer("accumulation_steps",
            "Batches whose gradients are summed, and divided by all their rows once, for one update; the last update "
            "of an epoch may have fewer.",
            1, AtLeast(1), "batches"),
};
constexpr KindInfo kFull = {.name = "full", .summary = "All rows in every step: batch gradient descent."};
constexpr KindInfo kOneRow = {.name = "one_row",
                              .summary = "One row a step: stochastic gradient descent in the narrow sense.",
                              .fields = kOneRowFields};
constexpr KindInfo kMiniBatch = {.name = "mini_batch",
                                 .summary = "A few rows a step; the short batch that ends an epoch is kept.",
                                 .fields = kMiniBatchFields};

constexpr const KindInfo* kBatches[] = {&kFull, &kOneRow, &kMiniBatch};

}  // namespace

const KindInfo& PreprocessingInfo() { return kPreprocessing; }
const KindInfo& StoppingInfo() { return kStopping; }
const KindInfo& PlateauInfo() { return kPlateau; }
const KindInfo& EarlyStoppingInfo() { return kEarlyStopping; }
const KindInfo& EvaluationInfo() { return kEvaluation; }
const KindInfo& RecordInfo() { return kRecord; }
const KindInfo& ExecutionInfo() { return kExecution; }
absl::Span<const KindInfo* const> Batches() { return kBatches; }
absl::Span<const KindInfo* const> Policies() {
  static const std::array<const KindInfo*, 11> kPolicies = {
      &kPreprocessing, &kStopping,  &kPlateau,       &kEarlyStopping,       &kEvaluation,
      &kRecord,        &kExecution, &ClippingInfo(), &ParameterGroupInfo(), &ReduceOnPlateauInfo(),
      &GuardInfo()};
  return kPolicies;
}

bool AnswersElsewhere(const JobSpec& spec) {
  return spec.averaging.info() != nullptr || FindOptimizer(spec.optimizer.name())->has_answer;
}

bool TrainsOnData(const JobSpec& spec) {
  return spec.dataset.has_value() || (spec.formula.has_value() && !spec.formula->dataset.empty());
}

const LossInfo* LossOf(const DatasetProblem& problem) {
  if (problem.loss.info() != nullptr) return FindLoss(problem.loss.name());
  const ModelInfo* model = FindModel(problem.model.name());
  return model == nullptr ? nullptr : FindLoss(model->losses[0]);
}

const std::string& TrainingDataset(const JobSpec& spec) {
  static const std::string* const kNone = new std::string;
  return spec.dataset.has_value() ? spec.dataset->dataset : spec.formula.has_value() ? spec.formula->dataset : *kNone;
}

const std::string& TrainingDatasetVersion(const JobSpec& spec) {
  static const std::string* const kNone = new std::string;
  return spec.dataset.has_value()   ? spec.dataset->dataset_version
         : spec.formula.has_value() ? spec.formula->dataset_version
                                    : *kNone;
}

BatchShape BatchShapeOf(const JobSpec& spec, int64_t training_rows) {
  BatchShape shape;
  if (!TrainsOnData(spec) || training_rows <= 0) return shape;
  shape.size = training_rows;
  if (spec.batch.info() == nullptr || spec.batch.name() == "full") return shape;
  if (spec.batch.name() == "one_row") {
    shape.size = 1;
  } else {
    // The sum of the gradients of several batches is that of one batch of all their rows.
    const int64_t size = std::min(spec.batch.integer("size"), training_rows);
    const int64_t batches = std::min(spec.batch.integer("accumulation_steps"), training_rows);
    shape.size = std::min(size * batches, training_rows);
  }
  shape.shuffling = static_cast<Shuffling>(spec.batch.choice("shuffling"));
  // A permutation of all rows is the full batch in another order.
  shape.full = shape.size == training_rows && shape.shuffling != Shuffling::kWithReplacement;
  return shape;
}

int64_t StepsPerEpoch(const JobSpec& spec, int64_t training_rows) {
  const int64_t size = BatchShapeOf(spec, training_rows).size;
  return size == 0 ? 1 : (training_rows + size - 1) / size;
}

int64_t EpochBudgetSteps(const JobSpec& spec, int64_t training_rows) {
  if (spec.stopping.info() == nullptr || !spec.stopping.has("max_epochs")) return static_cast<int64_t>(kMostSteps);
  const double steps =
      std::ceil(spec.stopping.number("max_epochs") * static_cast<double>(StepsPerEpoch(spec, training_rows)));
  return static_cast<int64_t>(std::min(steps, kMostSteps));
}

}  // namespace descent::core
