// The mathematics of the operations of formulas: values, derivatives, and complex continuations.
//
// Derivatives are written so that no digits cancel: 1 - tanh(x)^2 has none left at x = 20, 4 e^{-2|x|}/(1 +
// e^{-2|x|})^2 has all. `Value(a, b)`; `A`, `B` are the first derivatives and `AA`, `AB`, `BB` the second, at operands
// a, b with value v. Operations of one operand ignore b and v where they do not need them.
#ifndef DESCENT_CORE_EXPRESSION_OPERATION_RULES_H_
#define DESCENT_CORE_EXPRESSION_OPERATION_RULES_H_

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>

namespace descent::core::rules {

using Complex = std::complex<double>;

// ---- two operands ----

struct Add {
  static double Value(double a, double b) { return a + b; }
  static double A(double, double, double) { return 1; }
  static double B(double, double, double) { return 1; }
  static double AA(double, double, double) { return 0; }
  static double AB(double, double, double) { return 0; }
  static double BB(double, double, double) { return 0; }
  static Complex Continue(Complex a, Complex b) { return a + b; }
};

struct Subtract : Add {
  static double Value(double a, double b) { return a - b; }
  static double B(double, double, double) { return -1; }
  static Complex Continue(Complex a, Complex b) { return a - b; }
};

struct Multiply : Add {
  static double Value(double a, double b) { return a * b; }
  static double A(double, double b, double) { return b; }
  static double B(double a, double, double) { return a; }
  static double AB(double, double, double) { return 1; }
  static Complex Continue(Complex a, Complex b) { return a * b; }
};

struct Divide : Add {
  static double Value(double a, double b) { return a / b; }
  static double A(double, double b, double) { return 1 / b; }
  static double B(double, double b, double v) { return -v / b; }
  static double AB(double, double b, double) { return -1 / b / b; }
  static double BB(double, double b, double v) { return 2 * v / b / b; }
  static Complex Continue(Complex a, Complex b) { return a / b; }
};

// a^b. Where a coefficient is zero the derivative is, also at a = 0; 0^b by b is 0 for b >= 0.
struct Power {
  static double Value(double a, double b) { return std::pow(a, b); }
  static double A(double a, double b, double) { return b == 0 ? 0 : b * std::pow(a, b - 1); }
  static double B(double a, double b, double v) { return a == 0 && b >= 0 ? 0 : v * std::log(a); }
  static double AA(double a, double b, double) { return b == 0 || b == 1 ? 0 : b * (b - 1) * std::pow(a, b - 2); }
  static double AB(double a, double b, double) {
    return a == 0 && b > 1 ? 0 : std::pow(a, b - 1) * (1 + b * std::log(a));
  }
  static double BB(double a, double b, double v) { return a == 0 && b >= 0 ? 0 : v * std::log(a) * std::log(a); }
  // Whole powers by repeated multiplication, which keeps small imaginary parts exact on the negative axis too; others
  // as e^{b log a}.
  static Complex Continue(Complex a, Complex b) {
    constexpr double kMostFactors = 64;
    const bool whole = b.imag() == 0 && b.real() == std::nearbyint(b.real());
    if (whole && std::abs(b.real()) <= kMostFactors) {
      Complex product = 1;
      for (int64_t i = 0; i < static_cast<int64_t>(std::abs(b.real())); ++i) product *= a;
      return b.real() < 0 ? 1.0 / product : product;
    }
    if (!whole || a.real() > 0) return std::exp(b * std::log(a));
    const Complex magnitude = std::exp(b * std::log(-a));
    return std::fmod(b.real(), 2) == 0 ? magnitude : -magnitude;
  }
  static bool Singular(double a, double b) { return a == 0 && (b < 0 || b != std::nearbyint(b)); }
};

// The angle of the point (b, a).
struct Atan2 {
  static double Value(double a, double b) { return std::atan2(a, b); }
  static double A(double a, double b, double) { return b / std::hypot(a, b) / std::hypot(a, b); }
  static double B(double a, double b, double) { return -a / std::hypot(a, b) / std::hypot(a, b); }
  static double AA(double a, double b, double v) { return -2 * A(a, b, v) * -B(a, b, v); }
  static double AB(double a, double b, double v) { return (B(a, b, v) - A(a, b, v)) * (B(a, b, v) + A(a, b, v)); }
  static double BB(double a, double b, double v) { return -AA(a, b, v); }
  // Up to a constant, which is all that derivatives need.
  static Complex Continue(Complex a, Complex b) {
    return std::abs(a.real()) <= std::abs(b.real()) ? std::atan(a / b) : -std::atan(b / a);
  }
  static bool Singular(double a, double b) { return a == 0 && b == 0; }
};

// Of equal operands each counts one half, so that max(x, -x) has the derivative of |x|, 0, at 0. Not a number if either
// operand is not.
struct Min : Add {
  static double Value(double a, double b) { return a < b || std::isnan(a) ? a : b; }
  static double A(double a, double b, double) { return a < b ? 1 : a > b ? 0 : 0.5; }
  static double B(double a, double b, double v) { return 1 - A(a, b, v); }
  static Complex Continue(Complex a, Complex b) { return a.real() < b.real() ? a : b; }
  static bool Singular(double a, double b) { return a == b; }
};

struct Max : Add {
  static double Value(double a, double b) { return a > b || std::isnan(a) ? a : b; }
  static double A(double a, double b, double) { return a > b ? 1 : a < b ? 0 : 0.5; }
  static double B(double a, double b, double v) { return 1 - A(a, b, v); }
  static Complex Continue(Complex a, Complex b) { return a.real() > b.real() ? a : b; }
  static bool Singular(double a, double b) { return a == b; }
};

// ---- one operand ----

struct Negate {
  static double Value(double a) { return -a; }
  static double A(double, double) { return -1; }
  static double AA(double, double) { return 0; }
  static Complex Continue(Complex a) { return -a; }
};

struct Square {
  static double Value(double a) { return a * a; }
  static double A(double a, double) { return 2 * a; }
  static double AA(double, double) { return 2; }
  static Complex Continue(Complex a) { return a * a; }
};

struct Exp {
  static double Value(double a) { return std::exp(a); }
  static double A(double, double v) { return v; }
  static double AA(double, double v) { return v; }
  static Complex Continue(Complex a) { return std::exp(a); }
};

struct Expm1 {
  static double Value(double a) { return std::expm1(a); }
  static double A(double a, double) { return std::exp(a); }
  static double AA(double a, double) { return std::exp(a); }
  static Complex Continue(Complex a) { return std::exp(a) - 1.0; }
};

struct Log {
  static double Value(double a) { return std::log(a); }
  static double A(double a, double) { return 1 / a; }
  static double AA(double a, double) { return -1 / a / a; }
  static Complex Continue(Complex a) { return std::log(a); }
};

struct Log2 {
  static double Value(double a) { return std::log2(a); }
  static double A(double a, double) { return std::numbers::log2e / a; }
  static double AA(double a, double) { return -std::numbers::log2e / a / a; }
  static Complex Continue(Complex a) { return std::log(a) / std::numbers::ln2; }
};

struct Log10 {
  static double Value(double a) { return std::log10(a); }
  static double A(double a, double) { return std::numbers::log10e / a; }
  static double AA(double a, double) { return -std::numbers::log10e / a / a; }
  static Complex Continue(Complex a) { return std::log10(a); }
};

struct Log1p {
  static double Value(double a) { return std::log1p(a); }
  static double A(double a, double) { return 1 / (1 + a); }
  static double AA(double a, double) { return -1 / (1 + a) / (1 + a); }
  static Complex Continue(Complex a) { return std::log(1.0 + a); }
};

struct Sqrt {
  static double Value(double a) { return std::sqrt(a); }
  static double A(double, double v) { return 0.5 / v; }
  static double AA(double a, double v) { return -0.25 / v / a; }
  static Complex Continue(Complex a) { return std::sqrt(a); }
  static bool Singular(double a, double) { return a == 0; }
};

struct Abs {
  static double Value(double a) { return std::abs(a); }
  static double A(double a, double) { return a > 0 ? 1 : a < 0 ? -1 : 0; }
  static double AA(double, double) { return 0; }
  static Complex Continue(Complex a) { return a.real() < 0 ? -a : a; }
  static bool Singular(double a, double) { return a == 0; }
};

struct Sin {
  static double Value(double a) { return std::sin(a); }
  static double A(double a, double) { return std::cos(a); }
  static double AA(double, double v) { return -v; }
  static Complex Continue(Complex a) { return std::sin(a); }
};

struct Cos {
  static double Value(double a) { return std::cos(a); }
  static double A(double a, double) { return -std::sin(a); }
  static double AA(double, double v) { return -v; }
  static Complex Continue(Complex a) { return std::cos(a); }
};

struct Tan {
  static double Value(double a) { return std::tan(a); }
  static double A(double, double v) { return 1 + v * v; }
  static double AA(double, double v) { return 2 * v * (1 + v * v); }
  static Complex Continue(Complex a) { return std::tan(a); }
};

struct Asin {
  static double Value(double a) { return std::asin(a); }
  static double A(double a, double) { return 1 / std::sqrt((1 - a) * (1 + a)); }
  static double AA(double a, double v) { return a * A(a, v) / ((1 - a) * (1 + a)); }
  static Complex Continue(Complex a) { return std::asin(a); }
  static bool Singular(double a, double) { return std::abs(a) == 1; }
};

struct Acos {
  static double Value(double a) { return std::acos(a); }
  static double A(double a, double v) { return -Asin::A(a, v); }
  static double AA(double a, double v) { return -Asin::AA(a, v); }
  static Complex Continue(Complex a) { return std::acos(a); }
  static bool Singular(double a, double) { return std::abs(a) == 1; }
};

struct Atan {
  static double Value(double a) { return std::atan(a); }
  static double A(double a, double) { return 1 / (1 + a * a); }
  static double AA(double a, double v) { return -2 * a * A(a, v) * A(a, v); }
  static Complex Continue(Complex a) { return std::atan(a); }
};

struct Sinh {
  static double Value(double a) { return std::sinh(a); }
  static double A(double a, double) { return std::cosh(a); }
  static double AA(double, double v) { return v; }
  static Complex Continue(Complex a) { return std::sinh(a); }
};

struct Cosh {
  static double Value(double a) { return std::cosh(a); }
  static double A(double a, double) { return std::sinh(a); }
  static double AA(double, double v) { return v; }
  static Complex Continue(Complex a) { return std::cosh(a); }
};

struct Tanh {
  static double Value(double a) { return std::tanh(a); }
  static double A(double a, double) {
    const double small = std::exp(-2 * std::abs(a));
    return 4 * small / ((1 + small) * (1 + small));
  }
  static double AA(double a, double v) { return -2 * v * A(a, v); }
  static Complex Continue(Complex a) { return std::tanh(a); }
};

// 1/(1 + e^{-a}), without overflow.
struct Sigmoid {
  static double Value(double a) {
    const double small = std::exp(-std::abs(a));
    return a >= 0 ? 1 / (1 + small) : small / (1 + small);
  }
  static double A(double a, double) {
    const double small = std::exp(-std::abs(a));
    return small / ((1 + small) * (1 + small));
  }
  // s' (1 - 2s), and 1 - 2s = -tanh(a/2).
  static double AA(double a, double v) { return -A(a, v) * std::tanh(a / 2); }
  static Complex Continue(Complex a) {
    if (a.real() >= 0) return 1.0 / (1.0 + std::exp(-a));
    return std::exp(a) / (1.0 + std::exp(a));
  }
};

// log(1 + e^a), without overflow.
struct Softplus {
  static double Value(double a) { return std::max(a, 0.0) + std::log1p(std::exp(-std::abs(a))); }
  static double A(double a, double) { return Sigmoid::Value(a); }
  static double AA(double a, double v) { return Sigmoid::A(a, v); }
  static Complex Continue(Complex a) {
    return a.real() >= 0 ? a + std::log(1.0 + std::exp(-a)) : std::log(1.0 + std::exp(a));
  }
};

}  // namespace descent::core::rules

#endif  // DESCENT_CORE_EXPRESSION_OPERATION_RULES_H_
