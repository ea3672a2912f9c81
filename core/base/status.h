// Macros for code that returns absl::Status or absl::StatusOr.
#ifndef DESCENT_CORE_BASE_STATUS_H_
#define DESCENT_CORE_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expression` (an absl::Status) is not OK.
#define DESCENT_RETURN_IF_ERROR(expression)                                 \
  do {                                                                      \
    if (absl::Status descent_status = (expression); !descent_status.ok()) { \
      return descent_status;                                                \
    }                                                                       \
  } while (false)

// Declares or assigns `target` from `expression` (an absl::StatusOr), or returns its status.
#define DESCENT_ASSIGN_OR_RETURN(target, expression) \
  DESCENT_ASSIGN_OR_RETURN_IMPL_(DESCENT_CONCAT_(descent_status_or_, __LINE__), target, expression)

#define DESCENT_ASSIGN_OR_RETURN_IMPL_(temporary, target, expression) \
  auto temporary = (expression);                                      \
  if (!temporary.ok()) return temporary.status();                     \
  target = *std::move(temporary)

#define DESCENT_CONCAT_(a, b) DESCENT_CONCAT_IMPL_(a, b)
#define DESCENT_CONCAT_IMPL_(a, b) a##b

#endif  // DESCENT_CORE_BASE_STATUS_H_
