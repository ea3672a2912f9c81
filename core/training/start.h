// Where a run starts: the best of the starts that its spec asks for.
#ifndef DESCENT_CORE_TRAINING_START_H_
#define DESCENT_CORE_TRAINING_START_H_

#include <optional>

#include "core/base/aligned.h"
#include "core/training/job_spec.h"
#include "core/training/objective.h"
#include "core/training/trainer.h"

namespace descent::core {

// Draws the starts, compares their objectives over all training rows, and gives the least: of equals the first. One
// that is not finite is worse than any that is. Says how they compared when there are several.
template <typename T>
std::optional<MultiStart> ChooseStart(const JobSpec& spec, Objective<T>* objective, AlignedVector<T>* parameters);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_START_H_
