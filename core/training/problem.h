// A dataset problem with all that its data determines: which rows train, the fitted encoder, the model's input. Trainer
// and predictor share it, so that they see the same numbers.
#ifndef DESCENT_CORE_TRAINING_PROBLEM_H_
#define DESCENT_CORE_TRAINING_PROBLEM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/base/status.h"
#include "core/data/features.h"
#include "core/losses/loss.h"
#include "core/models/model.h"
#include "core/training/class_weights.h"
#include "core/training/formula_problem.h"
#include "core/training/job_spec.h"
#include "core/training/trainer.h"

namespace descent::core {

struct FittedProblem {
  // A model of the table, or a formula.
  const ModelInfo* model = nullptr;
  Config model_config;
  std::shared_ptr<const BoundFormula> formula;
  const LossInfo* loss = nullptr;
  Config loss_config;
  std::vector<Config> penalties;
  FeatureEncoder encoder;
  ModelInput input;
  // Rows that train and rows held out. No training rows listed: all of them train.
  Split split;
  int64_t training_rows = 0;
  bool has_held_out = false;          // a part of the table, or the evaluation table
  std::vector<double> class_weights;  // one a class; none: all 1

  template <typename T>
  std::unique_ptr<Model<T>> MakeProblemModel() const {
    return formula != nullptr ? MakeFormulaModel<T>(formula) : MakeModel<T>(model_config, input);
  }
  // What suits the model's activation, for initialisers.
  double default_gain() const { return model == nullptr ? 1 : model->gain(model_config); }

  // Features, targets and weights of some rows of a table (all, if none are listed).
  template <typename T>
  absl::StatusOr<Matrix<T>> Encode(const Table& table, absl::Span<const int64_t> rows) const {
    DESCENT_ASSIGN_OR_RETURN(Matrix<T> matrix, encoder.Encode<T>(table, rows, /*with_targets=*/true));
    if (matrix.rows > 0) DESCENT_RETURN_IF_ERROR(SetWeights<T>(class_weights, &matrix));
    return matrix;
  }
  // Those of the training rows.
  template <typename T>
  absl::StatusOr<Matrix<T>> EncodeTraining(const TrainingData& data) const {
    return Encode<T>(*data.table, split.training);
  }
  // Those of the held-out rows; there must be some.
  template <typename T>
  absl::StatusOr<Matrix<T>> EncodeHeldOut(const TrainingData& data) const {
    if (data.evaluation_table != nullptr) return Encode<T>(*data.evaluation_table, {});
    return Encode<T>(*data.table, split.held_out);
  }
};

// Fits the problem of a valid spec that trains on data. What contradicts goes to `violations` with paths under `path`;
// then the result must not be used. A spec without a seed is split by seed 0: the shape is the same.
FittedProblem FitProblem(const JobSpec& spec, const TrainingData& data, absl::string_view path, Violations* violations);

// The tensors of a function: its variables.
ParameterLayout FunctionLayout(absl::string_view name);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_PROBLEM_H_
