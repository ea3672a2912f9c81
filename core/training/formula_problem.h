// Formulas as problems: which names are data and which are parameters, the parameters' starts and bounds, and the
// formula as a model of rows.
#ifndef DESCENT_CORE_TRAINING_FORMULA_PROBLEM_H_
#define DESCENT_CORE_TRAINING_FORMULA_PROBLEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/errors.h"
#include "core/data/features.h"
#include "core/expression/evaluator.h"
#include "core/expression/formula.h"
#include "core/models/model.h"
#include "core/training/job_spec.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// A formula whose names have found their meaning. The parameters are those that the spec lists, in its order, and then
// the other free names, in the order of the formula; each is a tensor without axes.
struct BoundFormula {
  Formula formula;
  Binding binding;
  std::vector<std::string> columns;  // that are data, in the order of the binding
  std::vector<FormulaParameter> parameters;
  ParameterLayout layout;

  // The parameters' starts; empty unless all have one.
  std::vector<double> Start() const;
  bool has_bounds() const;
};

// What can be said of a formula without its data. `draws` tells that an initializer gives the starts.
void ValidateFormula(const FormulaProblem& problem, bool draws, absl::string_view path, Violations* violations);

// Binds the names of a valid formula: to the columns of `schema`, or with null all to parameters. What contradicts goes
// to `violations`; then the result must not be used.
BoundFormula BindFormula(const FormulaProblem& problem, bool draws, const Schema* schema, absl::string_view path,
                         Violations* violations);

// Looks at the start before a job is made: the formula must be finite there, on all `data` (rows of the columns, in the
// order of the binding; null without), and its gradient must agree with the complex step, on up to 16 rows. `lines`
// gives the line of the source a row comes from.
void CheckAtStart(const BoundFormula& formula, absl::Span<const double> start, const Matrix<double>* data,
                  absl::Span<const int64_t> lines, absl::string_view path, Violations* violations);

// Moves each parameter to the nearest value within its bounds.
template <typename T>
void ClipToBounds(absl::Span<const FormulaParameter> bounds, absl::Span<T> parameters);

// The formula as a model: its features are the columns, its one output the value. Computes in float64 whatever T is.
template <typename T>
std::unique_ptr<Model<T>> MakeFormulaModel(std::shared_ptr<const BoundFormula> formula);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_FORMULA_PROBLEM_H_
