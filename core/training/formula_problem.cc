#include "core/training/formula_problem.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/format.h"
#include "core/base/suggest.h"
#include "core/expression/complex_step.h"
#include "core/losses/loss.h"

namespace descent::core {
namespace {

// Rows whose gradient is compared with the complex step before a job is made.
constexpr int64_t kCheckedRows = 16;
constexpr size_t kShownNames = 8;

std::string ParameterPath(absl::string_view path, size_t index) {
  return absl::StrCat(path, ".parameters[", index, "]");
}

// Of one listed parameter, apart from its name.
void CheckValues(const FormulaParameter& parameter, absl::string_view path, Violations* violations) {
  const auto check = [&](absl::string_view field, const std::optional<double>& value) {
    if (!value.has_value() || std::isfinite(*value)) return;
    violations->Add(FieldPath(path, field), absl::StrCat("must be finite, was ", ShortestText(*value)));
  };
  check("start", parameter.start);
  check("lower", parameter.lower);
  check("upper", parameter.upper);
  if (parameter.lower.has_value() && parameter.upper.has_value() && !(*parameter.lower < *parameter.upper)) {
    violations->Add(FieldPath(path, "upper"), absl::StrCat("must be above lower (", ShortestText(*parameter.lower),
                                                           "), was ", ShortestText(*parameter.upper)));
    return;
  }
  if (!parameter.start.has_value()) return;
  if ((parameter.lower.has_value() && *parameter.start < *parameter.lower) ||
      (parameter.upper.has_value() && *parameter.start > *parameter.upper)) {
    violations->Add(FieldPath(path, "start"),
                    absl::StrCat("must be within the bounds, was ", ShortestText(*parameter.start)));
  }
}

void CheckParameters(const FormulaProblem& problem, const Formula& formula, absl::string_view path,
                     Violations* violations) {
  std::set<std::string> seen;
  for (size_t i = 0; i < problem.parameters.size(); ++i) {
    const FormulaParameter& parameter = problem.parameters[i];
    const std::string name_path = FieldPath(ParameterPath(path, i), "name");
    if (parameter.name.empty()) {
      violations->Add(name_path, "is required");
    } else if (!seen.insert(parameter.name).second) {
      violations->Add(name_path, absl::StrCat("\"", parameter.name, "\" is listed twice"));
    } else if (std::count(formula.names.begin(), formula.names.end(), parameter.name) == 0) {
      const bool reserved = FindFormulaConstant(parameter.name) != nullptr;
      violations->Add(name_path, absl::StrCat("\"", parameter.name, "\" does not occur in the formula",
                                              reserved ? ", where it is a constant unless it stands in backquotes"
                                                       : Suggestion(parameter.name, formula.names)));
    }
    CheckValues(parameter, ParameterPath(path, i), violations);
  }
}

void CheckTarget(const FormulaProblem& problem, const Formula& formula, absl::string_view path,
                 Violations* violations) {
  if (formula.has_target && problem.dataset.empty()) {
    violations->AddUnlessKnown(
        FieldPath(path, "dataset"),
        absl::StrCat("is required: the formula is fitted to the column \"", formula.target, "\""));
  }
  if (!formula.has_target && !problem.dataset.empty()) {
    violations->Add(FieldPath(path, "expression"),
                    "names no column to fit; write it before the formula, as in y ~ a*x + b, or leave out dataset");
  }
  if (!formula.has_target && !problem.dataset_version.empty() && problem.dataset.empty()) {
    violations->Add(FieldPath(path, "dataset_version"), "pins a dataset, but dataset is not set");
  }
  const auto self = std::find(formula.names.begin(), formula.names.end(), formula.target);
  if (!formula.has_target || self == formula.names.end()) return;
  const SourceRange place = formula.name_ranges[static_cast<size_t>(self - formula.names.begin())];
  violations->Add(FieldPath(path, "expression"),
                  FormulaMessage(formula.text, place.begin, "the column to fit cannot explain itself"));
}

void CheckLoss(const FormulaProblem& problem, absl::string_view path, Violations* violations) {
  if (problem.loss.info() == nullptr) return;
  const LossInfo* loss = FindLoss(problem.loss.name());
  const std::string field = FieldPath(FieldPath(path, "loss"), problem.loss.name());
  if (problem.dataset.empty()) {
    violations->Add(field, "is averaged over rows, and a formula without a dataset has none; leave it out");
  } else if (loss->task != Task::kRegression || loss->link != Link::kIdentity) {
    std::vector<absl::string_view> fitting;
    for (const LossInfo* info : Losses()) {
      if (info->task == Task::kRegression && info->link == Link::kIdentity) fitting.push_back(info->kind.name);
    }
    violations->Add(field,
                    absl::StrCat("compares classes or logarithms, and a formula gives the numbers themselves; one of: ",
                                 absl::StrJoin(fitting, ", ")));
  }
}

// `a = 1, t = 2.5`: names of a formula and their values in the last row that was evaluated.
std::string ShowValues(const Evaluator& evaluator, int64_t row) {
  const Tape& tape = evaluator.formula().tape;
  std::vector<std::string> shown;
  for (size_t slot = 0; slot < tape.size() && shown.size() <= kShownNames; ++slot) {
    if (tape.operations[slot] != Operation::kName) continue;
    const double value = evaluator.ValuesOf(static_cast<int32_t>(slot))[row];
    shown.push_back(shown.size() == kShownNames
                        ? "..."
                        : absl::StrCat(evaluator.formula().names[static_cast<size_t>(tape.left[slot])], " = ",
                                       ShortestText(value)));
  }
  return absl::StrJoin(shown, ", ");
}

std::string NotFiniteMessage(const Evaluator& evaluator, int64_t row, absl::string_view where) {
  const int32_t slot = evaluator.FirstNonFinite(row);
  const double value = evaluator.ValuesOf(slot)[row];
  const absl::string_view text = evaluator.formula().TextOf(slot);
  return FormulaMessage(
      evaluator.formula().text, evaluator.formula().tape.ranges[static_cast<size_t>(slot)].begin,
      absl::StrCat(text.size() <= 60 ? text : "this", " is ", std::isnan(value) ? "not a number" : "infinite",
                   " at the start", where, ", where ", ShowValues(evaluator, row), "; choose another start"));
}

}  // namespace

std::vector<double> BoundFormula::Start() const {
  std::vector<double> start;
  for (const FormulaParameter& parameter : parameters) {
    if (!parameter.start.has_value()) return {};
    start.push_back(*parameter.start);
  }
  return start;
}

bool BoundFormula::has_bounds() const {
  return std::any_of(parameters.begin(), parameters.end(), [](const FormulaParameter& parameter) {
    return parameter.lower.has_value() || parameter.upper.has_value();
  });
}

void ValidateFormula(const FormulaProblem& problem, bool draws, absl::string_view path, Violations* violations) {
  const std::string field = FieldPath(path, "expression");
  if (problem.expression.empty()) {
    return violations->AddUnlessKnown(field, "is required: a formula such as x^2*sin(y), or y ~ a*exp(-b*t) + c");
  }
  const absl::StatusOr<Formula> formula = ParseFormula(problem.expression);
  if (!formula.ok()) return violations->Add(field, formula.status().message());
  CheckTarget(problem, *formula, path, violations);
  CheckParameters(problem, *formula, path, violations);
  CheckLoss(problem, path, violations);
  if (formula->names.empty()) violations->Add(field, "has no parameters to change");
  // With a dataset, names may be columns.
  if (!formula->has_target && problem.dataset.empty()) BindFormula(problem, draws, nullptr, path, violations);
}

BoundFormula BindFormula(const FormulaProblem& problem, bool draws, const Schema* schema, absl::string_view path,
                         Violations* violations) {
  BoundFormula bound;
  bound.formula = *ParseFormula(problem.expression);
  const Formula& formula = bound.formula;
  bound.parameters = problem.parameters;
  const std::string expression = FieldPath(path, "expression");
  std::vector<std::string> column_names;
  if (schema != nullptr) {
    for (const ColumnSchema& column : schema->columns) column_names.push_back(column.name);
  }
  const auto check_numeric = [&](const std::string& name, SourceRange range) {
    const ColumnType type = schema->columns[static_cast<size_t>(schema->Find(name))].type;
    if (type == ColumnType::kNumeric) return;
    violations->Add(expression, FormulaMessage(formula.text, range.begin,
                                               absl::StrCat("the column \"", name, "\" is ", TypeName(type),
                                                            "; formulas take numeric columns")));
  };
  if (schema != nullptr && schema->Find(formula.target) < 0) {
    violations->Add(expression, FormulaMessage(formula.text, formula.target_range.begin,
                                               absl::StrCat("the dataset has no column \"", formula.target, "\"",
                                                            Suggestion(formula.target, column_names))));
  } else if (schema != nullptr) {
    check_numeric(formula.target, formula.target_range);
  }
  for (size_t i = 0; i < formula.names.size(); ++i) {
    const std::string& name = formula.names[i];
    const auto listed = std::find_if(bound.parameters.begin(), bound.parameters.end(),
                                     [&](const FormulaParameter& parameter) { return parameter.name == name; });
    const size_t index = static_cast<size_t>(listed - bound.parameters.begin());
    if (schema != nullptr && schema->Find(name) >= 0) {
      if (index < problem.parameters.size()) {
        violations->Add(FieldPath(ParameterPath(path, index), "name"),
                        absl::StrCat("\"", name, "\" is a column of the dataset; give the parameter another name"));
      }
      check_numeric(name, formula.name_ranges[i]);
      bound.binding.parameter.push_back(-1);
      bound.binding.column.push_back(static_cast<int32_t>(bound.columns.size()));
      bound.columns.push_back(name);
      continue;
    }
    if (listed == bound.parameters.end()) bound.parameters.push_back({.name = name});
    bound.binding.parameter.push_back(static_cast<int32_t>(index));
    bound.binding.column.push_back(-1);
    if (draws || bound.parameters[index].start.has_value()) continue;
    const std::string nearest = NearestName(name, column_names);
    violations->Add(FieldPath(path, "parameters"),
                    absl::StrCat("\"", name, "\" ", schema != nullptr ? "is no column of the dataset and " : "",
                                 "has no start value",
                                 nearest.empty() ? "" : absl::StrCat("; did you mean the column \"", nearest, "\"?"),
                                 "; add {name: ", name, ", start: ...}, or choose an initialization"));
  }
  bound.binding.parameter_count = static_cast<int32_t>(bound.parameters.size());
  for (const FormulaParameter& parameter : bound.parameters) {
    bound.layout.Add(parameter.name, {}, TensorRole::kVariable);
  }
  return bound;
}

void CheckAtStart(const BoundFormula& formula, absl::Span<const double> start, const Matrix<double>* data,
                  absl::Span<const int64_t> lines, absl::string_view path, Violations* violations) {
  Evaluator evaluator(&formula.formula, formula.binding);
  evaluator.SetParameters(start);
  const int64_t rows = data == nullptr ? 1 : data->rows;
  const int64_t stride = std::max<int64_t>(1, rows / kCheckedRows);
  std::vector<double> row_values(formula.columns.size());
  std::vector<const double*> columns;
  for (const double& value : row_values) columns.push_back(&value);
  for (int64_t row = 0; row < rows; ++row) {
    if (data != nullptr) {
      std::copy_n(data->values.data() + row * data->columns, data->columns, row_values.begin());
    }
    const double value = evaluator.Forward(1, columns)[0];
    if (!std::isfinite(value)) {
      const std::string where =
          data == nullptr ? "" : absl::StrCat(" in line ", lines[static_cast<size_t>(row)], " of the dataset");
      return violations->Add(FieldPath(path, "expression"), NotFiniteMessage(evaluator, 0, where));
    }
    if (row % stride != 0) continue;
    const GradientCheck check = CheckGradient(&evaluator, 0);
    if (check.agrees) continue;
    // Both are exact up to rounding, so this is a fault of this program; nothing is trained on it.
    return violations->Add(
        FieldPath(path, "expression"),
        absl::StrCat("the derivative by ", formula.parameters[static_cast<size_t>(check.parameter)].name, ", where ",
                     ShowValues(evaluator, 0), ", is ", ShortestText(check.reverse), " by reverse mode and ",
                     ShortestText(check.complex_step), " by the complex step; please report this"));
  }
}

template <typename T>
void ClipToBounds(absl::Span<const FormulaParameter> bounds, absl::Span<T> parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (bounds[i].lower.has_value()) parameters[i] = std::max(parameters[i], static_cast<T>(*bounds[i].lower));
    if (bounds[i].upper.has_value()) parameters[i] = std::min(parameters[i], static_cast<T>(*bounds[i].upper));
  }
}

template void ClipToBounds(absl::Span<const FormulaParameter> bounds, absl::Span<float> parameters);
template void ClipToBounds(absl::Span<const FormulaParameter> bounds, absl::Span<double> parameters);

}  // namespace descent::core
