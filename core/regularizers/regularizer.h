// Penalties that are added to the mean loss. One file a kind; regularizers.cc lists them. They add up, so a job may
// have several.
#ifndef DESCENT_CORE_REGULARIZERS_REGULARIZER_H_
#define DESCENT_CORE_REGULARIZERS_REGULARIZER_H_

#include <memory>

#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// A row of the penalty table. Fields: `strength` (required) and `include_bias`.
struct RegularizerInfo {
  KindInfo kind;
  // The penalty of one tensor's values; adds its derivative to `gradient` unless that is empty. Sums are double.
  double (*evaluate_double)(double strength, absl::Span<const double> values, absl::Span<double> gradient);
  double (*evaluate_float)(double strength, absl::Span<const float> values, absl::Span<float> gradient);
};

// All penalties, in the order of the documentation.
absl::Span<const RegularizerInfo* const> Regularizers();

// Sum of the given penalties over the layout's tensors, biases left out unless `include_bias`. Adds derivatives to
// `gradient` unless that is empty.
template <typename T>
double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                         absl::Span<const T> parameters, absl::Span<T> gradient);

}  // namespace descent::core

#endif  // DESCENT_CORE_REGULARIZERS_REGULARIZER_H_
