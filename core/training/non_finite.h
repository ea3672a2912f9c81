// The end of a run whose numbers are numbers no more.
#ifndef DESCENT_CORE_TRAINING_NON_FINITE_H_
#define DESCENT_CORE_TRAINING_NON_FINITE_H_

#include <optional>

#include "absl/types/span.h"
#include "core/training/parameter_layout.h"
#include "core/training/stopping.h"
#include "core/training/termination.h"

namespace descent::core {

// Whether a row or its gradient is not finite, and where. The answer is then the row before, or row 0 itself.
template <typename T>
std::optional<Termination> FindNonFinite(const Row& row, absl::Span<const T> gradient, const ParameterLayout& layout);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_NON_FINITE_H_
