// The rows of the initializer table, one a file. For initializers.cc, which lists them.
#ifndef DESCENT_CORE_INITIALIZERS_KINDS_H_
#define DESCENT_CORE_INITIALIZERS_KINDS_H_

#include "absl/strings/str_cat.h"
#include "core/base/random.h"
#include "core/initializers/initializer.h"

namespace descent::core {

extern const InitializerInfo kZerosInitializer;
extern const InitializerInfo kConstantInitializer;
extern const InitializerInfo kUniformInitializer;
extern const InitializerInfo kNormalInitializer;
extern const InitializerInfo kTruncatedNormalInitializer;
extern const InitializerInfo kXavierInitializer;
extern const InitializerInfo kKaimingInitializer;
extern const InitializerInfo kLecunInitializer;
extern const InitializerInfo kTorchLinearInitializer;
extern const InitializerInfo kOrthogonalInitializer;
extern const InitializerInfo kSparseInitializer;
extern const InitializerInfo kIdentityInitializer;
extern const InitializerInfo kGivenInitializer;

// The draws of one tensor: index i is its i-th value.
inline RandomStream DrawsOf(const FillContext& context) {
  return RandomStream(context.key.seed, absl::StrCat("initialize/", context.tensor.name), context.key.start);
}

}  // namespace descent::core

#endif  // DESCENT_CORE_INITIALIZERS_KINDS_H_
