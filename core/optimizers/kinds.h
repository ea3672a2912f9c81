// The list of optimizers: a line for the row that each file defines, in the order of the documentation.
#ifndef DESCENT_CORE_OPTIMIZERS_KINDS_H_
#define DESCENT_CORE_OPTIMIZERS_KINDS_H_

#include "core/optimizers/optimizer.h"

#define DESCENT_OPTIMIZERS(KIND) \
  KIND(kSgd)                     \
  KIND(kNormalizedSgd)           \
  KIND(kSignSgd)                 \
  KIND(kAdam)                    \
  KIND(kAdamW)                   \
  KIND(kAmsgrad)                 \
  KIND(kAdamax)                  \
  KIND(kNadam)                   \
  KIND(kRadam)                   \
  KIND(kRmsprop)                 \
  KIND(kAdagrad)                 \
  KIND(kAdadelta)                \
  KIND(kRprop)                   \
  KIND(kAsgd)                    \
  KIND(kLion)                    \
  KIND(kLamb)                    \
  KIND(kLars)                    \
  KIND(kAdabelief)               \
  KIND(kYogi)                    \
  KIND(kAdan)                    \
  KIND(kMuon)                    \
  KIND(kScheduleFreeSgd)         \
  KIND(kScheduleFreeAdamW)       \
  KIND(kProdigy)                 \
  KIND(kPolyak)                  \
  KIND(kFtrl)                    \
  KIND(kLbfgs)                   \
  KIND(kLineSearchDescent)       \
  KIND(kNewtonCg)                \
  KIND(kLevenbergMarquardt)      \
  KIND(kSag)                     \
  KIND(kSaga)                    \
  KIND(kSvrg)                    \
  KIND(kCoordinateDescent)

namespace descent::core {

#define DESCENT_DECLARE_OPTIMIZER(row) extern const OptimizerInfo row;
DESCENT_OPTIMIZERS(DESCENT_DECLARE_OPTIMIZER)
#undef DESCENT_DECLARE_OPTIMIZER

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_KINDS_H_
