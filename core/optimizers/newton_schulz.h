// Nearest semi-orthogonal matrices by iteration: what Muon makes of a step.
#ifndef DESCENT_CORE_OPTIMIZERS_NEWTON_SCHULZ_H_
#define DESCENT_CORE_OPTIMIZERS_NEWTON_SCHULZ_H_

#include <cstdint>
#include <vector>

#include "core/base/aligned.h"
#include "core/base/eigen.h"
#include "core/optimizers/tensor_places.h"

namespace descent::core {

// Newton-Schulz iterations of degree five on X [short, long], in place:
//   A = X X^T;  X = a X + (b A + c A A) X  with (a, b, c) = (3.4445, -4.775, 2.0315)
// Each singular value s becomes a s + b s^3 + c s^5. Where they start in (0, 1], five iterations bring them near 1, not
// to it: the constants are chosen for a steep start, and leave them in about [0.7, 1.2].
//
// Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024.
//
// Owns the memory the products need; which of Eigen's kernels runs follows from the shape alone (see AffineLayer).
// Thread-safety: one thread at a time.
template <typename T>
class NewtonSchulz {
 public:
  // Room for the matrices among `tensors`.
  explicit NewtonSchulz(const std::vector<TensorPlace>& tensors) {
    int64_t short_side = 0;
    size_t size = 0;
    for (const TensorPlace& tensor : tensors) {
      short_side = std::max(short_side, std::min(tensor.rows, tensor.columns));
      if (tensor.rows > 0) size = std::max(size, tensor.size);
    }
    gram_.resize(static_cast<size_t>(short_side * short_side));
    polynomial_.resize(gram_.size());
    product_.resize(size);
  }

  // `matrix` is [rows, columns], row-major, with rows <= columns.
  void Iterate(int64_t iterations, int64_t rows, int64_t columns, T* matrix) {
    const T a = static_cast<T>(3.4445);
    const T b = static_cast<T>(-4.775);
    const T c = static_cast<T>(2.0315);
    MatrixView<T> x(matrix, rows, columns);
    MatrixView<T> gram(gram_.data(), rows, rows);
    MatrixView<T> polynomial(polynomial_.data(), rows, rows);
    MatrixView<T> product(product_.data(), rows, columns);
    for (int64_t i = 0; i < iterations; ++i) {
      gram.noalias() = x * x.transpose();
      polynomial.noalias() = gram * gram;
      polynomial = b * gram + c * polynomial;
      product.noalias() = polynomial * x;
      x = a * x + product;
    }
  }

 private:
  AlignedVector<T> gram_;
  AlignedVector<T> polynomial_;
  AlignedVector<T> product_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_NEWTON_SCHULZ_H_
