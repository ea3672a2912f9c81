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
      const auto offset = static_cast<size_t>(tensor.offset);
      info->fill(config, {.layout = layout, .tensor = tensor, .key = key, .default_gain = default_gain},
                 out.subspan(offset, static_cast<size_t>(tensor.size())));
    }
    return;
  }
  std::abort();
}

}  // namespace descent::core
