// The rows of the penalty table, one a file. For regularizers.cc, which lists them.
#ifndef DESCENT_CORE_REGULARIZERS_KINDS_H_
#define DESCENT_CORE_REGULARIZERS_KINDS_H_

#include "core/regularizers/regularizer.h"

namespace descent::core {

extern const RegularizerInfo kL1Penalty;
extern const RegularizerInfo kL2Penalty;
extern const RegularizerInfo kElasticNetPenalty;

}  // namespace descent::core

#endif  // DESCENT_CORE_REGULARIZERS_KINDS_H_
