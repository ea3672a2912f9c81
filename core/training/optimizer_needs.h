// Problems that not every optimizer can be used on.
#ifndef DESCENT_CORE_TRAINING_OPTIMIZER_NEEDS_H_
#define DESCENT_CORE_TRAINING_OPTIMIZER_NEEDS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/training/job_spec.h"

namespace descent::core {

// Adds what the spec's problem lacks of what its optimizer asks for, each by the field that is in the way. Without an
// optimizer or with an unknown model or loss there is nothing to add: others say so.
void CheckOptimizerNeeds(const JobSpec& spec, absl::string_view path, Violations* violations);

// So too for what only the data tell: the number of parameters.
void CheckParameterCount(const JobSpec& spec, int64_t parameters, absl::string_view path, Violations* violations);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_OPTIMIZER_NEEDS_H_
