// The rows of the loss table, one a file. For losses.cc, which lists them.
#ifndef DESCENT_CORE_LOSSES_KINDS_H_
#define DESCENT_CORE_LOSSES_KINDS_H_

#include "core/losses/loss.h"

namespace descent::core {

extern const LossInfo kSquaredLoss;
extern const LossInfo kHalfSquaredLoss;
extern const LossInfo kAbsoluteLoss;
extern const LossInfo kHuberLoss;
extern const LossInfo kSmoothL1Loss;
extern const LossInfo kLogCoshLoss;
extern const LossInfo kQuantileLoss;
extern const LossInfo kPoissonLoss;
extern const LossInfo kGammaLoss;
extern const LossInfo kTweedieLoss;
extern const LossInfo kLogisticLoss;
extern const LossInfo kFocalLoss;
extern const LossInfo kHingeLoss;
extern const LossInfo kSquaredHingeLoss;
extern const LossInfo kCrossEntropyLoss;
extern const LossInfo kMulticlassFocalLoss;
extern const LossInfo kMulticlassHingeLoss;
extern const LossInfo kMulticlassSquaredHingeLoss;

}  // namespace descent::core

#endif  // DESCENT_CORE_LOSSES_KINDS_H_
