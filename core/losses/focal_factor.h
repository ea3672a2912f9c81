// The focal loss as a function of the log probability of the true class, for two classes and for several.
#ifndef DESCENT_CORE_LOSSES_FOCAL_FACTOR_H_
#define DESCENT_CORE_LOSSES_FOCAL_FACTOR_H_

#include <cmath>

namespace descent::core {

// f(s) = -q^gamma s, with s = log p and q = 1 - p, and its first two derivatives by s.
struct FocalPoint {
  double value = 0;
  double first = 0;
  double second = 0;
};

// s, p and q are given apart because each loses digits of the others. With r = s/q (-1 in the limit q = 0):
//   f'  = -q^gamma (1 - gamma p r)
//   f'' = gamma p q^(gamma-1) (2 + s - (gamma-1) p r)
// f'' multiplies q^2 wherever it is used, so at q = 0 it counts as 0 even if gamma < 1 makes it infinite.
inline FocalPoint FocalAt(double s, double p, double q, double gamma) {
  const double ratio = q == 0 ? -1 : s / q;
  const double power = std::pow(q, gamma);
  return {-power * s, -power * (1 - gamma * p * ratio),
          q == 0 ? 0 : gamma * p * (power / q) * (2 + s - (gamma - 1) * p * ratio)};
}

}  // namespace descent::core

#endif  // DESCENT_CORE_LOSSES_FOCAL_FACTOR_H_
