// The rows of the model table, one a file. For models.cc, which lists them.
#ifndef DESCENT_CORE_MODELS_KINDS_H_
#define DESCENT_CORE_MODELS_KINDS_H_

#include "core/models/model.h"

namespace descent::core {

extern const ModelInfo kLinearModel;
extern const ModelInfo kLogisticModel;
extern const ModelInfo kSoftmaxModel;
extern const ModelInfo kMlpModel;

}  // namespace descent::core

#endif  // DESCENT_CORE_MODELS_KINDS_H_
