#include "core/training/problem.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/functions/function.h"
#include "core/initializers/initializer.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/training/optimizer_needs.h"
#include "core/training/parameter_groups.h"

namespace descent::core {
namespace {

// Whether every row is complete; says how many are not and where.
bool CheckComplete(const Table& table, const std::string& field, Violations* violations) {
  const MissingRows missing = FindMissing(table);
  if (missing.count == 0) return true;
  violations->Add(field,
                  absl::StrCat(missing.count, missing.count == 1 ? " row has" : " rows have", " a missing value (line",
                               missing.count == 1 ? " " : "s ", absl::StrJoin(missing.first_lines, ", "),
                               missing.count > static_cast<int64_t>(missing.first_lines.size()) ? " ..." : "",
                               "); fill or remove them, or give the column the role \"ignored\", and create the "
                               "dataset again"));
  return false;
}

bool SplitTable(const JobSpec& spec, const Table& table, absl::string_view path, FittedProblem* problem,
                Violations* violations) {
  const double fraction = spec.evaluation.info() == nullptr ? 0 : spec.evaluation.number("held_out_fraction");
  problem->training_rows = table.row_count;
  if (fraction == 0) return true;
  if (table.row_count < 2) {
    violations->Add(FieldPath(path, "evaluation.held_out_fraction"),
                    absl::StrCat("needs at least 2 rows to split, the dataset has ", table.row_count));
    return false;
  }
  problem->split = SplitRows(table.row_count, fraction, spec.seed.value_or(0));
  problem->training_rows = static_cast<int64_t>(problem->split.training.size());
  problem->has_held_out = true;
  return true;
}

// Leaves rows out of training that count nothing: no batch is made of them alone.
template <typename Counts>
void LeaveOut(Counts counts, FittedProblem* problem) {
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < problem->training_rows; ++i) {
    const int64_t row = problem->split.training.empty() ? i : problem->split.training[static_cast<size_t>(i)];
    if (counts(row)) kept.push_back(row);
  }
  // All: refused where the weights are looked at.
  if (kept.empty() || static_cast<int64_t>(kept.size()) == problem->training_rows) return;
  problem->training_rows = static_cast<int64_t>(kept.size());
  problem->split.training = std::move(kept);
}

void LeaveOutRowsOfNoWeight(const Table& table, FittedProblem* problem) {
  const int64_t column = table.schema.FindRole(ColumnRole::kWeight);
  if (column < 0 || table.schema.columns[static_cast<size_t>(column)].type != ColumnType::kNumeric) return;
  const std::vector<double>& weights = table.columns[static_cast<size_t>(column)].numbers;
  LeaveOut([&weights](int64_t row) { return weights[static_cast<size_t>(row)] != 0; }, problem);
}

void LeaveOutClassesOfNoWeight(const Table& table, FittedProblem* problem) {
  const std::vector<double>& weights = problem->class_weights;
  if (std::find(weights.begin(), weights.end(), 0.0) == weights.end()) return;
  const absl::StatusOr<std::vector<double>> classes = problem->encoder.EncodeClasses(table, {});
  if (!classes.ok()) return;  // which is refused elsewhere
  const auto counts = [&](int64_t row) {
    return weights[static_cast<size_t>((*classes)[static_cast<size_t>(row)])] != 0;
  };
  LeaveOut(counts, problem);
}

// Whether features, targets and weights can be had of all rows in the precision of the job.
template <typename T>
void CheckEncodesAs(const FittedProblem& problem, const TrainingData& data, const std::string& field,
                    absl::string_view path, Violations* violations) {
  const absl::Status training = problem.EncodeTraining<T>(data).status();
  if (!training.ok()) return violations->Add(field, training.message());
  if (!problem.has_held_out) return;
  const absl::Status held_out = problem.EncodeHeldOut<T>(data).status();
  if (held_out.ok()) return;
  if (data.evaluation_table != nullptr) {
    violations->Add(FieldPath(path, "evaluation.dataset"), held_out.message());
  } else {
    violations->Add(field, absl::StrCat("of the rows held out: ", held_out.message()));
  }
}

void CheckEncodes(const JobSpec& spec, const FittedProblem& problem, const TrainingData& data, const std::string& field,
                  absl::string_view path, Violations* violations) {
  spec.precision == Precision::kFloat32 ? CheckEncodesAs<float>(problem, data, field, path, violations)
                                        : CheckEncodesAs<double>(problem, data, field, path, violations);
}

// Whether the initializer gives the parameters of a formula.
bool DrawsStart(const JobSpec& spec) { return spec.initializer.info() != nullptr; }

// The columns of a formula as features, and the one it is fitted to as the target, whatever their roles; and the
// weight.
FeatureEncoder FormulaEncoder(const BoundFormula& formula, const Table& table) {
  Table named;
  named.row_count = table.row_count;
  const auto add = [&](const std::string& name, ColumnRole role) {
    named.schema.columns.push_back({name, ColumnType::kNumeric, role, {}, ""});
  };
  for (const std::string& column : formula.columns) add(column, ColumnRole::kFeature);
  add(formula.formula.target, ColumnRole::kTarget);
  const int64_t weight = table.schema.FindRole(ColumnRole::kWeight);
  if (weight >= 0) add(table.schema.columns[static_cast<size_t>(weight)].name, ColumnRole::kWeight);
  named.columns.resize(named.schema.columns.size());
  return *FeatureEncoder::Fit(named, {}, Scaling::kNone, Task::kRegression);
}

FittedProblem FitFormula(const JobSpec& spec, const TrainingData& data, absl::string_view path,
                         Violations* violations) {
  const FormulaProblem& given = *spec.formula;
  const Table& table = *data.table;
  FittedProblem problem;
  problem.loss = FindLoss(given.loss.info() != nullptr ? given.loss.name() : "squared");
  problem.loss_config = given.loss.info() != nullptr ? given.loss : Config(&problem.loss->kind);
  if (table.row_count == 0) {
    violations->Add(FieldPath(path, "problem.formula.dataset"), "has no rows");
    return problem;
  }
  const size_t before = violations->list().size();
  BoundFormula formula =
      BindFormula(given, DrawsStart(spec), &table.schema, FieldPath(path, "problem.formula"), violations);
  if (violations->list().size() != before) return problem;
  problem.encoder = FormulaEncoder(formula, table);
  problem.formula = std::make_shared<BoundFormula>(std::move(formula));
  problem.input.features = problem.encoder.feature_count();
  problem.input.feature_names = problem.encoder.feature_names();
  if (!SplitTable(spec, table, path, &problem, violations)) return problem;
  LeaveOutRowsOfNoWeight(table, &problem);
  if (data.evaluation_table == nullptr) return problem;
  problem.has_held_out = true;
  if (data.evaluation_table->row_count == 0) violations->Add(FieldPath(path, "evaluation.dataset"), "has no rows");
  return problem;
}

// Where a formula starts, if nothing else is drawn than by the spec's own seed.
std::vector<double> StartOf(const JobSpec& spec, const BoundFormula& formula) {
  std::vector<double> start = formula.Start();
  if (DrawsStart(spec)) {
    start.resize(static_cast<size_t>(formula.layout.size));
    const bool given = spec.initializer.name() == "given";
    if (given && spec.initializer.numbers("values").size() != start.size()) return {};  // which is refused later
    Initialize(spec.initializer, formula.layout, {.seed = spec.seed.value_or(0)}, 1, absl::MakeSpan(start));
  }
  ClipToBounds<double>(formula.parameters, absl::MakeSpan(start));
  return start;
}

PreparedProblem PrepareFormula(const JobSpec& spec, const TrainingData& data, absl::string_view path,
                               Violations* violations) {
  PreparedProblem prepared;
  const std::string field = FieldPath(path, "problem.formula");
  const size_t before = violations->list().size();
  std::shared_ptr<const BoundFormula> formula;
  Matrix<double> rows;
  std::vector<int64_t> lines;
  if (TrainsOnData(spec)) {
    const FittedProblem problem = FitFormula(spec, data, path, violations);
    if (violations->list().size() != before) return prepared;
    CheckEncodes(spec, problem, data, FieldPath(field, "dataset"), path, violations);
    if (violations->list().size() != before) return prepared;
    formula = problem.formula;
    rows = *problem.EncodeTraining<double>(data);
    for (int64_t row = 0; row < rows.rows; ++row) {
      lines.push_back(
          data.table->LineOf(problem.split.training.empty() ? row : problem.split.training[static_cast<size_t>(row)]));
    }
    prepared.shape.training_rows = problem.training_rows;
    prepared.shape.has_held_out = problem.has_held_out;
  } else {
    formula = std::make_shared<BoundFormula>(BindFormula(*spec.formula, DrawsStart(spec), nullptr, field, violations));
    if (violations->list().size() != before) return prepared;
  }
  const std::vector<double> start = StartOf(spec, *formula);
  if (!start.empty()) CheckAtStart(*formula, start, TrainsOnData(spec) ? &rows : nullptr, lines, field, violations);
  prepared.layout = formula->layout;
  CheckParameterCount(spec, prepared.layout.size, path, violations);
  CheckGroupsMatch(spec.parameter_groups, prepared.layout, path, violations);
  prepared.shape.parameter_count = prepared.layout.size;
  prepared.shape.start = formula->Start();
  return prepared;
}

// Bounds of the second derivative of a row's objective under a model with one linear output: c*norm(x)^2 + l2,
// the loss counted by the row's weight.
void FillCurvatures(const JobSpec& spec, const TrainingData& data, const FittedProblem& problem, ProblemShape* shape) {
  const OptimizerInfo* optimizer = FindOptimizer(spec.optimizer.name());
  if (optimizer->default_rate == nullptr || spec.optimizer.has("learning_rate")) return;
  const absl::StatusOr<Matrix<double>> rows = problem.EncodeTraining<double>(data);
  if (!rows.ok()) return;
  double largest = 0;
  for (int64_t row = 0; row < rows->rows; ++row) {
    double square = shape->parameter_count > rows->columns ? 1 : 0;
    rows->AllRows().ForEachIn(row, rows->columns, [&square](int64_t /*column*/, double x) { square += x * x; });
    largest = std::max(largest, rows->WeightOf(static_cast<size_t>(row)) * square);
  }
  shape->convexity = StrengthsOf(spec.dataset->penalties, TensorRole::kWeight, /*with_proximal=*/false).quadratic;
  shape->smoothness = problem.loss->most_curvature * largest + shape->convexity;
}

std::optional<double> ParametersARow(const FittedProblem& problem, const Table& table) {
  if (!problem.encoder.is_sparse()) return std::nullopt;
  int64_t stored = 0;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.schema.columns[i].role != ColumnRole::kFeature) continue;
    const bool is_vector = table.schema.columns[i].type == ColumnType::kSparseVector;
    stored += is_vector ? static_cast<int64_t>(table.columns[i].sparse.values.size()) : table.row_count;
  }
  // Each moves a parameter of every output.
  return static_cast<double>(stored * problem.input.output_width) / static_cast<double>(table.row_count);
}

// What a spec asks for and its data do not have.
void CheckAgainstData(const JobSpec& spec, const FittedProblem& problem, absl::string_view path,
                      Violations* violations) {
  if (spec.lazy_updates.value_or(false) && !problem.encoder.is_sparse()) {
    violations->Add(FieldPath(path, "lazy_updates"),
                    "is for sparse data, and none of the features is a sparse vector; leave it out");
  } else if (spec.lazy_updates.value_or(false) && BatchShapeOf(spec, problem.training_rows).full) {
    violations->Add(FieldPath(path, "lazy_updates"),
                    absl::StrCat("is for steps on a part of the rows, and here each is on all ", problem.training_rows,
                                 "; choose a smaller batch (batch.mini_batch or batch.one_row), or leave it out"));
  }
  const OptimizerInfo* optimizer = FindOptimizer(spec.optimizer.name());
  const size_t targets = problem.encoder.target_names().size();
  if ((optimizer->needs_linear_rows || optimizer->needs_residuals) && targets > 1) {
    violations->Add(FieldPath(path, FieldPath("optimizer", optimizer->kind.name)),
                    absl::StrCat("is for one target, and the dataset has ", targets,
                                 "; use another optimizer, or a dataset with one target"));
  }
}

}  // namespace

FittedProblem FitProblem(const JobSpec& spec, const TrainingData& data, absl::string_view path,
                         Violations* violations) {
  if (spec.formula.has_value()) return FitFormula(spec, data, path, violations);
  const std::string field = FieldPath(path, "problem.dataset.dataset");
  const DatasetProblem& given = *spec.dataset;
  const Table& table = *data.table;
  FittedProblem problem;
  problem.model = FindModel(given.model.name());
  problem.model_config = given.model;
  problem.penalties = given.penalties;
  problem.loss = LossOf(given);
  problem.loss_config = given.loss.info() != nullptr ? given.loss : Config(&problem.loss->kind);

  if (table.schema.Target() < 0) {
    violations->Add(field,
                    "has no target column; create the dataset again with the role \"target\" for one of its columns");
    return problem;
  }
  if (table.row_count == 0) {
    violations->Add(field, "has no rows");
    return problem;
  }
  if (!CheckComplete(table, field, violations) || !SplitTable(spec, table, path, &problem, violations)) return problem;
  LeaveOutRowsOfNoWeight(table, &problem);
  const Scaling scaling = given.preprocessing.info() == nullptr
                              ? Scaling::kNone
                              : static_cast<Scaling>(given.preprocessing.choice("scaling"));
  auto encoder = FeatureEncoder::Fit(table, problem.split.training, scaling, problem.loss->task, problem.loss->targets);
  if (!encoder.ok()) {
    violations->Add(field, encoder.status().message());
    return problem;
  }
  problem.encoder = *std::move(encoder);
  problem.input.features = problem.encoder.feature_count();
  problem.input.feature_names = problem.encoder.feature_names();
  const size_t outputs = problem.loss->task == Task::kMulticlass ? problem.encoder.classes().size()
                                                                 : problem.encoder.target_names().size();
  problem.input.output_width = static_cast<int64_t>(outputs);
  if (given.class_weights.has_value()) {
    problem.class_weights =
        WeightsOfClasses(*given.class_weights, problem.encoder, table, problem.split.training, path, violations);
    LeaveOutClassesOfNoWeight(table, &problem);
  }
  CheckAgainstData(spec, problem, path, violations);
  if (data.evaluation_table != nullptr) {
    problem.has_held_out = true;
    const std::string evaluation = FieldPath(path, "evaluation.dataset");
    if (data.evaluation_table->row_count == 0) violations->Add(evaluation, "has no rows");
    CheckComplete(*data.evaluation_table, evaluation, violations);
  }
  return problem;
}

ParameterLayout FunctionLayout(absl::string_view name) {
  ParameterLayout layout;
  for (const absl::string_view variable : FindFunction(name)->variables) {
    layout.Add(std::string(variable), {}, TensorRole::kVariable);
  }
  return layout;
}

PreparedProblem PrepareProblem(const JobSpec& spec, const TrainingData& data, absl::string_view path,
                               Violations* violations) {
  PreparedProblem prepared;
  if (spec.function.has_value()) {
    prepared.layout = FunctionLayout(*spec.function);
    prepared.shape.parameter_count = prepared.layout.size;
    CheckGroupsMatch(spec.parameter_groups, prepared.layout, path, violations);
    return prepared;
  }
  if (spec.formula.has_value()) return PrepareFormula(spec, data, path, violations);
  const size_t before = violations->list().size();
  const FittedProblem problem = FitProblem(spec, data, path, violations);
  if (violations->list().size() != before) return prepared;
  CheckEncodes(spec, problem, data, FieldPath(path, "problem.dataset.dataset"), path, violations);
  if (violations->list().size() != before) return prepared;
  prepared.layout = problem.MakeProblemModel<double>()->layout();
  CheckParameterCount(spec, prepared.layout.size, path, violations);
  CheckGroupsMatch(spec.parameter_groups, prepared.layout, path, violations);
  prepared.classes = problem.encoder.classes();
  prepared.shape = {.training_rows = problem.training_rows,
                    .has_held_out = problem.has_held_out,
                    .parameters_a_row = ParametersARow(problem, *data.table),
                    .parameter_count = prepared.layout.size,
                    .default_initializer = problem.model->default_initializer};
  FillCurvatures(spec, data, problem, &prepared.shape);
  return prepared;
}

}  // namespace descent::core
