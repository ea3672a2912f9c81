// Least squares by linear least squares within a trust region, see the formula in kLevenbergMarquardt below.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/ordered_sum.h"
#include "core/optimizers/triangular_factor.h"
#include "core/optimizers/trust_region.h"

namespace descent::core {
namespace {

constexpr absl::string_view kLosses[] = {"squared", "half_squared"};

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Share of the step that is taken.", 1, OpenClosed(0, 1)),
    Number("initial_radius",
           "Longest first step, in lengths of the start when both are scaled, or of the residuals from a start at 0.",
           1, Positive()),
    Integer("max_tries", "Radii that a step may try.", 30, Closed(1, 1000)),
};

// A step counts when the objective falls by this share of what the linear residuals promise.
constexpr double kEnough = 1e-4;
// Shares of the objective. A promise below the first drowns in the rounding of the objective: then a step counts when
// it shortens what parameters can still change of the residuals. Below the second no shorter step will do better.
constexpr double kRounding = 1e-10;
constexpr double kSettled = 1e-20;

template <typename T>
class LevenbergMarquardt final : public Optimizer<T> {
 public:
  LevenbergMarquardt(const Config& config, const ParameterLayout& layout)
      : initial_radius_(config.number("initial_radius")),
        max_tries_(config.integer("max_tries")),
        scale_(static_cast<size_t>(layout.size)),
        trust_region_(scale_.size()),
        factor_(scale_.size()),
        tried_(scale_.size()),
        divisors_(scale_.size()),
        step_(scale_.size()),
        change_(scale_.size()),
        scratch_(scale_.size() + 1),
        point_(scale_.size()),
        gradient_(scale_.size()),
        fixed_(scale_.size()) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double value = update.batch->Linearize(parameters, &factor_);
    if (!std::isfinite(value) || !TakeScales()) return;
    FixAtBounds(*update.batch, parameters);
    const bool is_first = radius() == 0;
    if (is_first) radius() = FirstRadius(value, parameters);
    for (int64_t tries = 0; tries < max_tries_; ++tries) {
      const double length = trust_region_.Solve(factor_, divisors_, radius(), &damping(), absl::MakeSpan(step_));
      if (!MoveTo(update, parameters)) return;
      if (is_first && tries == 0) radius() = std::min(radius(), length);
      const Try tried = Judge(value, update.batch);
      AdaptRadius(tried, value, length);
      if (tried.counts) {
        std::copy(point_.begin(), point_.end(), parameters.begin());
        return;
      }
      if (std::abs(tried.promised) <= kSettled * value) return;
    }
  }

  std::vector<absl::Span<T>> State() override { return {}; }
  std::vector<absl::Span<double>> Numbers() override { return {absl::MakeSpan(scale_), absl::MakeSpan(region_)}; }

 private:
  // Objectives are halves of sums of squares.
  struct Try {
    double promised = 0;  // how far the objective would fall if the residuals were linear
    double slope = 0;     // of the objective along the step
    double fall = 0;      // how far it does; not finite where the objective is not
    double ratio = 0;     // of the fall to the promise
    bool counts = false;
  };

  double& radius() { return region_[0]; }
  double& damping() { return region_[1]; }

  // Columns are scaled by the greatest length they have had. False: the Jacobian is not finite.
  bool TakeScales() {
    for (size_t i = 0; i < scale_.size(); ++i) {
      const double length = factor_.ColumnLength(i);
      if (!std::isfinite(length)) return false;
      scale_[i] = std::max(scale_[i], length);
      divisors_[i] = scale_[i] > 0 ? scale_[i] : 1;
    }
    return true;
  }

  // In lengths of the start or, at the origin, of the residuals: scaled parameters are of their unit.
  double FirstRadius(double value, absl::Span<const T> parameters) const {
    const double length = std::sqrt(OrderedSum(parameters.size(), [&](size_t i) {
      const double scaled = divisors_[i] * static_cast<double>(parameters[i]);
      return scaled * scaled;
    }));
    const double unit = length > 0 ? length : std::sqrt(2 * value);
    return unit > 0 && std::isfinite(unit) ? initial_radius_ * unit : initial_radius_;
  }

  // Takes parameters out of the system that a step downhill would only press against their bounds.
  void FixAtBounds(const BatchObjective<T>& batch, absl::Span<const T> parameters) {
    factor_.HalfGradient(absl::MakeSpan(change_));
    for (size_t i = 0; i < point_.size(); ++i) {
      const double reach = 1 + std::abs(static_cast<double>(parameters[i]));
      point_[i] = static_cast<T>(static_cast<double>(parameters[i]) - std::copysign(reach, change_[i]));
    }
    batch.Project(absl::MakeSpan(point_));
    for (size_t i = 0; i < point_.size(); ++i) fixed_[i] = point_[i] == parameters[i];
    LeaveOutFixed(&factor_);
  }
  void LeaveOutFixed(TriangularFactor* factor) {
    for (size_t i = 0; i < fixed_.size(); ++i) {
      if (fixed_[i] != 0) factor->Freeze(i, absl::MakeSpan(scratch_));
    }
  }

  // Sets point_, and change_ to what it is from the parameters, rounding and bounds included. False: it is no change.
  bool MoveTo(const Update<T>& update, absl::Span<const T> parameters) {
    for (size_t i = 0; i < step_.size(); ++i) {
      point_[i] = static_cast<T>(static_cast<double>(parameters[i]) + update.learning_rate * step_[i]);
    }
    update.batch->Project(absl::MakeSpan(point_));
    bool moves = false;
    for (size_t i = 0; i < step_.size(); ++i) {
      change_[i] = static_cast<double>(point_[i]) - static_cast<double>(parameters[i]);
      moves = moves || change_[i] != 0;
    }
    return moves;
  }

  Try Judge(double value, BatchObjective<T>* batch) {
    Try tried;
    const absl::Span<double> moved = absl::MakeSpan(step_);  // R times the change
    factor_.Multiply(change_, moved);
    tried.slope = OrderedSum(moved.size(), [&](size_t i) { return factor_.c()[i] * moved[i]; });
    tried.promised = -tried.slope - SquareOf(moved) / 2;
    const bool is_rounding = std::abs(tried.promised) <= kRounding * value;
    const double objective = batch->Linearize(point_, is_rounding ? &tried_ : nullptr);
    tried.fall = value - objective;
    tried.ratio = tried.promised > 0 && std::isfinite(objective) ? tried.fall / tried.promised : 0;
    if (!is_rounding) {
      tried.counts = tried.ratio > kEnough;
    } else if (objective <= value * (1 + kRounding)) {
      LeaveOutFixed(&tried_);
      tried.counts = SquareOf(tried_.c()) < SquareOf(factor_.c());
    }
    if (is_rounding) tried.ratio = tried.counts ? 1 : std::min(tried.ratio, 0.0);
    // A point may have a value and no slope, as sqrt(a) at a bound of 0: no step leads on from there.
    if (tried.counts && !HasSlope(batch)) tried = Try();
    return tried;
  }

  // Whether the gradient is finite at point_.
  bool HasSlope(BatchObjective<T>* batch) {
    batch->Measure(point_, absl::MakeSpan(gradient_));
    return std::all_of(gradient_.begin(), gradient_.end(), [](T value) { return std::isfinite(value); });
  }

  // Moré's rule: a poor step cuts the radius to where the parabola through both objectives and the slope is least, a
  // good one doubles it.
  void AdaptRadius(const Try& tried, double value, double length) {
    if (tried.ratio <= 0.25) {
      double share = 0.5;
      if (!(tried.fall > -99 * value)) {
        share = 0.1;
      } else if (tried.fall < 0) {
        share = std::clamp(0.5 * tried.slope / (tried.slope + tried.fall), 0.1, 0.5);
      }
      radius() = std::max(share * std::min(radius(), 10 * length), std::numeric_limits<double>::min());
      damping() /= share;
    } else if (damping() == 0 || tried.ratio >= 0.75) {
      radius() = 2 * length;
      damping() /= 2;
    }
  }

  static double SquareOf(absl::Span<const double> values) {
    return OrderedSum(values.size(), [values](size_t i) { return values[i] * values[i]; });
  }

  const double initial_radius_;
  const int64_t max_tries_;
  // State.
  std::vector<double> scale_;
  std::vector<double> region_ = {0, 0};  // radius, 0 before the first step, and the last damping
  // Scratch.
  TrustRegion trust_region_;
  TriangularFactor factor_;  // at the parameters
  TriangularFactor tried_;   // at a point tried
  std::vector<double> divisors_;
  std::vector<double> step_;
  std::vector<double> change_;
  std::vector<double> scratch_;
  AlignedVector<T> point_;
  AlignedVector<T> gradient_;  // there
  std::vector<char> fixed_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<LevenbergMarquardt<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kLevenbergMarquardt = {
    .kind =
        {.name = "levenberg_marquardt",
         .summary =
             "Solves the least squares of linearized residuals within a trust region: for curves and small "
             "models fitted by squared errors, to the last digits. For one target, squared or half_squared, l2, and "
             "500 parameters at most.",
         .formula =
             "x += rate*d, where d is the least of |J d + r|^2 + mu*|D d|^2, J the Jacobian of the residuals r, D "
             "the greatest lengths its columns have had, and mu = 0 or such that |D d| is the radius within a "
             "tenth; solved by QR factorization, J'J is never formed. d is taken when the objective falls by 1e-4 "
             "of what linear residuals promise, or, where that drowns in rounding, when the part of r in the space "
             "of J's columns gets shorter; else a shorter radius is tried, and after max_tries of them the "
             "parameters stay. Bounds are kept by projection; a parameter that is pressed against one is left out",
         .reference = "Moré, \"The Levenberg-Marquardt algorithm: implementation and theory\", Numerical Analysis, "
                      "Lecture Notes in Mathematics 630, 1978",
         .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_batch = true,
    .needs_residuals = true,
    .most_parameters = 500,
    .losses = kLosses};

}  // namespace descent::core
