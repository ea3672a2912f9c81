#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "core/expression/operation.h"
#include "core/expression/operation_rules.h"

namespace descent::core {
namespace {

// The kernels of a rule of one operand.
template <typename Rule>
struct Unary {
  static void Values(int64_t rows, const Operands& in, double* v) {
    for (int64_t i = 0; i < rows; ++i) v[i] = Rule::Value(in.a[i]);
  }
  static void TangentsOf(int64_t rows, const Operands& in, const Tangents& d, double* tangent) {
    for (int64_t i = 0; i < rows; ++i) tangent[i] = Rule::A(in.a[i], in.v[i]) * d.a[i];
  }
  static void AdjointsOf(int64_t rows, const Operands& in, const double* v_adjoint, const Adjoints& out) {
    for (int64_t i = 0; i < rows; ++i) out.a[i] += v_adjoint[i] * Rule::A(in.a[i], in.v[i]);
  }
  static void AdjointTangents(int64_t rows, const Operands& in, const Tangents& d, const double* v_adjoint,
                              const double* v_adjoint_tangent, const Adjoints& out) {
    for (int64_t i = 0; i < rows; ++i) {
      out.a[i] += v_adjoint_tangent[i] * Rule::A(in.a[i], in.v[i]) + v_adjoint[i] * Rule::AA(in.a[i], in.v[i]) * d.a[i];
    }
  }
  static std::complex<double> Continue(std::complex<double> a, std::complex<double> /*b*/) { return Rule::Continue(a); }
};

// The kernels of a rule of two operands. Either operand may be without tangents.
template <typename Rule>
struct Binary {
  static void Values(int64_t rows, const Operands& in, double* v) {
    for (int64_t i = 0; i < rows; ++i) v[i] = Rule::Value(in.a[i], in.b[i]);
  }
  static void TangentsOf(int64_t rows, const Operands& in, const Tangents& d, double* tangent) {
    for (int64_t i = 0; i < rows; ++i) {
      double sum = 0;
      if (d.a != nullptr) sum += Rule::A(in.a[i], in.b[i], in.v[i]) * d.a[i];
      if (d.b != nullptr) sum += Rule::B(in.a[i], in.b[i], in.v[i]) * d.b[i];
      tangent[i] = sum;
    }
  }
  static void AdjointsOf(int64_t rows, const Operands& in, const double* v_adjoint, const Adjoints& out) {
    if (out.a != nullptr) {
      for (int64_t i = 0; i < rows; ++i) out.a[i] += v_adjoint[i] * Rule::A(in.a[i], in.b[i], in.v[i]);
    }
    if (out.b != nullptr) {
      for (int64_t i = 0; i < rows; ++i) out.b[i] += v_adjoint[i] * Rule::B(in.a[i], in.b[i], in.v[i]);
    }
  }
  static void AdjointTangents(int64_t rows, const Operands& in, const Tangents& d, const double* v_adjoint,
                              const double* v_adjoint_tangent, const Adjoints& out) {
    for (int64_t i = 0; i < rows; ++i) {
      const double a = in.a[i];
      const double b = in.b[i];
      const double v = in.v[i];
      const double mixed = d.a != nullptr && d.b != nullptr ? v_adjoint[i] * Rule::AB(a, b, v) : 0;
      if (d.a != nullptr) {
        out.a[i] += v_adjoint_tangent[i] * Rule::A(a, b, v) + v_adjoint[i] * Rule::AA(a, b, v) * d.a[i];
        if (d.b != nullptr) out.a[i] += mixed * d.b[i];
      }
      if (d.b != nullptr) {
        out.b[i] += v_adjoint_tangent[i] * Rule::B(a, b, v) + v_adjoint[i] * Rule::BB(a, b, v) * d.b[i];
        if (d.a != nullptr) out.b[i] += mixed * d.a[i];
      }
    }
  }
  static std::complex<double> Continue(std::complex<double> a, std::complex<double> b) { return Rule::Continue(a, b); }
};

template <typename Rule, template <typename> typename Kernels>
constexpr OperationInfo Row(Operation operation, int arity, absl::string_view name, absl::string_view summary) {
  OperationInfo info = {.operation = operation, .name = name, .summary = summary, .arity = arity};
  info.values = Kernels<Rule>::Values;
  info.tangents = Kernels<Rule>::TangentsOf;
  info.adjoints = Kernels<Rule>::AdjointsOf;
  info.adjoint_tangents = Kernels<Rule>::AdjointTangents;
  info.continuation = Kernels<Rule>::Continue;
  if constexpr (requires { Rule::Singular(0.0, 0.0); }) info.singular = Rule::Singular;
  return info;
}

template <typename Rule>
constexpr OperationInfo One(Operation operation, absl::string_view name, absl::string_view summary = "") {
  return Row<Rule, Unary>(operation, 1, name, summary);
}

template <typename Rule>
constexpr OperationInfo Two(Operation operation, absl::string_view name, absl::string_view summary = "") {
  return Row<Rule, Binary>(operation, 2, name, summary);
}

using enum Operation;

constexpr std::array<OperationInfo, 31> kOperations = {{
    {.operation = kConstant, .name = "a number", .summary = ""},
    {.operation = kName, .name = "a name", .summary = ""},
    Two<rules::Add>(kAdd, "+"),
    Two<rules::Subtract>(kSubtract, "-"),
    Two<rules::Multiply>(kMultiply, "*"),
    Two<rules::Divide>(kDivide, "/"),
    Two<rules::Power>(kPower, "^", "Power."),
    One<rules::Negate>(kNegate, "-"),
    One<rules::Square>(kSquare, "^2"),
    One<rules::Exp>(kExp, "exp", "Exponential."),
    One<rules::Expm1>(kExpm1, "expm1", "exp(x) - 1, exact near 0."),
    One<rules::Log>(kLog, "log", "Natural logarithm."),
    One<rules::Log2>(kLog2, "log2", "Logarithm to base 2."),
    One<rules::Log10>(kLog10, "log10", "Logarithm to base 10."),
    One<rules::Log1p>(kLog1p, "log1p", "log(1 + x), exact near 0."),
    One<rules::Sqrt>(kSqrt, "sqrt", "Square root."),
    One<rules::Abs>(kAbs, "abs", "Magnitude; its derivative at 0 is taken to be 0."),
    One<rules::Sin>(kSin, "sin", "Sine, of radians."),
    One<rules::Cos>(kCos, "cos", "Cosine, of radians."),
    One<rules::Tan>(kTan, "tan", "Tangent, of radians."),
    One<rules::Asin>(kAsin, "asin", "Inverse sine, in radians."),
    One<rules::Acos>(kAcos, "acos", "Inverse cosine, in radians."),
    One<rules::Atan>(kAtan, "atan", "Inverse tangent, in radians."),
    Two<rules::Atan2>(kAtan2, "atan2", "atan2(y, x): angle of the point (x, y), in radians."),
    One<rules::Sinh>(kSinh, "sinh", "Hyperbolic sine."),
    One<rules::Cosh>(kCosh, "cosh", "Hyperbolic cosine."),
    One<rules::Tanh>(kTanh, "tanh", "Hyperbolic tangent."),
    One<rules::Sigmoid>(kSigmoid, "sigmoid", "1/(1 + exp(-x)), the logistic function."),
    One<rules::Softplus>(kSoftplus, "softplus", "log(1 + exp(x)), without overflow."),
    Two<rules::Min>(kMin, "min", "The lesser of two; where they are equal, each gets half of the derivative."),
    Two<rules::Max>(kMax, "max", "The greater of two; where they are equal, each gets half of the derivative."),
}};

constexpr std::array<FormulaFunction, 24> kFunctions = {{
    {"exp", kExp},           {"expm1", kExpm1}, {"log", kLog},   {"ln", kLog},    {"log2", kLog2},
    {"log10", kLog10},       {"log1p", kLog1p}, {"sqrt", kSqrt}, {"abs", kAbs},   {"sin", kSin},
    {"cos", kCos},           {"tan", kTan},     {"asin", kAsin}, {"acos", kAcos}, {"atan", kAtan},
    {"atan2", kAtan2},       {"sinh", kSinh},   {"cosh", kCosh}, {"tanh", kTanh}, {"sigmoid", kSigmoid},
    {"softplus", kSoftplus}, {"pow", kPower},   {"min", kMin},   {"max", kMax},
}};

constexpr double kPi = std::numbers::pi;
constexpr double kE = std::numbers::e;

}  // namespace

const OperationInfo& InfoOf(Operation operation) { return kOperations[static_cast<size_t>(operation)]; }

absl::Span<const FormulaFunction> FormulaFunctions() { return kFunctions; }

const FormulaFunction* FindFormulaFunction(absl::string_view name) {
  for (const FormulaFunction& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

std::vector<std::string> FormulaFunctionNames() {
  std::vector<std::string> names;
  for (const FormulaFunction& function : kFunctions) names.emplace_back(function.name);
  return names;
}

const double* FindFormulaConstant(absl::string_view name) { return name == "pi" ? &kPi : name == "e" ? &kE : nullptr; }

}  // namespace descent::core
