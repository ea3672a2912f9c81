// How parameters are updated. One file a kind; optimizers.cc lists them.
#ifndef DESCENT_CORE_OPTIMIZERS_OPTIMIZER_H_
#define DESCENT_CORE_OPTIMIZERS_OPTIMIZER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/fields.h"

namespace descent::core {

// State and rule of one run. T is float or double. Thread-safety: one thread at a time.
template <typename T>
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Takes update t -> t+1: `step` is t, the number of updates done before, from 0; `learning_rate` is that of this
  // update, schedule included. Everything that depends on time is a function of `step`. Allocates nothing.
  virtual void Step(int64_t step, double learning_rate, absl::Span<const T> gradient, absl::Span<T> parameters) = 0;

  // All arrays that determine later steps, in a fixed order and of fixed sizes: snapshots save and restore them.
  virtual std::vector<absl::Span<T>> State() = 0;
};

// A row of the optimizer table. Every kind has a field `learning_rate`.
struct OptimizerInfo {
  KindInfo kind;
  // `size` is the number of parameters.
  std::unique_ptr<Optimizer<double>> (*make_double)(const Config& config, int64_t size);
  std::unique_ptr<Optimizer<float>> (*make_float)(const Config& config, int64_t size);
};

// All optimizers, in the order of the documentation.
absl::Span<const OptimizerInfo* const> Optimizers();

// `config.info()` must be the kind of one of Optimizers().
template <typename T>
std::unique_ptr<Optimizer<T>> MakeOptimizer(const Config& config, int64_t size);

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_OPTIMIZER_H_
