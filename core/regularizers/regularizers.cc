#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <type_traits>

#include "core/regularizers/kinds.h"
#include "core/regularizers/regularizer.h"

namespace descent::core {
namespace {

constexpr std::array<const RegularizerInfo*, 3> kRegularizers = {&kL1Penalty, &kL2Penalty, &kElasticNetPenalty};

const RegularizerInfo& InfoOf(const Config& config) {
  for (const RegularizerInfo* info : kRegularizers) {
    if (&info->kind == config.info()) return *info;
  }
  std::abort();
}

// Biases and scales are left out unless `include_bias`.
bool Penalises(const Config& penalty, TensorRole role) {
  return (role != TensorRole::kBias && role != TensorRole::kScale) || penalty.boolean("include_bias");
}

// Calls work(offset, size, index) for the tensors that a penalty takes in.
template <typename Work>
void ForEachPenalised(const Config& penalty, const ParameterLayout& layout, Work work) {
  for (size_t i = 0; i < layout.tensors.size(); ++i) {
    const TensorInfo& tensor = layout.tensors[i];
    if (!Penalises(penalty, tensor.role)) continue;
    work(static_cast<size_t>(tensor.offset), static_cast<size_t>(tensor.size()), i);
  }
}

}  // namespace

absl::Span<const RegularizerInfo* const> Regularizers() { return kRegularizers; }

template <typename T>
double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                         absl::Span<const T> parameters, absl::Span<T> gradient) {
  double sum = 0;
  for (const Config& penalty : penalties) {
    const RegularizerInfo& info = InfoOf(penalty);
    ForEachPenalised(penalty, layout, [&](size_t offset, size_t size, size_t /*tensor*/) {
      const absl::Span<const T> values = parameters.subspan(offset, size);
      const absl::Span<T> slope = gradient.empty() ? gradient : gradient.subspan(offset, size);
      if constexpr (std::is_same_v<T, double>) {
        sum += info.evaluate_double(penalty, values, slope);
      } else {
        sum += info.evaluate_float(penalty, values, slope);
      }
    });
  }
  return sum;
}

PenaltyStrengths StrengthsOf(absl::Span<const Config> penalties, TensorRole role, bool with_proximal) {
  PenaltyStrengths strengths;
  for (const Config& penalty : penalties) {
    if (!Penalises(penalty, role)) continue;
    const RegularizerInfo& info = InfoOf(penalty);
    if (info.curvature != nullptr) strengths.quadratic += info.curvature(penalty);
    if (info.kink != nullptr && (with_proximal || !penalty.boolean("proximal")))
      strengths.absolute += info.kink(penalty);
  }
  return strengths;
}

bool HaveKinks(absl::Span<const Config> penalties) {
  return std::any_of(penalties.begin(), penalties.end(),
                     [](const Config& penalty) { return InfoOf(penalty).proximal_double != nullptr; });
}

bool AskForProximal(absl::Span<const Config> penalties) {
  return std::any_of(penalties.begin(), penalties.end(), [](const Config& penalty) {
    return InfoOf(penalty).proximal_double != nullptr && penalty.boolean("proximal");
  });
}

template <typename T>
void ApplyProximal(absl::Span<const Config> penalties, const ParameterLayout& layout, double learning_rate,
                   absl::Span<const double> rate_factors, absl::Span<T> parameters) {
  for (const Config& penalty : penalties) {
    const RegularizerInfo& info = InfoOf(penalty);
    if (info.proximal_double == nullptr || !penalty.boolean("proximal")) continue;
    ForEachPenalised(penalty, layout, [&](size_t offset, size_t size, size_t tensor) {
      const double rate = rate_factors.empty() ? learning_rate : learning_rate * rate_factors[tensor];
      if constexpr (std::is_same_v<T, double>) {
        info.proximal_double(penalty, rate, parameters.subspan(offset, size));
      } else {
        info.proximal_float(penalty, rate, parameters.subspan(offset, size));
      }
    });
  }
}

template <typename T>
void AddPenaltyHessianProduct(absl::Span<const Config> penalties, const ParameterLayout& layout,
                              absl::Span<const T> direction, absl::Span<T> product) {
  for (const Config& penalty : penalties) {
    const RegularizerInfo& info = InfoOf(penalty);
    if (info.curvature == nullptr) continue;
    const T curvature = static_cast<T>(info.curvature(penalty));
    ForEachPenalised(penalty, layout, [&](size_t offset, size_t size, size_t /*tensor*/) {
      for (size_t i = offset; i < offset + size; ++i) product[i] += curvature * direction[i];
    });
  }
}

template double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                                  absl::Span<const double> parameters, absl::Span<double> gradient);
template double EvaluatePenalties(absl::Span<const Config> penalties, const ParameterLayout& layout,
                                  absl::Span<const float> parameters, absl::Span<float> gradient);
template void ApplyProximal(absl::Span<const Config> penalties, const ParameterLayout& layout, double learning_rate,
                            absl::Span<const double> rate_factors, absl::Span<double> parameters);
template void ApplyProximal(absl::Span<const Config> penalties, const ParameterLayout& layout, double learning_rate,
                            absl::Span<const double> rate_factors, absl::Span<float> parameters);

template void AddPenaltyHessianProduct(absl::Span<const Config> penalties, const ParameterLayout& layout,
                                       absl::Span<const double> direction, absl::Span<double> product);
template void AddPenaltyHessianProduct(absl::Span<const Config> penalties, const ParameterLayout& layout,
                                       absl::Span<const float> direction, absl::Span<float> product);

}  // namespace descent::core
