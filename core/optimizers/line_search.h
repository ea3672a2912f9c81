// Searches for a step along a direction of descent.
#ifndef DESCENT_CORE_OPTIMIZERS_LINE_SEARCH_H_
#define DESCENT_CORE_OPTIMIZERS_LINE_SEARCH_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "core/base/fields.h"

namespace descent::core {

// The objective at x + step * direction, and its derivative by the step.
struct RayPoint {
  double step = 0;
  double value = 0;
  double slope = 0;
};
using MeasureRay = absl::FunctionRef<RayPoint(double step)>;

// With f the value, f' the slope and 0 the start of the ray, a step a is accepted when
//   sufficient decrease:  f(a) <= f(0) + c1*a*f'(0)
//   curvature:            |f'(a)| <= c2*|f'(0)|, in the strong Wolfe search only.
// Near a minimum values agree up to rounding and decide nothing. So where two values differ by less than
// rounding*|f(0)|, slopes decide in their place: in the first rule f'(a) <= (2*c1 - 1)*f'(0), which is the same on a
// parabola, and minima are those of parabolas through both slopes (Hager and Zhang, "A new conjugate gradient method
// with guaranteed descent and an efficient line search", SIAM J. Optim. 16, 2005, (4.1) and section 4).
struct LineSearchRules {
  double c1 = 1e-4;              // (0, 1/2)
  double c2 = 0.9;               // (c1, 1)
  int64_t max_evaluations = 25;  // of `measure`; >= 1
  double rounding = 0;           // relative, of values
};

// From the fields c1, c2 and max_evaluations of a kind.
LineSearchRules RulesOf(const Config& config);
// The check of such a kind: c1 < c2.
void CheckRules(const Config& config, absl::string_view path, Violations* violations);

struct LineSearchResult {
  // Accepted or, if none was, the point of least value below the start's; without one, the start itself: step 0.
  RayPoint point;
  bool accepted = false;
};

// Both begin with `first_step` > 0; `start` has step 0 and a slope < 0. Points where the value or the slope is not
// finite count as too far, and are never returned. A point that is accepted was measured last.

// Backtracks until the decrease is sufficient: in place of a step a comes the minimum of the parabola with f(0), f'(0)
// and f(a), kept in [a/10, a/2]. Source: Nocedal and Wright, "Numerical Optimization", 2nd edition, algorithm 3.1 and
// section 3.5.
LineSearchResult SearchArmijo(const RayPoint& start, double first_step, const LineSearchRules& rules,
                              MeasureRay measure);

// Brackets a step that fulfils both rules, then closes in on it. The first step that fulfils both ends the search.
// Lengthening: after a, with `last` before it (at first 0), comes the minimum of the cubic with the values and slopes
// of both, kept in [2a, 10a], or 10a where there is none; until a falls too little or, from the second step on, is not
// below `last`, when a step lies between last (low) and a (high), or goes up, when one lies between a (low) and last
// (high). Closing in: the minimum of the cubic of low and high, kept a tenth of the interval away from its ends; its
// middle where there is none, or where the last step left more than 0.66 of the interval before it; a tenth of the way
// from low where high is not finite. A step that falls too little or is not below low becomes high. Any other becomes
// low and, if f rises from there towards high, the old low becomes high.
// Source: Nocedal and Wright, algorithms 3.5 and 3.6 and formula (3.59).
LineSearchResult SearchStrongWolfe(const RayPoint& start, double first_step, const LineSearchRules& rules,
                                   MeasureRay measure);

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_LINE_SEARCH_H_
