// What to train, as plain data, and the rules that a spec must keep.
//
// A spec is given (from a client), then resolved against the data it trains on: every default, the seed, strides and
// budgets filled in. A resolved spec resolves to itself.
#ifndef DESCENT_CORE_TRAINING_JOB_SPEC_H_
#define DESCENT_CORE_TRAINING_JOB_SPEC_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/errors.h"
#include "core/base/fields.h"
#include "core/data/features.h"

namespace descent::core {

struct LossInfo;

enum class Precision { kUnspecified, kFloat32, kFloat64 };

// How much the rows of each class count in the loss, besides their own weights.
struct ClassWeights {
  bool balanced = false;                  // n/(classes*n_k), n_k the training rows of class k
  std::map<std::string, double> weights;  // by class; those not listed count 1

  bool operator==(const ClassWeights&) const = default;
};

// A model fitted to data.
struct DatasetProblem {
  std::string dataset;  // name without `datasets/`
  std::string dataset_version;
  Config model;
  Config loss;                    // no kind: the model's own
  std::vector<Config> penalties;  // in the order of the table
  Config preprocessing;
  std::optional<ClassWeights> class_weights;

  bool operator==(const DatasetProblem&) const = default;
};

// A parameter of a formula.
struct FormulaParameter {
  std::string name;
  std::optional<double> start = std::nullopt;  // unset: drawn by the initializer
  std::optional<double> lower = std::nullopt;  // unset: no bound
  std::optional<double> upper = std::nullopt;

  bool operator==(const FormulaParameter&) const = default;
};

// A formula over its parameters, or with `y ~ ...` one fitted to a dataset.
struct FormulaProblem {
  std::string expression;
  std::string dataset;  // name without `datasets/`; empty without one
  std::string dataset_version;
  std::vector<FormulaParameter> parameters;
  Config loss;  // no kind: squared when there is a dataset

  bool operator==(const FormulaProblem&) const = default;
};

struct JobSpec {
  // Exactly one of the three in a valid spec.
  std::optional<DatasetProblem> dataset;
  std::optional<std::string> function;  // name in the function table
  std::optional<FormulaProblem> formula;

  Config initializer;  // no kind: the problem's own
  std::optional<int64_t> starts;
  Config optimizer;
  Config schedule;  // no kind: constant
  Config warmup;    // no kind: none
  Config batch;     // no kind: full
  std::optional<uint64_t> seed;
  Precision precision = Precision::kUnspecified;
  Config stopping;        // StoppingInfo; no kind: defaults, and so for the other policies
  Config plateau;         // PlateauInfo; no kind: none
  Config early_stopping;  // EarlyStoppingInfo; no kind: none
  Config evaluation;
  Config record;
  Config execution;
  std::map<std::string, std::string> labels;
  Config reduce_on_plateau;              // ReduceOnPlateauInfo; no kind: none
  Config clipping;                       // ClippingInfo; no kind: none
  Config averaging;                      // one of Averages; no kind: none
  Config guard;                          // GuardInfo; no kind: none
  std::vector<Config> parameter_groups;  // ParameterGroupInfo
  std::optional<bool> lazy_updates;      // core/training/lazy_optimizer.h; unset: where they only make steps cheaper

  bool operator==(const JobSpec&) const = default;
};

// Tables of what has no alternatives. Their names are paths in a spec: `stopping.plateau`.
const KindInfo& PreprocessingInfo();  // scaling
const KindInfo& StoppingInfo();       // max_steps, max_epochs, max_seconds, target_objective, gradient_tolerance,
                                      // divergence_objective
const KindInfo& PlateauInfo();        // window, min_delta
const KindInfo& EarlyStoppingInfo();  // min_delta, patience
const KindInfo& EvaluationInfo();     // held_out_fraction, every, dataset, dataset_version
const KindInfo& RecordInfo();         // every_steps, parameters_every_steps, parameters_byte_budget, log_byte_budget,
                                      // checkpoint_seconds
const KindInfo& ExecutionInfo();      // threads
absl::Span<const KindInfo* const> Batches();   // full, one_row, mini_batch
absl::Span<const KindInfo* const> Policies();  // all the tables above but batches

// Order of the rows, in the order of the `shuffling` choice.
enum class Shuffling { kEachEpoch, kNone, kWithReplacement };

// Whether it trains on the rows of a dataset: functions, and formulas that are not fitted to one, do not.
bool TrainsOnData(const JobSpec& spec);

// The loss of a model, its own when none is given; null when the model or the loss is unknown.
const LossInfo* LossOf(const DatasetProblem& problem);

// That dataset, without `datasets/`, and its version; empty when there is none.
const std::string& TrainingDataset(const JobSpec& spec);
const std::string& TrainingDatasetVersion(const JobSpec& spec);

// Adds everything that is wrong with a given spec and can be said without its data: kinds missing, values out of range,
// settings that contradict each other. Paths begin with `path` ("spec").
void ValidateSpec(const JobSpec& spec, absl::string_view path, Violations* violations);

// What the resolution of a spec needs to know of its data.
struct ProblemShape {
  int64_t training_rows = 0;  // 0 for functions
  bool has_held_out = false;
  // Of sparse features: the parameters that a row moves, on average; unset for dense ones.
  std::optional<double> parameters_a_row = std::nullopt;
  int64_t parameter_count = 0;
  absl::string_view default_initializer = "zeros";  // of the model
  std::vector<double> start = {};                   // of formulas whose parameters have start values; else empty
  // Bounds of the second derivative of a row's objective, where the optimizer's learning rate follows from them.
  double smoothness = 0;
  double convexity = 0;
};

// Limits and defaults that the server sets.
struct SpecLimits {
  int64_t max_threads = 1;
  int64_t default_log_byte_budget = int64_t{1} << 30;
  int64_t max_parameters = int64_t{1} << 26;
};

// Fills in every default. `spec` is valid; what only the data can contradict goes to `violations`. `seed` is used when
// the spec gives none.
JobSpec ResolveSpec(const JobSpec& spec, const ProblemShape& shape, const SpecLimits& limits, uint64_t seed,
                    absl::string_view path, Violations* violations);

// Whether the answer of a run is another point than where gradients are taken: an average. Rows hold the latter.
bool AnswersElsewhere(const JobSpec& spec);

// The batches of a spec with a valid or no batch kind.
struct BatchShape {
  int64_t size = 0;  // rows; at most the training rows; 0 for functions
  bool full = true;  // all rows in their own order; also what a batch of all rows without replacement comes to
  Shuffling shuffling = Shuffling::kNone;
};
BatchShape BatchShapeOf(const JobSpec& spec, int64_t training_rows);

// Steps of an epoch: ceil(rows / batch size); 1 for full batches and functions.
int64_t StepsPerEpoch(const JobSpec& spec, int64_t training_rows);

// Steps that max_epochs comes to, rounded up; 2^53 without it.
int64_t EpochBudgetSteps(const JobSpec& spec, int64_t training_rows);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_JOB_SPEC_H_
