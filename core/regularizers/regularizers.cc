#include <array>
#include <cstddef>
#include <cstdlib>
#include <type_traits>

#include "core/regularizers/kinds.h"
#include "core/regularizers/regularizer.h"

namespace descent::core {
namespace {

constexpr std::array<const RegularizerInfo*, 2> kRegularizers = {&kL1Penalty, &kL2Penalty};

const RegularizerInfo& InfoOf(const Config& config) {
  for (const RegularizerInfo* info : kRegularizers) {
    if (&info->kind == config.info()) return *info;
  }
  std::abort();
}

}  // namespace

absl::Span<const RegularizerInfo* const> Regularizers() { return kRegularizers; }

template <typename T>
double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                         absl::Span<const T> parameters, absl::Span<T> gradient) {
  double sum = 0;
  for (const Config& penalty : penalties) {
    const RegularizerInfo& info = InfoOf(penalty);
    const double strength = penalty.number("strength");
    const bool include_bias = penalty.boolean("include_bias");
    for (const TensorInfo& tensor : layout.tensors) {
      if (tensor.role == TensorRole::kBias && !include_bias) continue;
      const auto offset = static_cast<size_t>(tensor.offset);
      const auto size = static_cast<size_t>(tensor.size());
      const absl::Span<const T> values = parameters.subspan(offset, size);
      const absl::Span<T> slope = gradient.empty() ? gradient : gradient.subspan(offset, size);
      if constexpr (std::is_same_v<T, double>) {
        sum += info.evaluate_double(strength, values, slope);
      } else {
        sum += info.evaluate_float(strength, values, slope);
      }
    }
  }
  return sum;
}

template double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                                  absl::Span<const double> parameters, absl::Span<double> gradient);
template double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                                  absl::Span<const float> parameters, absl::Span<float> gradient);

}  // namespace descent::core
