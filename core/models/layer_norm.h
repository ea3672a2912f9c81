// Layer normalisation: each row of a layer's sums brought to mean 0 and variance 1 over its units, then scaled and
// shifted by parameters.
#ifndef DESCENT_CORE_MODELS_LAYER_NORM_H_
#define DESCENT_CORE_MODELS_LAYER_NORM_H_

#include <cstdint>

#include "absl/types/span.h"

namespace descent::core {

// y = scale * n + shift, n = (z - mean(z)) * s, s = 1/sqrt(variance(z) + 1e-5), over the units of a row; the variance
// is the population's. Source: Ba, Kiros and Hinton, "Layer normalization", 2016. Matrices are [rows, units],
// row-major; T is float or double. Thread-safety: immutable.
template <typename T>
class LayerNorm {
 public:
  static constexpr double kEpsilon = 1e-5;

  // Where the two tensors, [units], are in a parameter vector.
  LayerNorm(int64_t units, int64_t scale_offset, int64_t shift_offset)
      : units_(units), scale_offset_(scale_offset), shift_offset_(shift_offset) {}

  // Replaces z by y; keeps n and, [rows], s.
  void Forward(absl::Span<const T> parameters, int64_t rows, T* z, T* n, T* s) const;
  // Replaces dy by dz and adds to the gradient of scale and shift.
  void Backward(absl::Span<const T> parameters, int64_t rows, const T* n, const T* s, T* dy,
                absl::Span<T> gradient) const;

  // The same along a direction in parameter space, in which z changes by tz. Replaces tz by the change of y; keeps
  // those of n and s.
  void Tangent(absl::Span<const T> parameters, absl::Span<const T> direction, int64_t rows, const T* n, const T* s,
               T* tz, T* tn, T* ts) const;
  // How what Backward gives changes, when dy changes by tdy: replaces tdy by the change of dz, dy by dz, and adds to
  // `product` the change of the gradient.
  void BackwardTangent(absl::Span<const T> parameters, absl::Span<const T> direction, int64_t rows, const T* n,
                       const T* s, const T* tn, const T* ts, T* dy, T* tdy, absl::Span<T> product) const;

 private:
  // Mean of a * b over a row.
  T MeanProduct(const T* a, const T* b) const;
  T Mean(const T* a) const;

  int64_t units_;
  int64_t scale_offset_;
  int64_t shift_offset_;
};

extern template class LayerNorm<double>;
extern template class LayerNorm<float>;

}  // namespace descent::core

#endif  // DESCENT_CORE_MODELS_LAYER_NORM_H_
