#include "core/optimizers/line_search.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"

namespace descent::core {
namespace {

// The minimum of the cubic through both points, or NaN.
double CubicMinimum(const RayPoint& a, const RayPoint& b) {
  const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
  const double d2 = std::copysign(std::sqrt(d1 * d1 - a.slope * b.slope), b.step - a.step);
  return b.step - (b.step - a.step) * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
}

// Where the line through both slopes is 0: the minimum of a parabola. NaN or infinite where they are equal.
double SecantMinimum(const RayPoint& a, const RayPoint& b) {
  return a.step - a.slope * ((b.step - a.step) / (b.slope - a.slope));
}

// A search that is under way.
class Search {
 public:
  Search(const RayPoint& start, const LineSearchRules& rules, MeasureRay measure)
      : start_(start), rules_(rules), measure_(measure), best_(start) {}

  bool may_measure() const { return evaluations_ < rules_.max_evaluations; }

  RayPoint Measure(double step) {
    ++evaluations_;
    RayPoint point = measure_(step);
    if (!std::isfinite(point.value) || !std::isfinite(point.slope)) {
      return {step, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    }
    if (point.value < best_.value) best_ = point;
    return point;
  }

  bool DecreasesEnough(const RayPoint& point) const {
    if (point.value <= start_.value + rules_.c1 * point.step * start_.slope) return true;
    return Agree(point, start_) && point.slope <= (2 * rules_.c1 - 1) * start_.slope;
  }
  // Whether the values say nothing about which point is lower.
  bool Agree(const RayPoint& a, const RayPoint& b) const {
    return std::abs(a.value - b.value) < rules_.rounding * std::abs(start_.value);
  }
  bool IsBelow(const RayPoint& point, const RayPoint& other) const {
    return point.value < other.value || Agree(point, other);
  }
  bool IsFlatEnough(const RayPoint& point) const { return std::abs(point.slope) <= -rules_.c2 * start_.slope; }

  // Where between two points, or beyond, the minimum should be; NaN if nothing says.
  double Minimum(const RayPoint& a, const RayPoint& b) const {
    return Agree(a, b) ? SecantMinimum(a, b) : CubicMinimum(a, b);
  }

  LineSearchResult Accept(const RayPoint& point) const { return {point, true}; }
  LineSearchResult GiveUp() const { return {best_, false}; }

 private:
  const RayPoint start_;
  const LineSearchRules rules_;
  const MeasureRay measure_;
  RayPoint best_;
  int64_t evaluations_ = 0;
};

// Clamps to both sides of an interval; NaN becomes `otherwise`.
double Within(double low, double high, double step, double otherwise) {
  return std::isnan(step) ? otherwise : std::clamp(step, low, high);
}

// Between `low`, the best point that decreases enough, and `high` there is a step that fulfils both rules.
LineSearchResult Zoom(RayPoint low, RayPoint high, Search* search) {
  constexpr double kMargin = 0.1;         // of the interval, at both ends
  constexpr double kSlowProgress = 0.66;  // of its width: then the next step is its middle
  double last_width = std::numeric_limits<double>::infinity();
  while (search->may_measure()) {
    const double width = std::abs(high.step - low.step);
    const double margin = kMargin * width;
    const double middle = low.step + 0.5 * (high.step - low.step);
    double step = middle;
    if (!std::isfinite(high.value)) {
      step = low.step + kMargin * (high.step - low.step);
    } else if (width < kSlowProgress * last_width) {
      step = Within(std::min(low.step, high.step) + margin, std::max(low.step, high.step) - margin,
                    search->Minimum(low, high), middle);
    }
    if (step == low.step || step == high.step) break;  // no double lies between the two
    last_width = width;

    const RayPoint point = search->Measure(step);
    const bool decreases = search->DecreasesEnough(point);
    if (decreases && search->IsFlatEnough(point)) return search->Accept(point);
    if (!decreases || !search->IsBelow(point, low)) {
      high = point;
      continue;
    }
    if (point.slope * (high.step - low.step) >= 0) high = low;
    low = point;
  }
  return search->GiveUp();
}

}  // namespace

LineSearchRules RulesOf(const Config& config) {
  return {.c1 = config.number("c1"), .c2 = config.number("c2"), .max_evaluations = config.integer("max_evaluations")};
}

void CheckRules(const Config& config, absl::string_view path, Violations* violations) {
  const double c1 = config.number("c1");
  const double c2 = config.number("c2");
  if (c1 < c2) return;
  violations->Add(FieldPath(path, "c2"), absl::StrCat("must be > c1, or there may be no step that fulfils both; c1 is ",
                                                      ShortestText(c1), ", c2 was ", ShortestText(c2)));
}

LineSearchResult SearchArmijo(const RayPoint& start, double first_step, const LineSearchRules& rules,
                              MeasureRay measure) {
  Search search(start, rules, measure);
  double step = first_step;
  while (search.may_measure() && step > 0) {
    const RayPoint point = search.Measure(step);
    if (search.DecreasesEnough(point)) return search.Accept(point);
    // Of the parabola with the start's value and slope and this value; 0 if that is infinite.
    const double minimum = -start.slope * step * step / (2 * (point.value - start.value - start.slope * step));
    step =
        Within(0.1 * step, 0.5 * step, search.Agree(start, point) ? SecantMinimum(start, point) : minimum, 0.5 * step);
  }
  return search.GiveUp();
}

LineSearchResult SearchStrongWolfe(const RayPoint& start, double first_step, const LineSearchRules& rules,
                                   MeasureRay measure) {
  Search search(start, rules, measure);
  RayPoint last = start;
  double step = first_step;
  while (search.may_measure()) {
    const RayPoint point = search.Measure(step);
    const bool decreases = search.DecreasesEnough(point);
    if (decreases && search.IsFlatEnough(point)) return search.Accept(point);
    if (!decreases || (last.step > 0 && !search.IsBelow(point, last))) return Zoom(last, point, &search);
    if (point.slope >= 0) return Zoom(point, last, &search);
    step = Within(2 * point.step, 10 * point.step, search.Minimum(last, point), 10 * point.step);
    last = point;
  }
  return search.GiveUp();
}

}  // namespace descent::core
