#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

#define DESCENT_ADDRESS(row) &row,
constexpr const OptimizerInfo* kOptimizers[] = {DESCENT_OPTIMIZERS(DESCENT_ADDRESS)};
#undef DESCENT_ADDRESS

}  // namespace

absl::Span<const OptimizerInfo* const> Optimizers() { return kOptimizers; }

const OptimizerInfo* FindOptimizer(absl::string_view name) {
  for (const OptimizerInfo* info : kOptimizers) {
    if (info->kind.name == name) return info;
  }
  return nullptr;
}

template <typename T>
std::unique_ptr<Optimizer<T>> MakeOptimizer(const Config& config, const ParameterLayout& layout) {
  const OptimizerInfo* info = FindOptimizer(config.name());
  if (info == nullptr) std::abort();
  if constexpr (std::is_same_v<T, double>) {
    return info->make_double(config, layout);
  } else {
    return info->make_float(config, layout);
  }
}

template std::unique_ptr<Optimizer<double>> MakeOptimizer(const Config& config, const ParameterLayout& layout);
template std::unique_ptr<Optimizer<float>> MakeOptimizer(const Config& config, const ParameterLayout& layout);

}  // namespace descent::core
