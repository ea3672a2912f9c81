// A trained model applied to rows.
#ifndef DESCENT_CORE_TRAINING_PREDICTOR_H_
#define DESCENT_CORE_TRAINING_PREDICTOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/data/features.h"
#include "core/training/trainer.h"

namespace descent::core {

struct Predictions {
  std::vector<double> values;         // regression: [rows][targets], means under a log link
  std::vector<int64_t> classes;       // classifiers: index of the likeliest class, one a row
  std::vector<double> probabilities;  // classifiers: [rows][classes]; empty under losses of margins
};

// A part of the job's own data.
enum class DataPart { kTraining, kHeldOut };

// Model or formula, loss and preprocessing of a problem on data, fitted like the trainer's. Thread-safety: immutable.
class Predictor {
 public:
  // `spec` is resolved and trains on data.
  static absl::StatusOr<std::unique_ptr<Predictor>> Create(const JobSpec& spec, const TrainingData& data);
  virtual ~Predictor() = default;

  // `parameters` has the layout's size. Errors of the rows are INVALID_DATA, see FeatureEncoder::Encode.
  virtual absl::StatusOr<Predictions> Predict(absl::Span<const double> parameters, const Table& rows) const = 0;
  // On rows with a target.
  virtual absl::StatusOr<Evaluation> Evaluate(absl::Span<const double> parameters, const Table& rows) const = 0;
  // On the job's own rows; FAILED_PRECONDITION when nothing is held out.
  virtual absl::StatusOr<Evaluation> EvaluatePart(absl::Span<const double> parameters, DataPart part) const = 0;
  virtual const std::vector<std::string>& classes() const = 0;
  virtual const std::vector<std::string>& targets() const = 0;
  virtual bool has_held_out() const = 0;
  // Parameters of a linear, logistic or softmax model in units of the columns before scaling, where those of a formula
  // always are; INVALID_FIELD on
  // `original_units` for others.
  virtual absl::StatusOr<std::vector<double>> InOriginalUnits(absl::Span<const double> parameters) const = 0;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_PREDICTOR_H_
