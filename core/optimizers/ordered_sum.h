// Sums over all parameters that have the same bits wherever they are computed.
#ifndef DESCENT_CORE_OPTIMIZERS_ORDERED_SUM_H_
#define DESCENT_CORE_OPTIMIZERS_ORDERED_SUM_H_

#include <cstddef>

namespace descent::core {

// term(0) + ... + term(size - 1) in double, in an order that depends on the size only. The partial sums are independent
// of each other, so that the compiler may compute them side by side.
template <typename Term>
double OrderedSum(size_t size, Term term) {
  constexpr size_t kPartials = 8;
  double partial[kPartials] = {};
  const size_t whole = size / kPartials * kPartials;
  for (size_t i = 0; i < whole; i += kPartials) {
    for (size_t j = 0; j < kPartials; ++j) partial[j] += static_cast<double>(term(i + j));
  }
  for (size_t i = whole; i < size; ++i) partial[i - whole] += static_cast<double>(term(i));
  double sum = 0;
  for (const double part : partial) sum += part;
  return sum;
}

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_ORDERED_SUM_H_
