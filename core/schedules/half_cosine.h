// The fall of all cosine schedules.
#ifndef DESCENT_CORE_SCHEDULES_HALF_COSINE_H_
#define DESCENT_CORE_SCHEDULES_HALF_COSINE_H_

#include <cmath>
#include <numbers>

namespace descent::core {

// (1 + cos(pi * (1 - remaining/length))) / 2, from 1 at remaining = length down to 0 at remaining = 0. Written as
// sin^2(pi/2 * remaining/length), which has no difference and so keeps all its digits near the end.
inline double HalfCosine(double remaining, double length) {
  const double sine = std::sin(std::numbers::pi / 2 * (remaining / length));
  return sine * sine;
}

}  // namespace descent::core

#endif  // DESCENT_CORE_SCHEDULES_HALF_COSINE_H_
