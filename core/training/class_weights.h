// Weights of classes, so that rare ones count more.
#ifndef DESCENT_CORE_TRAINING_CLASS_WEIGHTS_H_
#define DESCENT_CORE_TRAINING_CLASS_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/fields.h"
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

// Refuses rows that together count nothing, or more than their type can hold, with INVALID_DATA.
absl::Status CheckTotalWeight(int64_t rows, double total);

// Multiplies each row's weight by that of its class.
template <typename T>
void MultiplyByClassWeights(absl::Span<const double> class_weights, Matrix<T>* matrix) {
  if (matrix->weights.empty()) matrix->weights.assign(matrix->targets.size(), T{1});
  for (size_t row = 0; row < matrix->targets.size(); ++row) {
    matrix->weights[row] *= static_cast<T>(class_weights[static_cast<size_t>(matrix->targets[row])]);
  }
}

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_CLASS_WEIGHTS_H_
