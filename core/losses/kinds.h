// The rows of the loss table, one a file. For losses.cc, which lists them.
#ifndef DESCENT_CORE_LOSSES_KINDS_H_
#define DESCENT_CORE_LOSSES_KINDS_H_

#include "core/losses/loss.h"

namespace descent::core {

extern const LossInfo kSquaredLoss;
extern const LossInfo kAbsoluteLoss;
extern const LossInfo kHuberLoss;
extern const LossInfo kLogisticLoss;
extern const LossInfo kCrossEntropyLoss;

}  // namespace descent::core

#endif  // DESCENT_CORE_LOSSES_KINDS_H_
