// What a run minimises, as the training loop sees it.
#ifndef DESCENT_CORE_TRAINING_OBJECTIVE_H_
#define DESCENT_CORE_TRAINING_OBJECTIVE_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/base/parallel.h"
#include "core/optimizers/linear_rows.h"
#include "core/optimizers/triangular_factor.h"
#include "core/training/job_spec.h"
#include "core/training/parameter_layout.h"
#include "core/training/trainer.h"

namespace descent::core {

// Values of one batch at one point; float64 whatever T is.
struct ObjectiveValue {
  double loss = 0;       // mean data loss
  double objective = 0;  // loss + penalties
};

// T, float or double, is the type of parameters and gradients. Thread-safety: one thread at a time.
template <typename T>
class Objective {
 public:
  virtual ~Objective() = default;

  virtual const ParameterLayout& layout() const = 0;
  // 0 for functions.
  virtual int64_t training_rows() const = 0;
  // The objective on the batch of `step`, and its gradient: of all parameters, in the first values of `gradient` of
  // those in Support() where there is one. Allocates nothing.
  virtual ObjectiveValue Measure(int64_t step, absl::Span<const T> parameters, absl::Span<T> gradient) = 0;
  // Whether Measure gives sparse gradients, as the spec's lazy_updates asks.
  virtual bool is_sparse() const { return false; }
  // With is_sparse: the parameters that the values of the last gradient are of; it is 0 at all others.
  virtual absl::Span<const int64_t> Support() const { return {}; }
  // The objective over all training rows.
  virtual ObjectiveValue MeasureAll(absl::Span<const T> parameters) = 0;
  // Training and held-out rows with their metrics; step and best are left to the caller. `batch` is what Measure gave
  // at these parameters: of a full batch it is not computed again. Null when it was not asked.
  virtual EvaluationPoint Evaluate(absl::Span<const T> parameters, const ObjectiveValue* batch) = 0;
  // Passes over the training rows after `step` updates; 0 for functions.
  virtual double Epoch(int64_t step) const = 0;
  // Whether Measure is of all training rows at every step.
  virtual bool is_full() const = 0;
  // product = H*direction with the Hessian of the objective over all training rows, as evaluated; false where losses,
  // penalties or activations have kinks.
  virtual bool MultiplyByHessian(absl::Span<const T> parameters, absl::Span<const T> direction,
                                 absl::Span<T> product) = 0;
  // As BatchObjective::Linearize, over all training rows.
  virtual double Linearize(absl::Span<const T> /*parameters*/, TriangularFactor* /*factor*/) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  // How far the objective over all training rows is above its minimum, at most; nothing where that is not known.
  virtual std::optional<double> UpperGap(absl::Span<const T> parameters) = 0;
  // The training rows with the batch of `step` picked, where the model is one linear output on them; else null. Valid
  // until the next call.
  virtual const LinearRows<T>* Rows(int64_t step) = 0;
  // What the data say before the first step: columns that are badly scaled.
  virtual std::optional<Advice> AdviseOnData() const = 0;
  // What the hidden units of a network say at a point: how many do not answer to any training row.
  virtual std::optional<Advice> AdviseOnUnits(int64_t /*step*/, absl::Span<const T> /*parameters*/) const {
    return std::nullopt;
  }
  // The least loss of a constant prediction on the training rows; nothing for functions.
  virtual std::optional<double> LossOfConstant() const = 0;
  // What suits the model's activation, for initialisers.
  virtual double default_gain() const = 0;
  // Moves parameters to the nearest that are allowed; after every draw and every update.
  virtual void Project(absl::Span<T> /*parameters*/) const {}
};

// What a spec minimises. `spec` is resolved; `team` must outlive the objective.
template <typename T>
absl::StatusOr<std::unique_ptr<Objective<T>>> MakeObjective(const JobSpec& spec, const TrainingData& data, Team* team);

// A model or a formula on data. `spec` is resolved and trains on data; `team` must outlive the objective.
template <typename T>
absl::StatusOr<std::unique_ptr<Objective<T>>> MakeDatasetObjective(const JobSpec& spec, const TrainingData& data,
                                                                   Team* team);

// A named function, which must exist.
template <typename T>
std::unique_ptr<Objective<T>> MakeFunctionObjective(absl::string_view name);

// A formula that is not fitted to data. `spec` is resolved and has one.
template <typename T>
absl::StatusOr<std::unique_ptr<Objective<T>>> MakeFormulaObjective(const JobSpec& spec);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_OBJECTIVE_H_
