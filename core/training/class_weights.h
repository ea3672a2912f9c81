// Weights of classes, so that rare ones count more.
#ifndef DESCENT_CORE_TRAINING_CLASS_WEIGHTS_H_
#define DESCENT_CORE_TRAINING_CLASS_WEIGHTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/base/status.h"
#include "core/data/features.h"
#include "core/training/job_spec.h"

namespace descent::core {

// Adds what is wrong with the class weights of a spec, as far as that can be said without its data.
void CheckClassWeights(const JobSpec& spec, absl::string_view path, Violations* violations);

// The weight of each of the encoder's classes; those of `balanced` follow from the given rows of `table` (all, if none
// are listed): n/(classes*n_k), which leaves the mean weight at 1. Names that are no class go to `violations`.
//
// Source: King and Zeng, "Logistic regression in rare events data", Political Analysis 9, 2001; as in scikit-learn.
std::vector<double> WeightsOfClasses(const ClassWeights& given, const FeatureEncoder& encoder, const Table& table,
                                     absl::Span<const int64_t> rows, absl::string_view path, Violations* violations);

// Each weight over the mean of all: so written, no weights are too large or too small for any type. Rows that all count
// nothing are INVALID_DATA.
absl::StatusOr<std::vector<double>> OverTheirMean(std::vector<double> weights);

// Sets the rows' weights from those given and those of their classes; none leaves them all 1.
template <typename T>
absl::Status SetWeights(absl::Span<const double> class_weights, Matrix<T>* matrix) {
  std::vector<double> weights = std::move(matrix->given_weights);
  matrix->given_weights.clear();
  if (!class_weights.empty()) {
    const double largest = *std::max_element(class_weights.begin(), class_weights.end());
    if (weights.empty()) weights.assign(matrix->targets.size(), 1);
    for (size_t row = 0; row < weights.size(); ++row) {
      weights[row] *= class_weights[static_cast<size_t>(matrix->targets[row])] / largest;
    }
  }
  if (weights.empty()) return absl::OkStatus();
  DESCENT_ASSIGN_OR_RETURN(weights, OverTheirMean(std::move(weights)));
  matrix->weights.assign(weights.begin(), weights.end());
  return absl::OkStatus();
}

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_CLASS_WEIGHTS_H_
