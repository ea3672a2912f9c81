// The list of optimizers: a line for the row that each file defines, in the order of the documentation.
#ifndef DESCENT_CORE_OPTIMIZERS_KINDS_H_
#define DESCENT_CORE_OPTIMIZERS_KINDS_H_

#include "core/optimizers/optimizer.h"

#define DESCENT_OPTIMIZERS(KIND) \
  KIND(kSgd)                     \
  KIND(kAdagrad)                 \
  KIND(kRmsprop)                 \
  KIND(kAdam)                    \
  KIND(kAdamW)

namespace descent::core {

#define DESCENT_DECLARE_OPTIMIZER(row) extern const OptimizerInfo row;
DESCENT_OPTIMIZERS(DESCENT_DECLARE_OPTIMIZER)
#undef DESCENT_DECLARE_OPTIMIZER

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_KINDS_H_
