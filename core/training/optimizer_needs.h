// What not every optimizer can be used on, or combined with.
#ifndef DESCENT_CORE_TRAINING_OPTIMIZER_NEEDS_H_
#define DESCENT_CORE_TRAINING_OPTIMIZER_NEEDS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/training/job_spec.h"

namespace descent::core {

// Adds what does not go with the spec's optimizer, each by the field that is in the way: of the problem what lacks
// something that it asks for, of the rest what it leaves no room for. Without an optimizer or with an unknown model or
// loss there is nothing to add: others say so.
void CheckOptimizerNeeds(const JobSpec& spec, absl::string_view path, Violations* violations);

// So too for what only the data tell: the number of parameters.
void CheckParameterCount(const JobSpec& spec, int64_t parameters, absl::string_view path, Violations* violations);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_OPTIMIZER_NEEDS_H_
