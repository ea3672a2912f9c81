#include <array>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "core/models/kinds.h"
#include "core/models/model.h"

namespace descent::core {
namespace {

constexpr std::array<const ModelInfo*, 4> kModels = {&kLinearModel, &kLogisticModel, &kSoftmaxModel, &kMlpModel};

}  // namespace

absl::Span<const ModelInfo* const> Models() { return kModels; }

const ModelInfo* FindModel(absl::string_view name) {
  for (const ModelInfo* info : kModels) {
    if (info->kind.name == name) return info;
  }
  return nullptr;
}

absl::string_view KinkedFieldOf(const Config& config) {
  const ModelInfo* info = FindModel(config.name());
  return info == nullptr || info->kinked_field == nullptr ? absl::string_view() : info->kinked_field(config);
}

template <typename T>
std::unique_ptr<Model<T>> MakeModel(const Config& config, const ModelInput& input) {
  for (const ModelInfo* info : kModels) {
    if (&info->kind != config.info()) continue;
    if constexpr (std::is_same_v<T, double>) {
      return info->make_double(config, input);
    } else {
      return info->make_float(config, input);
    }
  }
  std::abort();
}

template std::unique_ptr<Model<double>> MakeModel(const Config& config, const ModelInput& input);
template std::unique_ptr<Model<float>> MakeModel(const Config& config, const ModelInput& input);

}  // namespace descent::core
