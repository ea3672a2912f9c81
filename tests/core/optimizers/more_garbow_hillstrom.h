// Sums of squares with known minima that are hard in one way or another, each from its standard start.
//
// Source: More, Garbow and Hillstrom, "Testing unconstrained optimization software", ACM Transactions on Mathematical
// Software 7(1), 1981, pp. 17-41: problem n there is number n here, with the minima published there.
//
// A problem is its residuals r; the function is the sum of their squares. The gradient is by complex step:
// dr/dx_j = Im r(x + i*h*e_j)/h with h = 1e-100, exact to rounding, so no derivative is written by hand.
#ifndef DESCENT_TESTS_CORE_OPTIMIZERS_MORE_GARBOW_HILLSTROM_H_
#define DESCENT_TESTS_CORE_OPTIMIZERS_MORE_GARBOW_HILLSTROM_H_

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace descent::core {

using Complex = std::complex<double>;
using ComplexVector = std::vector<Complex>;

struct TestProblem {
  int number = 0;
  std::string name;
  std::vector<double> start;
  std::vector<double> minima;  // values; of any of them a method may reach the nearest
  ComplexVector (*residuals)(const ComplexVector& x);
};

inline void PrintTo(const TestProblem& problem, std::ostream* out) { *out << problem.name; }

// The value at x, and its gradient.
inline double Evaluate(const TestProblem& problem, const double* x, double* gradient) {
  constexpr double kStep = 1e-100;
  ComplexVector point(x, x + problem.start.size());
  double value = 0;
  for (size_t j = 0; j < point.size(); ++j) {
    point[j] += Complex(0, kStep);
    value = gradient[j] = 0;
    for (const Complex& r : problem.residuals(point)) {
      value += r.real() * r.real();
      gradient[j] += 2 * r.real() * (r.imag() / kStep);
    }
    point[j] = x[j];
  }
  return value;
}

namespace mgh {

inline Complex Sum(const ComplexVector& values) {
  Complex sum = 0;
  for (const Complex& value : values) sum += value;
  return sum;
}

inline ComplexVector Rosenbrock(const ComplexVector& x) {  // 1, and 21 with more variables
  ComplexVector r;
  for (size_t i = 0; i < x.size(); i += 2) {
    r.push_back(10.0 * (x[i + 1] - x[i] * x[i]));
    r.push_back(1.0 - x[i]);
  }
  return r;
}

inline ComplexVector FreudensteinRoth(const ComplexVector& x) {
  return {-13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1], -29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1]};
}

inline ComplexVector PowellBadlyScaled(const ComplexVector& x) {
  return {1e4 * x[0] * x[1] - 1.0, std::exp(-x[0]) + std::exp(-x[1]) - 1.0001};
}

inline ComplexVector BrownBadlyScaled(const ComplexVector& x) { return {x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2.0}; }

inline ComplexVector Beale(const ComplexVector& x) {
  const Complex y = x[1];
  return {1.5 - x[0] * (1.0 - y), 2.25 - x[0] * (1.0 - y * y), 2.625 - x[0] * (1.0 - y * y * y)};
}

inline ComplexVector JennrichSampson(const ComplexVector& x) {
  ComplexVector r;
  for (int i = 1; i <= 10; ++i) {
    const double k = i;
    r.push_back(2.0 + 2.0 * k - (std::exp(k * x[0]) + std::exp(k * x[1])));
  }
  return r;
}

inline ComplexVector HelicalValley(const ComplexVector& x) {
  const Complex turn = std::atan(x[1] / x[0]) / (2 * M_PI) + (x[0].real() < 0 ? 0.5 : 0.0);
  return {10.0 * (x[2] - 10.0 * turn), 10.0 * (std::sqrt(x[0] * x[0] + x[1] * x[1]) - 1.0), x[2]};
}

inline ComplexVector Bard(const ComplexVector& x) {
  constexpr double kY[] = {.14, .18, .22, .25, .29, .32, .35, .39, .37, .58, .73, .96, 1.34, 2.10, 4.39};
  ComplexVector r;
  for (int i = 1; i <= 15; ++i) {
    const double u = i;
    const double v = 16 - i;
    r.push_back(kY[i - 1] - (x[0] + u / (v * x[1] + std::min(u, v) * x[2])));
  }
  return r;
}

inline ComplexVector Gaussian(const ComplexVector& x) {
  constexpr double kY[] = {.0009, .0044, .0175, .0540, .1295, .2420, .3521, .3989};
  ComplexVector r;
  for (int i = 1; i <= 15; ++i) {
    const double t = (8.0 - i) / 2;
    r.push_back(x[0] * std::exp(-x[1] * (t - x[2]) * (t - x[2]) / 2.0) - kY[i <= 8 ? i - 1 : 15 - i]);
  }
  return r;
}

inline ComplexVector Box(const ComplexVector& x) {
  ComplexVector r;
  for (int i = 1; i <= 10; ++i) {
    const double t = 0.1 * i;
    r.push_back(std::exp(-t * x[0]) - std::exp(-t * x[1]) - x[2] * (std::exp(-t) - std::exp(-10 * t)));
  }
  return r;
}

inline ComplexVector PowellSingular(const ComplexVector& x) {  // 13, and 22 with more variables
  ComplexVector r;
  for (size_t i = 0; i < x.size(); i += 4) {
    const Complex b = x[i + 1] - 2.0 * x[i + 2];
    const Complex c = x[i] - x[i + 3];
    for (const Complex& value :
         {x[i] + 10.0 * x[i + 1], std::sqrt(5.0) * (x[i + 2] - x[i + 3]), b * b, std::sqrt(10.0) * c * c}) {
      r.push_back(value);
    }
  }
  return r;
}

inline ComplexVector Wood(const ComplexVector& x) {
  return {10.0 * (x[1] - x[0] * x[0]),
          1.0 - x[0],
          std::sqrt(90.0) * (x[3] - x[2] * x[2]),
          1.0 - x[2],
          std::sqrt(10.0) * (x[1] + x[3] - 2.0),
          (x[1] - x[3]) / std::sqrt(10.0)};
}

inline ComplexVector KowalikOsborne(const ComplexVector& x) {
  constexpr double kY[] = {.1957, .1947, .1735, .1600, .0844, .0627, .0456, .0342, .0323, .0235, .0246};
  constexpr double kU[] = {4, 2, 1, .5, .25, .167, .125, .1, .0833, .0714, .0625};
  ComplexVector r;
  for (int i = 0; i < 11; ++i) {
    const double u = kU[i];
    r.push_back(kY[i] - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3]));
  }
  return r;
}

inline ComplexVector BrownDennis(const ComplexVector& x) {
  ComplexVector r;
  for (int i = 1; i <= 20; ++i) {
    const double t = i / 5.0;
    const Complex a = x[0] + t * x[1] - std::exp(t);
    const Complex b = x[2] + x[3] * std::sin(t) - std::cos(t);
    r.push_back(a * a + b * b);
  }
  return r;
}

inline ComplexVector Osborne1(const ComplexVector& x) {
  constexpr double kY[] = {.844, .908, .932, .936, .925, .908, .881, .850, .818, .784, .751,
                           .718, .685, .658, .628, .603, .580, .558, .538, .522, .506, .490,
                           .478, .467, .457, .448, .438, .431, .424, .420, .414, .411, .406};
  ComplexVector r;
  for (int i = 0; i < 33; ++i) {
    const double t = 10.0 * i;
    r.push_back(kY[i] - (x[0] + x[1] * std::exp(-t * x[3]) + x[2] * std::exp(-t * x[4])));
  }
  return r;
}

inline ComplexVector Biggs(const ComplexVector& x) {
  ComplexVector r;
  for (int i = 1; i <= 13; ++i) {
    const double t = 0.1 * i;
    const double y = std::exp(-t) - 5 * std::exp(-10 * t) + 3 * std::exp(-4 * t);
    r.push_back(x[2] * std::exp(-t * x[0]) - x[3] * std::exp(-t * x[1]) + x[5] * std::exp(-t * x[4]) - y);
  }
  return r;
}

inline ComplexVector Watson(const ComplexVector& x) {
  ComplexVector r;
  for (int i = 1; i <= 29; ++i) {
    const double t = i / 29.0;
    Complex slope = 0;
    Complex value = 0;
    for (size_t j = x.size(); j-- > 0;) {
      value = value * t + x[j];
      if (j > 0) slope = slope * t + static_cast<double>(j) * x[j];
    }
    r.push_back(slope - value * value - 1.0);
  }
  r.push_back(x[0]);
  r.push_back(x[1] - x[0] * x[0] - 1.0);
  return r;
}

inline ComplexVector Penalty1(const ComplexVector& x) {
  ComplexVector r;
  Complex squares = 0;
  for (const Complex& value : x) {
    r.push_back(std::sqrt(1e-5) * (value - 1.0));
    squares += value * value;
  }
  r.push_back(squares - 0.25);
  return r;
}

inline ComplexVector Penalty2(const ComplexVector& x) {
  const double n = static_cast<double>(x.size());
  ComplexVector r = {x[0] - 0.2};
  for (size_t i = 1; i < x.size(); ++i) {
    const double k = static_cast<double>(i + 1);
    const double y = std::exp(k / 10) + std::exp((k - 1) / 10);
    r.push_back(std::sqrt(1e-5) * (std::exp(x[i] / 10.0) + std::exp(x[i - 1] / 10.0) - y));
    r.push_back(std::sqrt(1e-5) * (std::exp(x[i] / 10.0) - std::exp(-0.1)));
  }
  Complex sum = -1;
  for (size_t j = 0; j < x.size(); ++j) sum += (n - static_cast<double>(j)) * x[j] * x[j];
  r.push_back(sum);
  return r;
}

inline ComplexVector VariablyDimensioned(const ComplexVector& x) {
  ComplexVector r;
  Complex sum = 0;
  for (size_t j = 0; j < x.size(); ++j) {
    r.push_back(x[j] - 1.0);
    sum += static_cast<double>(j + 1) * (x[j] - 1.0);
  }
  r.push_back(sum);
  r.push_back(sum * sum);
  return r;
}

inline ComplexVector Trigonometric(const ComplexVector& x) {
  const double n = static_cast<double>(x.size());
  Complex cosines = 0;
  for (const Complex& value : x) cosines += std::cos(value);
  ComplexVector r;
  for (size_t i = 0; i < x.size(); ++i) {
    r.push_back(n - cosines + static_cast<double>(i + 1) * (1.0 - std::cos(x[i])) - std::sin(x[i]));
  }
  return r;
}

inline ComplexVector BrownAlmostLinear(const ComplexVector& x) {
  const double n = static_cast<double>(x.size());
  ComplexVector r;
  Complex product = 1;
  for (const Complex& value : x) {
    r.push_back(value + Sum(x) - (n + 1));
    product *= value;
  }
  r.back() = product - 1.0;
  return r;
}

inline ComplexVector DiscreteBoundaryValue(const ComplexVector& x) {
  const double h = 1.0 / static_cast<double>(x.size() + 1);
  ComplexVector r;
  for (size_t i = 0; i < x.size(); ++i) {
    const Complex before = i > 0 ? x[i - 1] : 0;
    const Complex after = i + 1 < x.size() ? x[i + 1] : 0;
    const Complex sum = x[i] + static_cast<double>(i + 1) * h + 1.0;
    r.push_back(2.0 * x[i] - before - after + h * h * sum * sum * sum / 2.0);
  }
  return r;
}

inline ComplexVector BroydenTridiagonal(const ComplexVector& x) {
  ComplexVector r;
  for (size_t i = 0; i < x.size(); ++i) {
    const Complex before = i > 0 ? x[i - 1] : 0;
    const Complex after = i + 1 < x.size() ? x[i + 1] : 0;
    r.push_back((3.0 - 2.0 * x[i]) * x[i] - before - 2.0 * after + 1.0);
  }
  return r;
}

inline ComplexVector BroydenBanded(const ComplexVector& x) {
  ComplexVector r;
  for (size_t i = 0; i < x.size(); ++i) {
    Complex value = x[i] * (2.0 + 5.0 * x[i] * x[i]) + 1.0;
    for (size_t j = i < 5 ? 0 : i - 5; j <= std::min(x.size() - 1, i + 1); ++j) {
      if (j != i) value -= x[j] * (1.0 + x[j]);
    }
    r.push_back(value);
  }
  return r;
}

inline ComplexVector LinearFullRank(const ComplexVector& x) {  // 20 residuals
  ComplexVector r;
  for (size_t i = 0; i < 20; ++i) r.push_back((i < x.size() ? x[i] : 0) - 0.1 * Sum(x) - 1.0);
  return r;
}

inline ComplexVector Chebyquad(const ComplexVector& x) {
  const double n = static_cast<double>(x.size());
  ComplexVector r(x.size());
  for (const Complex& value : x) {
    const Complex shifted = 2.0 * value - 1.0;
    Complex before = 1;
    Complex polynomial = shifted;
    for (size_t i = 0; i < x.size(); ++i) {
      r[i] += polynomial / n;
      before = std::exchange(polynomial, 2.0 * shifted * polynomial - before);
    }
  }
  for (size_t i = 1; i < x.size(); i += 2) {
    const double k = static_cast<double>(i + 1);
    r[i] += 1 / (k * k - 1);
  }
  return r;
}

// value(1, count), value(2, count) ... value(count, count).
template <typename F>
std::vector<double> Starts(int count, F value) {
  std::vector<double> start;
  for (int j = 1; j <= count; ++j) start.push_back(value(j, count));
  return start;
}

inline double BoundaryStart(int j, int n) {
  const double t = j / (n + 1.0);
  return t * (t - 1);
}

}  // namespace mgh

inline std::vector<TestProblem> MoreGarbowHillstromProblems() {
  const auto all = [](double value) { return [value](int, int) { return value; }; };
  const auto repeated = [](std::vector<double> values) {
    return [values](int j, int) { return values[static_cast<size_t>(j - 1) % values.size()]; };
  };
  using mgh::Starts;
  return {
      {1, "rosenbrock", {-1.2, 1}, {0}, mgh::Rosenbrock},
      {2, "freudenstein_roth", {0.5, -2}, {0, 48.9842}, mgh::FreudensteinRoth},
      {3, "powell_badly_scaled", {0, 1}, {0}, mgh::PowellBadlyScaled},
      {4, "brown_badly_scaled", {1, 1}, {0}, mgh::BrownBadlyScaled},
      {5, "beale", {1, 1}, {0}, mgh::Beale},
      {6, "jennrich_sampson", {0.3, 0.4}, {124.362}, mgh::JennrichSampson},
      {7, "helical_valley", {-1, 0, 0}, {0}, mgh::HelicalValley},
      {8, "bard", {1, 1, 1}, {8.21487e-3, 17.4286}, mgh::Bard},
      {9, "gaussian", {0.4, 1, 0}, {1.12793e-8}, mgh::Gaussian},
      {12, "box", {0, 10, 20}, {0}, mgh::Box},
      {13, "powell_singular", {3, -1, 0, 1}, {0}, mgh::PowellSingular},
      {14, "wood", {-3, -1, -3, -1}, {0}, mgh::Wood},
      {15, "kowalik_osborne", {0.25, 0.39, 0.415, 0.39}, {3.07505e-4, 1.02734e-3}, mgh::KowalikOsborne},
      {16, "brown_dennis", {25, 5, -5, -1}, {85822.2}, mgh::BrownDennis},
      {17, "osborne1", {0.5, 1.5, -1, 0.01, 0.02}, {5.46489e-5}, mgh::Osborne1},
      {18, "biggs", {1, 2, 1, 1, 1, 1}, {0, 5.65565e-3}, mgh::Biggs},
      {20, "watson", Starts(6, all(0)), {2.28767e-3}, mgh::Watson},
      {21, "extended_rosenbrock", Starts(10, repeated({-1.2, 1})), {0}, mgh::Rosenbrock},
      {22, "extended_powell_singular", Starts(12, repeated({3, -1, 0, 1})), {0}, mgh::PowellSingular},
      {23, "penalty1", Starts(4, [](int j, int) { return j; }), {2.24997e-5}, mgh::Penalty1},
      {24, "penalty2", Starts(4, all(0.5)), {9.37629e-6}, mgh::Penalty2},
      {25,
       "variably_dimensioned",
       Starts(10, [](int j, int n) { return 1.0 - 1.0 * j / n; }),
       {0},
       mgh::VariablyDimensioned},
      {26, "trigonometric", Starts(10, [](int, int n) { return 1.0 / n; }), {0, 2.79506e-5}, mgh::Trigonometric},
      {27, "brown_almost_linear", Starts(10, all(0.5)), {0, 1}, mgh::BrownAlmostLinear},
      {28, "discrete_boundary_value", Starts(10, mgh::BoundaryStart), {0}, mgh::DiscreteBoundaryValue},
      {30, "broyden_tridiagonal", Starts(10, all(-1)), {0}, mgh::BroydenTridiagonal},
      {31, "broyden_banded", Starts(10, all(-1)), {0}, mgh::BroydenBanded},
      {32, "linear_full_rank", Starts(10, all(1)), {10}, mgh::LinearFullRank},
      {35, "chebyquad", Starts(8, [](int j, int n) { return j / (n + 1.0); }), {3.51687e-3}, mgh::Chebyquad},
  };
}

}  // namespace descent::core

#endif  // DESCENT_TESTS_CORE_OPTIMIZERS_MORE_GARBOW_HILLSTROM_H_
