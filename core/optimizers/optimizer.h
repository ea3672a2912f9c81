// How parameters are updated. One file a kind; kinds.h lists them.
#ifndef DESCENT_CORE_OPTIMIZERS_OPTIMIZER_H_
#define DESCENT_CORE_OPTIMIZERS_OPTIMIZER_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/fields.h"
#include "core/optimizers/linear_rows.h"
#include "core/optimizers/triangular_factor.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// The objective of one batch, for optimizers that try points before they take a step.
template <typename T>
class BatchObjective {
 public:
  virtual ~BatchObjective() = default;
  // The objective, penalties included, at `point`; writes its gradient. Both are spans of all parameters.
  virtual double Measure(absl::Span<const T> point, absl::Span<T> gradient) = 0;
  // product = H*direction with the second derivative H at `point`, exactly; false where there is none: kinds with
  // `needs_curvature` are refused such objectives.
  virtual bool MultiplyByHessian(absl::Span<const T> point, absl::Span<const T> direction, absl::Span<T> product) = 0;
  // For least squares: the objective at `point` as half a sum of squared residuals, |r|^2/2, with everything in
  // float64. Unless null, `factor` becomes that of r and its Jacobian. NaN where the objective is no such sum: kinds
  // with `needs_residuals` are refused those.
  virtual double Linearize(absl::Span<const T> /*point*/, TriangularFactor* /*factor*/) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  // Moves `point` to the nearest that is allowed.
  virtual void Project(absl::Span<T> /*point*/) const {}
  // The rows, where the problem is one linear output on them; else null.
  virtual const LinearRows<T>* rows() const { return nullptr; }
};

// What update t -> t+1 is taken from.
template <typename T>
struct Update {
  int64_t step = 0;                               // t, the number of updates done before, from 0
  double learning_rate = 0;                       // of this update, schedule included
  std::optional<double> momentum = std::nullopt;  // of this update, in place of the field `momentum_field`
  double objective = 0;                           // of batch t at the parameters, penalties included
  absl::Span<const T> gradient;
  // The parameters that the values of `gradient` are of, where it is sparse. Kinds never see one: see LazyOptimizer.
  absl::Span<const int64_t> support = {};
  BatchObjective<T>* batch = nullptr;  // batch t; set for kinds with `needs_batch`
};

// State and rule of one run. T is float or double. Thread-safety: one thread at a time.
template <typename T>
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Comes first, once, for kinds with `needs_linear_rows`: takes the memory that depends on the number of rows.
  virtual void Prepare(const LinearRows<T>& /*rows*/) {}

  // Takes one update. Everything that depends on time is a function of `update.step`, or is kept in State and Numbers.
  // Allocates nothing.
  virtual void Step(const Update<T>& update, absl::Span<T> parameters) = 0;

  // The answer, where it is another point than that at which gradients are taken; empty otherwise.
  virtual absl::Span<const T> Answer() const { return {}; }

  // All arrays that determine later steps, in a fixed order and of fixed sizes: snapshots save and restore them.
  virtual std::vector<absl::Span<T>> State() = 0;
  // Numbers that do so too, in float64 whatever T is.
  virtual std::vector<absl::Span<double>> Numbers() { return {}; }
};

// A row of the optimizer table. Every kind has a field `learning_rate`.
struct OptimizerInfo {
  KindInfo kind;
  // `layout` is that of the parameters it updates: sizes, and tensors for kinds that treat each by itself.
  std::unique_ptr<Optimizer<double>> (*make_double)(const Config& config, const ParameterLayout& layout);
  std::unique_ptr<Optimizer<float>> (*make_float)(const Config& config, const ParameterLayout& layout);
  // Whether one number for all parameters (a norm, a curvature) enters the update of each: such a kind cannot work on
  // groups of parameters by themselves.
  bool whole_vector = false;
  // Whether it measures the batch at further points. Such a kind needs full batches.
  bool needs_batch = false;
  // Whether it asks for second derivatives.
  bool needs_curvature = false;
  // Whether it asks for rows with one linear output. Such a kind is refused losses with kinks.
  bool needs_linear_rows = false;
  // Whether it asks for residuals and their Jacobian. Such a kind keeps to bounds by itself.
  bool needs_residuals = false;
  // The most parameters it takes; 0: any number.
  int64_t most_parameters = 0;
  // The losses it is for; none: all that are smooth. For kinds with `needs_linear_rows` or `needs_residuals`.
  absl::Span<const absl::string_view> losses = {};
  // The learning rate when none is given, from `smoothness`, an upper bound of the second derivative of a row's
  // objective along any direction of length 1, `convexity`, a lower bound, and the number of rows. Null: the field has
  // a default.
  double (*default_rate)(double smoothness, double convexity, double rows) = nullptr;
  // The field that a schedule of the momentum stands in for, where a kind heeds Update::momentum.
  absl::string_view momentum_field = "";
  // Whether Answer gives a point of its own.
  bool has_answer = false;
  // Whether a parameter's update depends on its own gradients and state alone, besides the step and the rate: such a
  // kind can leave parameters out of a step. All arrays of its State have one value a parameter, and it has no Numbers.
  bool elementwise = false;
  // Whether, under these settings, steps with gradient 0 change neither parameter nor state, so that leaving them out
  // changes nothing. Null: never. For elementwise kinds.
  bool (*rests_at_zero_gradient)(const Config& config, bool constant_rate, bool starts_at_zero) = nullptr;
};

// All optimizers, in the order of the documentation.
absl::Span<const OptimizerInfo* const> Optimizers();

// The row of a kind, or null.
const OptimizerInfo* FindOptimizer(absl::string_view name);

// `config.info()` must be the kind of one of Optimizers().
template <typename T>
std::unique_ptr<Optimizer<T>> MakeOptimizer(const Config& config, const ParameterLayout& layout);

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_OPTIMIZER_H_
