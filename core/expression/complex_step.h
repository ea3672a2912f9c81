// A second opinion on gradients: the complex step, f'(x) = Im f(x + ih) / h with h so small that its square vanishes
// (Squire and Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998). It
// loses no digits to subtraction and shares no derivative rule with reverse mode.
#ifndef DESCENT_CORE_EXPRESSION_COMPLEX_STEP_H_
#define DESCENT_CORE_EXPRESSION_COMPLEX_STEP_H_

#include <cstdint>

#include "core/expression/evaluator.h"

namespace descent::core {

// Relative difference of the two gradients that rounding explains.
inline constexpr double kGradientAgreement = 1e-12;

struct GradientCheck {
  bool checked = false;  // false: see CheckGradient
  bool agrees = true;
  int32_t parameter = -1;   // the worst
  double reverse = 0;       // its derivative by reverse mode
  double complex_step = 0;  // and by the complex step
  double difference = 0;    // of the two, relative to `scale`
  double scale = 0;         // what the terms that the derivative is made of come to in magnitude
};

// Compares both gradients at a row of the evaluator's last Forward. Changes the adjoints.
//
// Derivatives are sums over paths through the formula and may cancel; a difference counts relative to the sum of the
// magnitudes of the paths' terms, since that is what rounding is relative to. Where the derivative does not exist, or
// where the complex function tells nothing of it, nothing is compared: values or derivatives that are not finite, abs
// at 0, min and max of equal numbers, fractional powers of 0. Elsewhere abs, min and max continue their branch.
GradientCheck CheckGradient(Evaluator* evaluator, int64_t row);

}  // namespace descent::core

#endif  // DESCENT_CORE_EXPRESSION_COMPLEX_STEP_H_
