#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "core/optimizers/optimizer.h"
#include "core/regularizers/regularizer.h"
#include "core/training/duality_gap.h"
#include "core/training/linearize.h"
#include "core/training/objective.h"
#include "core/training/problem.h"
#include "core/training/row_pass.h"
#include "core/training/sampler.h"

namespace descent::core {
namespace {

// The second derivative of the penalties by each parameter.
std::vector<double> QuadraticStrengths(absl::Span<const Config> penalties, const ParameterLayout& layout) {
  std::vector<double> strengths;
  for (const TensorInfo& tensor : layout.tensors) {
    strengths.insert(strengths.end(), static_cast<size_t>(tensor.size()),
                     StrengthsOf(penalties, tensor.role, /*with_proximal=*/true).quadratic);
  }
  return strengths;
}

// A model or a formula on data:
// objective(x) = (1/n) sum over the n rows of the batch of u*loss(model(x, row), target) + penalties(x), u a row's
// weight over the mean weight of all training rows, 1 without weights. The sum of the gradients is divided once, then
// the penalties' gradient is added once.
template <typename T>
class DatasetObjective final : public Objective<T> {
 public:
  DatasetObjective(const JobSpec& spec, const FittedProblem& problem, Matrix<T> training, Matrix<T> held_out,
                   Team* team)
      : model_(problem.MakeProblemModel<T>()),
        loss_(MakeLoss<T>(problem.loss_config)),
        formula_(problem.formula),
        penalties_(problem.penalties),
        feature_names_(problem.input.feature_names),
        task_(problem.loss->task),
        link_(problem.loss->link),
        loss_info_(problem.loss),
        loss_config_(problem.loss_config),
        is_linear_(problem.model != nullptr && problem.model->is_linear_output && problem.input.output_width == 1),
        has_kinks_(problem.loss->has_kinks ||
                   (problem.model != nullptr && !KinkedFieldOf(problem.model_config).empty()) ||
                   (problem.formula != nullptr && HasKinks(problem.formula->formula)) || HaveKinks(penalties_)),
        seed_(*spec.seed),
        team_(team),
        default_gain_(problem.default_gain()),
        training_(std::move(training)),
        held_out_(std::move(held_out)),
        training_targets_(training_.targets.begin(), training_.targets.end()),
        held_out_targets_(held_out_.targets.begin(), held_out_.targets.end()),
        sampler_(BatchShapeOf(spec, training_.rows), training_.rows, *spec.seed),
        is_lazy_(spec.lazy_updates.value_or(false) && training_.is_sparse() && !sampler_.full()),
        steps_(model_.get(), loss_.get(),
               {.max_rows = sampler_.batch_size(),
                .picked_columns = sampler_.full() || training_.is_sparse() ? 0 : training_.columns,
                .picks_targets = !sampler_.full(),
                .target_width = training_.target_width,
                .gradients = true,
                .sparse_gradients = is_lazy_},
               team),
        evaluations_(model_.get(), loss_.get(), {.max_rows = std::max(training_.rows, held_out_.rows)}, team),
        outputs_(static_cast<size_t>(std::max(training_.rows, held_out_.rows) * model_->output_width())),
        linear_rows_(LinearRowsOf(training_, *loss_, *model_, penalties_)) {
    if (!FindOptimizer(spec.optimizer.name())->needs_residuals) return;
    residuals_ = std::make_unique<ResidualPass>(
        ResidualPass::Problem{.model = problem.MakeProblemModel<double>(),
                              .curvature = problem.loss->most_curvature,  // the same everywhere
                              .strengths = QuadraticStrengths(penalties_, layout()),
                              .rows = training_.rows,
                              .columns = training_.columns},
        team_);
  }

  const ParameterLayout& layout() const override { return model_->layout(); }
  int64_t training_rows() const override { return training_.rows; }

  ObjectiveValue Measure(int64_t step, absl::Span<const T> parameters, absl::Span<T> gradient) override {
    const absl::Span<const int64_t> picked = sampler_.Batch(step);
    const Pass pass = {.training = true, .seed = seed_, .step = step};
    const double sum = is_lazy_ ? steps_.SumSparseGradients(pass, parameters, training_, picked, gradient)
                                : steps_.SumGradients(pass, parameters, training_, picked, gradient);
    if (is_lazy_) gradient = gradient.first(steps_.support().size());
    // By rows, not by the batch's own weights: else a row by itself would count the same whatever its weight.
    const int64_t rows = picked.empty() ? training_.rows : static_cast<int64_t>(picked.size());
    const double loss = sum / static_cast<double>(rows);
    for (T& value : gradient) value /= static_cast<T>(rows);
    return {loss, loss + Penalties(parameters, gradient)};
  }
  bool is_sparse() const override { return is_lazy_; }
  absl::Span<const int64_t> Support() const override { return steps_.support(); }

  ObjectiveValue MeasureAll(absl::Span<const T> parameters) override {
    const double loss = evaluations_.SumLosses(parameters, training_, {}) / static_cast<double>(training_.rows);
    return {loss, loss + Penalties(parameters, {})};
  }

  EvaluationPoint Evaluate(absl::Span<const T> parameters, const ObjectiveValue* batch) override {
    EvaluationPoint point;
    point.training = EvaluateRows(parameters, training_, training_targets_);
    point.objective = point.training.loss + Penalties(parameters, {});
    if (batch != nullptr && is_full()) {
      point.training.loss = batch->loss;
      point.objective = batch->objective;
    }
    if (held_out_.rows > 0) point.held_out = EvaluateRows(parameters, held_out_, held_out_targets_);
    return point;
  }

  const LinearRows<T>* Rows(int64_t step) override {
    if (!is_linear_) return nullptr;
    linear_rows_.picked = sampler_.Batch(step);
    return &linear_rows_;
  }

  double Epoch(int64_t step) const override { return sampler_.Epoch(step); }
  double default_gain() const override { return default_gain_; }
  bool is_full() const override { return sampler_.full() && !model_->is_random(); }
  std::optional<double> UpperGap(absl::Span<const T> parameters) override {
    if (!is_linear_) return std::nullopt;
    const absl::Span<double> outputs = absl::MakeSpan(outputs_).first(static_cast<size_t>(training_.rows));
    const double loss = evaluations_.SumLosses(parameters, training_, outputs) / static_cast<double>(training_.rows);
    return DualityGap<T>(*loss_info_, loss_config_, penalties_, layout(), training_, outputs,
                         loss + Penalties(parameters, {}));
  }
  std::optional<Advice> AdviseOnData() const override {
    // The columns of a formula are what it says they are.
    const bool named = formula_ == nullptr && !feature_names_.empty();
    return named ? AdviseOnScales<T>(training_, feature_names_) : std::nullopt;
  }
  std::optional<Advice> AdviseOnUnits(int64_t step, absl::Span<const T> parameters) const override {
    if (model_->hidden_units() == 0) return std::nullopt;
    std::vector<char> live(static_cast<size_t>(model_->hidden_units()), 0);
    constexpr int64_t kChunkRows = RowPass<T>::kChunkRows;
    Workspace<T> workspace = model_->MakeWorkspace(kChunkRows);
    AlignedVector<T> outputs(static_cast<size_t>(kChunkRows * model_->output_width()));
    for (int64_t row = 0; row < training_.rows; row += kChunkRows) {
      const int64_t count = std::min(kChunkRows, training_.rows - row);
      model_->Forward(Pass{}, parameters, training_.Rows(row, count), &workspace, outputs.data());
      model_->MarkLiveUnits(count, workspace, absl::MakeSpan(live));
    }
    return AdviseOnDeadUnits(step, std::count(live.begin(), live.end(), 0), model_->hidden_units());
  }
  std::optional<double> LossOfConstant() const override {
    return ConstantLoss<T>(*loss_, task_, model_->output_width(), training_);
  }

  bool MultiplyByHessian(absl::Span<const T> parameters, absl::Span<const T> direction,
                         absl::Span<T> product) override {
    if (has_kinks_) return false;
    // Made when first asked for: most runs never are.
    if (hessians_ == nullptr) {
      hessians_ = std::make_unique<RowPass<T>>(
          model_.get(), loss_.get(), typename RowPass<T>::Capacity{.max_rows = training_.rows, .hessians = true},
          team_);
    }
    hessians_->SumHessianProducts(Pass{}, parameters, direction, training_, {}, product);
    for (T& value : product) value /= static_cast<T>(training_.rows);
    AddPenaltyHessianProduct<T>(penalties_, model_->layout(), direction, product);
    return true;
  }

  double Linearize(absl::Span<const T> parameters, TriangularFactor* factor) override {
    return residuals_ == nullptr ? std::numeric_limits<double>::quiet_NaN()
                                 : residuals_->Linearize<T>(parameters, training_, factor);
  }

  void Project(absl::Span<T> parameters) const override {
    if (formula_ != nullptr) ClipToBounds<T>(formula_->parameters, parameters);
  }

 private:
  static LinearRows<T> LinearRowsOf(const Matrix<T>& rows, const Loss<T>& loss, const Model<T>& model,
                                    absl::Span<const Config> penalties) {
    return {.count = rows.rows,
            .columns = rows.columns,
            .features = rows.AllRows(),
            .targets = rows.targets.data(),
            .weights = rows.weights.empty() ? nullptr : rows.weights.data(),
            .loss = &loss,
            .has_bias = model.layout().size > rows.columns,
            .of_weights = StrengthsOf(penalties, TensorRole::kWeight, /*with_proximal=*/false),
            .of_bias = StrengthsOf(penalties, TensorRole::kBias, /*with_proximal=*/false),
            .picked = {}};
  }

  double Penalties(absl::Span<const T> parameters, absl::Span<T> gradient) const {
    return penalties_.empty() ? 0 : EvaluatePenalties<T>(penalties_, model_->layout(), parameters, gradient);
  }

  Evaluation EvaluateRows(absl::Span<const T> parameters, const Matrix<T>& matrix, absl::Span<const double> targets) {
    const int64_t width = model_->output_width();
    const absl::Span<double> outputs = absl::MakeSpan(outputs_).first(static_cast<size_t>(matrix.rows * width));
    const double loss = evaluations_.SumLosses(parameters, matrix, outputs) / static_cast<double>(matrix.rows);
    PredictFromOutputs(link_, outputs);
    Evaluation evaluation = ComputeMetrics(task_, matrix.rows, width, outputs, targets);
    evaluation.loss = loss;
    return evaluation;
  }

  const std::unique_ptr<const Model<T>> model_;
  const std::unique_ptr<const Loss<T>> loss_;
  const std::shared_ptr<const BoundFormula> formula_;  // null for models
  const std::vector<Config> penalties_;
  const std::vector<std::string> feature_names_;
  const Task task_;
  const Link link_;
  const LossInfo* const loss_info_;
  const Config loss_config_;
  const bool is_linear_;  // in its parameters, with one output
  const bool has_kinks_;
  const uint64_t seed_;
  Team* const team_;
  const double default_gain_;
  const Matrix<T> training_;
  const Matrix<T> held_out_;
  const std::vector<double> training_targets_;
  const std::vector<double> held_out_targets_;
  Sampler sampler_;
  const bool is_lazy_;  // gives sparse gradients; all rows together would have nearly all parameters
  RowPass<T> steps_;
  RowPass<T> evaluations_;
  std::unique_ptr<RowPass<T>> hessians_;
  std::unique_ptr<ResidualPass> residuals_;  // null unless the optimizer asks for them
  AlignedVector<double> outputs_;
  LinearRows<T> linear_rows_;
};

}  // namespace

template <typename T>
absl::StatusOr<std::unique_ptr<Objective<T>>> MakeDatasetObjective(const JobSpec& spec, const TrainingData& data,
                                                                   Team* team) {
  Violations violations;
  const FittedProblem problem = FitProblem(spec, data, "spec", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  DESCENT_ASSIGN_OR_RETURN(Matrix<T> training, problem.EncodeTraining<T>(data));
  Matrix<T> held_out;
  if (problem.has_held_out) {
    DESCENT_ASSIGN_OR_RETURN(held_out, problem.EncodeHeldOut<T>(data));
  }
  return std::make_unique<DatasetObjective<T>>(spec, problem, std::move(training), std::move(held_out), team);
}

template absl::StatusOr<std::unique_ptr<Objective<float>>> MakeDatasetObjective(const JobSpec& spec,
                                                                                const TrainingData& data, Team* team);
template absl::StatusOr<std::unique_ptr<Objective<double>>> MakeDatasetObjective(const JobSpec& spec,
                                                                                 const TrainingData& data, Team* team);

}  // namespace descent::core
