#include "core/models/layer_norm.h"

#include <cmath>

namespace descent::core {

template <typename T>
T LayerNorm<T>::MeanProduct(const T* a, const T* b) const {
  T sum = 0;
  for (int64_t k = 0; k < units_; ++k) sum += a[k] * b[k];
  return sum / static_cast<T>(units_);
}

template <typename T>
T LayerNorm<T>::Mean(const T* a) const {
  T sum = 0;
  for (int64_t k = 0; k < units_; ++k) sum += a[k];
  return sum / static_cast<T>(units_);
}

template <typename T>
void LayerNorm<T>::Forward(absl::Span<const T> parameters, int64_t rows, T* z, T* n, T* s) const {
  const T* scale = parameters.data() + scale_offset_;
  const T* shift = parameters.data() + shift_offset_;
  for (int64_t row = 0; row < rows; ++row, z += units_, n += units_) {
    const T mean = Mean(z);
    for (int64_t k = 0; k < units_; ++k) n[k] = z[k] - mean;
    s[row] = 1 / std::sqrt(MeanProduct(n, n) + static_cast<T>(kEpsilon));
    for (int64_t k = 0; k < units_; ++k) {
      n[k] *= s[row];
      z[k] = scale[k] * n[k] + shift[k];
    }
  }
}

// With dn = scale dy: dz = s (dn - mean(dn) - n mean(dn n)).
template <typename T>
void LayerNorm<T>::Backward(absl::Span<const T> parameters, int64_t rows, const T* n, const T* s, T* dy,
                            absl::Span<T> gradient) const {
  const T* scale = parameters.data() + scale_offset_;
  T* scale_gradient = gradient.data() + scale_offset_;
  T* shift_gradient = gradient.data() + shift_offset_;
  for (int64_t row = 0; row < rows; ++row, dy += units_, n += units_) {
    for (int64_t k = 0; k < units_; ++k) {
      scale_gradient[k] += dy[k] * n[k];
      shift_gradient[k] += dy[k];
      dy[k] *= scale[k];
    }
    const T mean = Mean(dy);
    const T along = MeanProduct(dy, n);
    for (int64_t k = 0; k < units_; ++k) dy[k] = s[row] * (dy[k] - mean - n[k] * along);
  }
}

// tn = s (tz - mean(tz) - n mean(tz n)), ts = -s^2 mean(tz n), ty = tscale n + scale tn + tshift.
template <typename T>
void LayerNorm<T>::Tangent(absl::Span<const T> parameters, absl::Span<const T> direction, int64_t rows, const T* n,
                           const T* s, T* tz, T* tn, T* ts) const {
  const T* scale = parameters.data() + scale_offset_;
  const T* scale_direction = direction.data() + scale_offset_;
  const T* shift_direction = direction.data() + shift_offset_;
  for (int64_t row = 0; row < rows; ++row, tz += units_, n += units_, tn += units_) {
    const T mean = Mean(tz);
    const T along = MeanProduct(tz, n);
    ts[row] = -s[row] * s[row] * along;
    for (int64_t k = 0; k < units_; ++k) {
      tn[k] = s[row] * (tz[k] - mean - n[k] * along);
      tz[k] = scale_direction[k] * n[k] + scale[k] * tn[k] + shift_direction[k];
    }
  }
}

// The change of each line of Backward, with tdn = tscale dy + scale tdy:
//   tdz = ts (dz/s) + s (tdn - mean(tdn) - tn mean(dn n) - n (mean(tdn n) + mean(dn tn))).
template <typename T>
void LayerNorm<T>::BackwardTangent(absl::Span<const T> parameters, absl::Span<const T> direction, int64_t rows,
                                   const T* n, const T* s, const T* tn, const T* ts, T* dy, T* tdy,
                                   absl::Span<T> product) const {
  const T* scale = parameters.data() + scale_offset_;
  const T* scale_direction = direction.data() + scale_offset_;
  T* scale_product = product.data() + scale_offset_;
  T* shift_product = product.data() + shift_offset_;
  for (int64_t row = 0; row < rows; ++row, dy += units_, tdy += units_, n += units_, tn += units_) {
    for (int64_t k = 0; k < units_; ++k) {
      scale_product[k] += tdy[k] * n[k] + dy[k] * tn[k];
      shift_product[k] += tdy[k];
      tdy[k] = scale_direction[k] * dy[k] + scale[k] * tdy[k];
      dy[k] *= scale[k];
    }
    const T mean = Mean(dy);
    const T along = MeanProduct(dy, n);
    const T mean_change = Mean(tdy);
    const T along_change = MeanProduct(tdy, n) + MeanProduct(dy, tn);
    for (int64_t k = 0; k < units_; ++k) {
      const T inside = dy[k] - mean - n[k] * along;
      tdy[k] = ts[row] * inside + s[row] * (tdy[k] - mean_change - tn[k] * along - n[k] * along_change);
      dy[k] = s[row] * inside;
    }
  }
}

template class LayerNorm<double>;
template class LayerNorm<float>;

}  // namespace descent::core
