// The rows of the optimizer table, one a file. For optimizers.cc, which lists them.
#ifndef DESCENT_CORE_OPTIMIZERS_KINDS_H_
#define DESCENT_CORE_OPTIMIZERS_KINDS_H_

#include "core/optimizers/optimizer.h"

namespace descent::core {

extern const OptimizerInfo kSgd;
extern const OptimizerInfo kAdagrad;
extern const OptimizerInfo kRmsprop;
extern const OptimizerInfo kAdam;
extern const OptimizerInfo kAdamW;

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_KINDS_H_
