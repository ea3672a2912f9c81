#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

constexpr std::array<const OptimizerInfo*, 5> kOptimizers = {&kSgd, &kAdagrad, &kRmsprop, &kAdam, &kAdamW};

}  // namespace

absl::Span<const OptimizerInfo* const> Optimizers() { return kOptimizers; }

template <typename T>
std::unique_ptr<Optimizer<T>> MakeOptimizer(const Config& config, int64_t size) {
  for (const OptimizerInfo* info : kOptimizers) {
    if (&info->kind != config.info()) continue;
    if constexpr (std::is_same_v<T, double>) {
      return info->make_double(config, size);
    } else {
      return info->make_float(config, size);
    }
  }
  std::abort();
}

template std::unique_ptr<Optimizer<double>> MakeOptimizer(const Config& config, int64_t size);
template std::unique_ptr<Optimizer<float>> MakeOptimizer(const Config& config, int64_t size);

}  // namespace descent::core
