// Groups of tensors that are updated in their own way: another learning rate or weight decay, or not at all.
#ifndef DESCENT_CORE_TRAINING_PARAMETER_GROUPS_H_
#define DESCENT_CORE_TRAINING_PARAMETER_GROUPS_H_

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/errors.h"
#include "core/base/fields.h"
#include "core/optimizers/optimizer.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

const KindInfo& ParameterGroupInfo();  // tensors, learning_rate_factor, weight_decay, frozen

// The group of a tensor: the first whose pattern matches its name; -1 for none. In a pattern `*` stands for any
// characters and `?` for one.
int64_t GroupOf(absl::Span<const Config> groups, absl::string_view tensor);

// Adds groups that match no tensor, with what there is.
void CheckGroupsMatch(absl::Span<const Config> groups, const ParameterLayout& layout, absl::string_view path,
                      Violations* violations);

// One optimizer for all parameters; with groups, one for each run of neighbouring tensors of the same group.
template <typename T>
std::unique_ptr<Optimizer<T>> MakeGroupedOptimizer(const Config& optimizer, absl::Span<const Config> groups,
                                                   const ParameterLayout& layout);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_PARAMETER_GROUPS_H_
