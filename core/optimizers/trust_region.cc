#include "core/optimizers/trust_region.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/optimizers/ordered_sum.h"

namespace descent::core {
namespace {

constexpr double kTolerance = 0.1;  // of a step's length, as a share of the radius
constexpr int kMostSystems = 10;
constexpr double kTiny = std::numeric_limits<double>::min();

}  // namespace

TrustRegion::TrustRegion(size_t unknowns) : damped_(unknowns), rows_(unknowns * (unknowns + 1)), vector_(unknowns) {}

double TrustRegion::Solve(const TriangularFactor& factor, absl::Span<const double> scale, double radius,
                          double* damping, absl::Span<double> step) {
  factor.HalfGradient(step);
  const double slope = std::sqrt(OrderedSum(step.size(), [&](size_t i) {
    const double share = step[i] / scale[i];
    return share * share;
  }));
  if (slope == 0) {
    std::fill(step.begin(), step.end(), 0.0);
    return 0;
  }
  double lower = 0;
  if (IsRegular(factor)) {
    for (size_t i = 0; i < step.size(); ++i) step[i] = -factor.c()[i];
    factor.Solve(step);
    const double length = Length(scale, step);
    const double excess = length - radius;
    if (excess <= kTolerance * radius) {
      *damping = 0;
      return length;
    }
    if (std::isfinite(length)) lower = Correction(factor, scale, step, length, excess, radius);
  }
  double upper = slope / radius;
  double mu = std::min(std::max(*damping, lower), upper);
  double length = 0;
  double excess = 0;
  for (int system = 1;; ++system) {
    if (!(mu > 0)) mu = std::max(kTiny, 1e-3 * upper);
    SolveDamped(factor, scale, mu, step);
    length = Length(scale, step);
    const double before = excess;
    excess = length - radius;
    // Where J is not of full rank, steps may stay short however small the damping.
    const bool stays_short = lower == 0 && excess <= before && before < 0;
    if (std::abs(excess) <= kTolerance * radius || stays_short || system == kMostSystems) break;
    if (excess > 0) lower = std::max(lower, mu);
    if (excess < 0) upper = std::min(upper, mu);
    mu = std::max(lower, mu + Correction(damped_, scale, step, length, excess, radius));
  }
  *damping = mu;
  return length;
}

bool TrustRegion::IsRegular(const TriangularFactor& factor) {
  const double unit = static_cast<double>(factor.unknowns()) * std::numeric_limits<double>::epsilon();
  for (size_t j = 0; j < factor.unknowns(); ++j) {
    if (!(std::abs(factor.diagonal(j)) > unit * factor.ColumnLength(j))) return false;
  }
  return true;
}

double TrustRegion::Length(absl::Span<const double> scale, absl::Span<const double> step) const {
  return std::sqrt(OrderedSum(step.size(), [&](size_t i) {
    const double scaled = scale[i] * step[i];
    return scaled * scaled;
  }));
}

double TrustRegion::Correction(const TriangularFactor& factor, absl::Span<const double> scale,
                               absl::Span<const double> step, double length, double excess, double radius) {
  for (size_t i = 0; i < vector_.size(); ++i) vector_[i] = scale[i] * (scale[i] * step[i] / length);
  factor.SolveTransposed(absl::MakeSpan(vector_));
  return excess / radius / OrderedSum(vector_.size(), [this](size_t i) { return vector_[i] * vector_[i]; });
}

void TrustRegion::SolveDamped(const TriangularFactor& factor, absl::Span<const double> scale, double damping,
                              absl::Span<double> step) {
  damped_ = factor;
  std::fill(rows_.begin(), rows_.end(), 0.0);
  const size_t unknowns = step.size();
  const double root = std::sqrt(damping);
  for (size_t i = 0; i < unknowns; ++i) rows_[i * unknowns + i] = root * scale[i];
  damped_.Fold(unknowns, unknowns, /*staggered=*/true, rows_.data());
  for (size_t i = 0; i < unknowns; ++i) step[i] = -damped_.c()[i];
  damped_.Solve(step);
}

}  // namespace descent::core
