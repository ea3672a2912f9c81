// Penalties that are added to the mean loss. One file a kind; regularizers.cc lists them. They add up, so a job may
// have several.
#ifndef DESCENT_CORE_REGULARIZERS_REGULARIZER_H_
#define DESCENT_CORE_REGULARIZERS_REGULARIZER_H_

#include <memory>

#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// A row of the penalty table. Fields: `strength` (required), `include_bias`, and `proximal` where the penalty has a
// proximal step: if set, its part with a kink is left out of the gradient and taken in by that step.
struct RegularizerInfo {
  KindInfo kind;
  // The penalty of one tensor's values; adds its derivative to `gradient` unless that is empty. Sums are double.
  double (*evaluate_double)(const Config& penalty, absl::Span<const double> values, absl::Span<double> gradient);
  double (*evaluate_float)(const Config& penalty, absl::Span<const float> values, absl::Span<float> gradient);
  // The second derivative by each value, the same everywhere but at kinks. Null: 0.
  double (*curvature)(const Config& penalty) = nullptr;
  // The factor of |w|: half of what the slope jumps by at 0. Null: there is no kink.
  double (*kink)(const Config& penalty) = nullptr;
  // Replaces values w by argmin_v (v - w)^2/(2 learning_rate) + the part with a kink. Null: there is no such part.
  void (*proximal_double)(const Config& penalty, double learning_rate, absl::Span<double> values) = nullptr;
  void (*proximal_float)(const Config& penalty, double learning_rate, absl::Span<float> values) = nullptr;
};

// All penalties, in the order of the documentation.
absl::Span<const RegularizerInfo* const> Regularizers();

// absolute*|w| + quadratic/2*w^2 for each value.
struct PenaltyStrengths {
  double absolute = 0;
  double quadratic = 0;
};

// Sum of the given penalties over the layout's tensors, biases left out unless `include_bias`. Adds derivatives to
// `gradient` unless that is empty.
template <typename T>
double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                         absl::Span<const T> parameters, absl::Span<T> gradient);

// What the penalties come to for each value of a tensor in this role, with or without the absolute parts that a
// proximal step takes in.
PenaltyStrengths StrengthsOf(absl::Span<const Config> penalties, TensorRole role, bool with_proximal);

// Whether one has a kink at 0.
bool HaveKinks(absl::Span<const Config> penalties);

// Whether one asks for a proximal step.
bool AskForProximal(absl::Span<const Config> penalties);

// The proximal steps of the penalties that ask for them, after an update with this learning rate. Values that they
// bring to 0 are exactly 0. `rate_factors` are one a tensor, 0 for one that is not updated; none: 1 for all.
template <typename T>
void ApplyProximal(absl::Span<const Config> penalties, const ParameterLayout& layout, double learning_rate,
                   absl::Span<const double> rate_factors, absl::Span<T> parameters);

// Adds the product of the penalties' second derivative with a direction in parameter space. Kinks have none.
template <typename T>
void AddPenaltyHessianProduct(absl::Span<const Config> penalties, const ParameterLayout& layout,
                              absl::Span<const T> direction, absl::Span<T> product);

}  // namespace descent::core

#endif  // DESCENT_CORE_REGULARIZERS_REGULARIZER_H_
