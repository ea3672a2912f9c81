// The end of a run whose numbers are numbers no more.
#ifndef DESCENT_CORE_TRAINING_NON_FINITE_H_
#define DESCENT_CORE_TRAINING_NON_FINITE_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "core/training/parameter_layout.h"
#include "core/training/stopping.h"
#include "core/training/termination.h"

namespace descent::core {

// Whether a row or its gradient is not finite, and where. The answer is then the row before, or row 0 itself. With
// `support` the gradient is that of the parameters in it.
template <typename T>
std::optional<Termination> FindNonFinite(const Row& row, absl::Span<const T> gradient,
                                         absl::Span<const int64_t> support, const ParameterLayout& layout);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_NON_FINITE_H_
