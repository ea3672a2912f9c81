#include "core/training/predictor.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/aligned.h"
#include "core/base/errors.h"
#include "core/base/parallel.h"
#include "core/base/status.h"
#include "core/training/problem.h"
#include "core/training/row_pass.h"

namespace descent::core {
namespace {

// Chances of the classes, from one row's outputs: the logistic function of a logit, or the softmax of several.
void AppendProbabilities(Task task, absl::Span<const double> outputs, std::vector<double>* probabilities) {
  if (task == Task::kBinary) {
    const double small = std::exp(-std::abs(outputs[0]));
    const double likelier = 1 / (1 + small);
    const double other = small / (1 + small);
    probabilities->push_back(outputs[0] >= 0 ? other : likelier);
    probabilities->push_back(outputs[0] >= 0 ? likelier : other);
    return;
  }
  const double largest = *std::max_element(outputs.begin(), outputs.end());
  double sum = 0;
  for (const double output : outputs) sum += std::exp(output - largest);
  for (const double output : outputs) probabilities->push_back(std::exp(output - largest) / sum);
}

// The trainer's passes over rows, so that an evaluation here gives the bits of one during training.
template <typename T>
class PredictorOf final : public Predictor {
 public:
  PredictorOf(const JobSpec& spec, TrainingData data, FittedProblem problem)
      : spec_(spec),
        data_(std::move(data)),
        problem_(std::move(problem)),
        model_(problem_.MakeProblemModel<T>()),
        loss_(MakeLoss<T>(problem_.loss_config)) {}

  absl::StatusOr<Predictions> Predict(absl::Span<const double> parameters, const Table& rows) const override {
    DESCENT_ASSIGN_OR_RETURN(const Matrix<T> matrix, problem_.encoder.Encode<T>(rows, {}, /*with_targets=*/false));
    std::vector<double> outputs;
    RunModel(parameters, matrix, &outputs);
    PredictFromOutputs(link(), absl::MakeSpan(outputs));
    Predictions predictions;
    if (task() == Task::kRegression) {
      predictions.values = std::move(outputs);
      return predictions;
    }
    const size_t width = static_cast<size_t>(model_->output_width());
    for (size_t row = 0; row < static_cast<size_t>(matrix.rows); ++row) {
      const absl::Span<const double> one = absl::MakeConstSpan(outputs).subspan(row * width, width);
      predictions.classes.push_back(LikeliestClass(task(), one));
      if (link() == Link::kLogit) AppendProbabilities(task(), one, &predictions.probabilities);
    }
    return predictions;
  }

  absl::StatusOr<Evaluation> Evaluate(absl::Span<const double> parameters, const Table& rows) const override {
    DESCENT_ASSIGN_OR_RETURN(const Matrix<T> matrix, problem_.Encode<T>(rows, {}));
    if (matrix.rows == 0) return MakeError(ErrorReason::kInvalidData, "there are no rows to evaluate on");
    return EvaluateMatrix(parameters, matrix);
  }

  absl::StatusOr<Evaluation> EvaluatePart(absl::Span<const double> parameters, DataPart part) const override {
    if (part == DataPart::kHeldOut && !problem_.has_held_out) {
      return InvalidField("part",
                          "is held_out, but this job holds nothing out; ask for training, or set "
                          "evaluation.held_out_fraction or evaluation.dataset in the spec of a new job");
    }
    DESCENT_ASSIGN_OR_RETURN(const Matrix<T> matrix, part == DataPart::kTraining ? problem_.EncodeTraining<T>(data_)
                                                                                 : problem_.EncodeHeldOut<T>(data_));
    return EvaluateMatrix(parameters, matrix);
  }

  const std::vector<std::string>& classes() const override { return problem_.encoder.classes(); }
  const std::vector<std::string>& targets() const override { return problem_.encoder.target_names(); }
  bool has_held_out() const override { return problem_.has_held_out; }

  // Of features x' = (x - offset) * factor: w'.x' + b' = sum_j w'_j factor_j x_j + (b' - sum_j w'_j factor_j offset_j).
  absl::StatusOr<std::vector<double>> InOriginalUnits(absl::Span<const double> parameters) const override {
    // A formula takes its columns as they are.
    if (problem_.formula != nullptr) return std::vector<double>(parameters.begin(), parameters.end());
    const absl::string_view kind = problem_.model->kind.name;
    if (kind != "linear" && kind != "logistic" && kind != "softmax") {
      return InvalidField(
          "original_units",
          absl::StrCat("the parameters of the model ", kind,
                       " have no meaning in units of the columns; it must be linear, logistic or softmax"));
    }
    const std::vector<double>& offsets = problem_.encoder.offsets();
    const std::vector<double>& factors = problem_.encoder.factors();
    const TensorInfo* bias = nullptr;
    for (const TensorInfo& tensor : model_->layout().tensors) {
      if (tensor.role == TensorRole::kBias) bias = &tensor;
    }
    const bool shifted = std::any_of(offsets.begin(), offsets.end(), [](double offset) { return offset != 0; });
    if (bias == nullptr && shifted) {
      return InvalidField(
          "original_units",
          "the features were shifted and the model has no bias to take the shift up; train it with a bias");
    }
    std::vector<double> original(parameters.begin(), parameters.end());
    const size_t features = offsets.size();
    for (size_t output = 0; output < static_cast<size_t>(model_->output_width()); ++output) {
      double shift = 0;
      for (size_t j = 0; j < features; ++j) {
        double& weight = original[output * features + j];
        weight *= factors[j];
        shift += weight * offsets[j];
      }
      if (bias != nullptr) original[static_cast<size_t>(bias->offset) + output] -= shift;
    }
    return original;
  }

 private:
  Task task() const { return problem_.loss->task; }
  Link link() const { return problem_.loss->link; }

  // The sum of the losses, when the rows have targets, and the outputs.
  double RunModel(absl::Span<const double> parameters, const Matrix<T>& matrix, std::vector<double>* outputs) const {
    const AlignedVector<T> own(parameters.begin(), parameters.end());
    Team alone(1);
    RowPass<T> pass(model_.get(), loss_.get(), {.max_rows = matrix.rows}, &alone);
    outputs->resize(static_cast<size_t>(matrix.rows * model_->output_width()));
    return pass.SumLosses(own, matrix, absl::MakeSpan(*outputs));
  }

  Evaluation EvaluateMatrix(absl::Span<const double> parameters, const Matrix<T>& matrix) const {
    std::vector<double> outputs;
    const double loss = RunModel(parameters, matrix, &outputs);
    PredictFromOutputs(link(), absl::MakeSpan(outputs));
    const std::vector<double> targets(matrix.targets.begin(), matrix.targets.end());
    Evaluation evaluation = ComputeMetrics(task(), matrix.rows, model_->output_width(), outputs, targets);
    evaluation.loss = loss / static_cast<double>(matrix.rows);
    return evaluation;
  }

  const JobSpec spec_;
  const TrainingData data_;
  const FittedProblem problem_;
  const std::unique_ptr<const Model<T>> model_;
  const std::unique_ptr<const Loss<T>> loss_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Predictor>> Predictor::Create(const JobSpec& spec, const TrainingData& data) {
  Violations violations;
  FittedProblem problem = FitProblem(spec, data, "spec", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  std::unique_ptr<Predictor> predictor;
  if (spec.precision == Precision::kFloat32) {
    predictor = std::make_unique<PredictorOf<float>>(spec, data, std::move(problem));
  } else {
    predictor = std::make_unique<PredictorOf<double>>(spec, data, std::move(problem));
  }
  return predictor;
}

}  // namespace descent::core
