#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

#include "core/initializers/initializer.h"
#include "core/initializers/kinds.h"

namespace descent::core {
namespace {

constexpr std::array<const InitializerInfo*, 13> kInitializers = {
    &kZerosInitializer,      &kConstantInitializer,        &kUniformInitializer,
    &kNormalInitializer,     &kTruncatedNormalInitializer, &kXavierInitializer,
    &kKaimingInitializer,    &kLecunInitializer,           &kTorchLinearInitializer,
    &kOrthogonalInitializer, &kSparseInitializer,          &kIdentityInitializer,
    &kGivenInitializer};

}  // namespace

absl::Span<const InitializerInfo* const> Initializers() { return kInitializers; }

const InitializerInfo* FindInitializer(absl::string_view name) {
  for (const InitializerInfo* info : kInitializers) {
    if (info->kind.name == name) return info;
  }
  return nullptr;
}

void Initialize(const Config& config, const ParameterLayout& layout, DrawKey key, double default_gain,
                absl::Span<double> out) {
  for (const InitializerInfo* info : kInitializers) {
    if (&info->kind != config.info()) continue;
    for (const TensorInfo& tensor : layout.tensors) {
      const absl::Span<double> values =
          out.subspan(static_cast<size_t>(tensor.offset), static_cast<size_t>(tensor.size()));
      if (tensor.role == TensorRole::kScale && info != &kGivenInitializer) {
        std::fill(values.begin(), values.end(), 1.0);
      } else {
        info->fill(config, {.layout = layout, .tensor = tensor, .key = key, .default_gain = default_gain}, values);
      }
    }
    return;
  }
  std::abort();
}

}  // namespace descent::core
