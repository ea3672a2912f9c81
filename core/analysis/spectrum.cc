#include "core/analysis/spectrum.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/eigen.h"
#include "core/base/random.h"

namespace descent::core {
namespace {

// Eigenvalues below this share of the largest count as 0, as do the gradient's parts along their eigenvectors below the
// second share of the gradient.
constexpr double kZeroEigenvalue = 1e-12;
constexpr double kZeroShare = 1e-6;
// A part of the gradient below this share of the largest eigenvalue is its own rounding.
constexpr double kRounding = 1e-14;
// The ends of the spectrum are known when their residuals are below this share of the largest magnitude.
constexpr double kResidual = 1e-7;

double Norm(absl::Span<const double> values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size())).stableNorm();
}

std::optional<Spectrum> Dense(absl::Span<const double> gradient, HessianProduct multiply) {
  const auto size = static_cast<Eigen::Index>(gradient.size());
  Eigen::MatrixXd matrix(size, size);
  std::vector<double> unit(gradient.size(), 0.0);
  for (Eigen::Index i = 0; i < size; ++i) {
    unit[static_cast<size_t>(i)] = 1;
    multiply(unit, absl::MakeSpan(matrix.col(i).data(), gradient.size()));
    unit[static_cast<size_t>(i)] = 0;
  }
  if (!matrix.allFinite()) return std::nullopt;
  const Eigen::MatrixXd symmetric = 0.5 * (matrix + matrix.transpose());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
  if (solver.info() != Eigen::Success) return std::nullopt;
  const Eigen::VectorXd& values = solver.eigenvalues();
  Spectrum spectrum{.smallest = values[0], .largest = values[size - 1], .newton_distance = 0};
  const Eigen::VectorXd parts =
      solver.eigenvectors().transpose() * Eigen::Map<const Eigen::VectorXd>(gradient.data(), size);
  const double gradient_norm = parts.stableNorm();
  const double nothing = std::max(kZeroShare * gradient_norm, kRounding * spectrum.magnitude());
  double squares = 0;
  for (Eigen::Index i = 0; i < size; ++i) {
    if (std::abs(values[i]) > kZeroEigenvalue * spectrum.magnitude()) {
      squares += parts[i] / values[i] * (parts[i] / values[i]);
    } else if (std::abs(parts[i]) > nothing) {
      squares = std::numeric_limits<double>::infinity();
    }
  }
  spectrum.newton_distance = std::sqrt(squares);
  return spectrum;
}

// The tridiagonal matrix of Lanczos after some iterations, and what its ends are worth.
struct Ritz {
  double smallest = 0;
  double largest = 0;
  bool settled = false;
};

Ritz RitzValues(const std::vector<double>& diagonal, const std::vector<double>& off_diagonal) {
  const auto size = static_cast<Eigen::Index>(diagonal.size());
  const Eigen::VectorXd main = Eigen::Map<const Eigen::VectorXd>(diagonal.data(), size);
  const Eigen::VectorXd side = Eigen::Map<const Eigen::VectorXd>(off_diagonal.data(), size - 1);
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(main, side);
  const Eigen::VectorXd& values = solver.eigenvalues();
  Ritz ritz{values[0], values[size - 1], false};
  const double scale = std::max(std::abs(ritz.smallest), std::abs(ritz.largest));
  const double last = off_diagonal[static_cast<size_t>(size - 1)];
  const double residual = last * std::max(std::abs(solver.eigenvectors()(size - 1, 0)),
                                          std::abs(solver.eigenvectors()(size - 1, size - 1)));
  ritz.settled = residual <= kResidual * scale;
  return ritz;
}

// Without reorthogonalisation: what is lost shows as copies of ends that are found already, which does no harm here.
std::optional<Spectrum> Lanczos(absl::Span<const double> gradient, HessianProduct multiply, uint64_t seed,
                                int64_t most_products) {
  const size_t size = gradient.size();
  std::vector<double> before(size, 0.0);
  std::vector<double> vector(size);
  std::vector<double> product(size);
  const RandomStream random(seed, "lanczos");
  for (size_t i = 0; i < size; ++i) vector[i] = random.Normal(i);
  const double norm = Norm(vector);
  for (double& value : vector) value /= norm;
  std::vector<double> diagonal;
  std::vector<double> off_diagonal;
  Ritz ritz;
  for (int64_t iteration = 0; iteration < most_products && !ritz.settled; ++iteration) {
    multiply(vector, absl::MakeSpan(product));
    double overlap = 0;
    for (size_t i = 0; i < size; ++i) overlap += vector[i] * product[i];
    if (!std::isfinite(overlap)) return std::nullopt;
    const double previous = off_diagonal.empty() ? 0 : off_diagonal.back();
    for (size_t i = 0; i < size; ++i) product[i] -= overlap * vector[i] + previous * before[i];
    const double rest = Norm(product);
    diagonal.push_back(overlap);
    off_diagonal.push_back(rest);
    ritz = RitzValues(diagonal, off_diagonal);
    for (size_t i = 0; i < size; ++i) {
      before[i] = vector[i];
      vector[i] = rest > 0 ? product[i] / rest : 0;
    }
  }
  Spectrum spectrum{.smallest = ritz.smallest, .largest = ritz.largest, .newton_distance = 0};
  const double gradient_norm = Norm(gradient);
  if (gradient_norm > 0) spectrum.newton_distance = gradient_norm / spectrum.magnitude();
  return spectrum;
}

}  // namespace

std::optional<Spectrum> ExtremeEigenvalues(absl::Span<const double> gradient, HessianProduct multiply, uint64_t seed,
                                           int64_t most_products) {
  if (gradient.empty()) return std::nullopt;
  return static_cast<int64_t>(gradient.size()) <= std::min(kDenseSize, most_products)
             ? Dense(gradient, multiply)
             : Lanczos(gradient, multiply, seed, most_products);
}

}  // namespace descent::core
