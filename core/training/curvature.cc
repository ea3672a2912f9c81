#include "core/training/curvature.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/aligned.h"

namespace descent::core {

template <typename T>
std::optional<Spectrum> SpectrumOf(Objective<T>* objective, absl::Span<const T> parameters,
                                   absl::Span<const T> gradient, int64_t most_products) {
  AlignedVector<T> direction(parameters.size());
  AlignedVector<T> product(parameters.size());
  // Asked once before all else: most of those that have none say so at once.
  if (!objective->MultiplyByHessian(parameters, direction, absl::MakeSpan(product))) return std::nullopt;
  const auto multiply = [&](absl::Span<const double> vector, absl::Span<double> result) {
    std::copy(vector.begin(), vector.end(), direction.begin());
    objective->MultiplyByHessian(parameters, direction, absl::MakeSpan(product));
    std::copy(product.begin(), product.end(), result.begin());
  };
  return ExtremeEigenvalues(std::vector<double>(gradient.begin(), gradient.end()), multiply, /*seed=*/0, most_products);
}

template std::optional<Spectrum> SpectrumOf(Objective<float>*, absl::Span<const float>, absl::Span<const float>,
                                            int64_t);
template std::optional<Spectrum> SpectrumOf(Objective<double>*, absl::Span<const double>, absl::Span<const double>,
                                            int64_t);

}  // namespace descent::core
