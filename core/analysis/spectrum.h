// Extreme eigenvalues of a Hessian that is known by its products with vectors alone.
#ifndef DESCENT_CORE_ANALYSIS_SPECTRUM_H_
#define DESCENT_CORE_ANALYSIS_SPECTRUM_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

namespace descent::core {

// product = H v, for a symmetric H.
using HessianProduct = absl::FunctionRef<void(absl::Span<const double> vector, absl::Span<double> product)>;

struct Spectrum {
  double smallest = 0;
  double largest = 0;
  // ||H^+ g||, how far Newton's step goes: the distance to the stationary point nearby. Of large problems a lower
  // bound,
  // ||g||/max|eigenvalue|. Infinite when the gradient lies where H is 0.
  double newton_distance = 0;

  double magnitude() const { return smallest < -largest ? -smallest : largest; }
};

// Up to kDenseSize variables, and as many as there may be products, the matrix is built, and every eigenvalue is exact
// to rounding. Beyond, Lanczos iterations, of a product each, from a random vector of `seed` give the ends of the
// spectrum: never outside it, and with a hundred products to about six digits when they are well apart from the rest.
// Nothing if a product is not finite.
//
// Source: Golub and Van Loan, "Matrix Computations", chapter 10.
inline constexpr int64_t kDenseSize = 64;
inline constexpr int64_t kMostProducts = 100;
std::optional<Spectrum> ExtremeEigenvalues(absl::Span<const double> gradient, HessianProduct multiply, uint64_t seed,
                                           int64_t most_products = kMostProducts);

}  // namespace descent::core

#endif  // DESCENT_CORE_ANALYSIS_SPECTRUM_H_
