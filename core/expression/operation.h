// What formulas are made of: one row an operation, with its values, first and second derivatives, and its continuation
// to the complex numbers. The rules themselves are in operation_rules.h; one list in operations.cc.
#ifndef DESCENT_CORE_EXPRESSION_OPERATION_H_
#define DESCENT_CORE_EXPRESSION_OPERATION_H_

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace descent::core {

// In the order of the table.
enum class Operation : uint8_t {
  kConstant,
  kName,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kNegate,
  kSquare,
  kExp,
  kExpm1,
  kLog,
  kLog2,
  kLog10,
  kLog1p,
  kSqrt,
  kAbs,
  kSin,
  kCos,
  kTan,
  kAsin,
  kAcos,
  kAtan,
  kAtan2,
  kSinh,
  kCosh,
  kTanh,
  kSigmoid,
  kSoftplus,
  kMin,
  kMax,
};

// One operation over the values of many rows, v = f(a, b). Of an operation with one operand, all that belongs to b is
// null. An operand that does not depend on any parameter has null tangents and adjoints: its derivatives, which may not
// exist (log of a negative base), are never taken.
struct Operands {
  const double* a = nullptr;
  const double* b = nullptr;
  const double* v = nullptr;  // f(a, b), where derivatives are taken
};
struct Tangents {
  const double* a = nullptr;
  const double* b = nullptr;
};
struct Adjoints {
  double* a = nullptr;
  double* b = nullptr;
};

// A row of the table. Operands of kernels never overlap with their results. kConstant and kName have none.
struct OperationInfo {
  Operation operation;
  absl::string_view name;     // as it is written: `+`, `sin`
  absl::string_view summary;  // of functions
  int arity = 0;

  // v = f(a, b).
  void (*values)(int64_t rows, const Operands& in, double* v) = nullptr;
  // tangent = f_a da + f_b db.
  void (*tangents)(int64_t rows, const Operands& in, const Tangents& d, double* tangent) = nullptr;
  // a_adj += v_adj f_a, b_adj += v_adj f_b.
  void (*adjoints)(int64_t rows, const Operands& in, const double* v_adjoint, const Adjoints& out) = nullptr;
  // The derivative of `adjoints` along the tangents: a_adj' += v_adj' f_a + v_adj (f_aa da + f_ab db), and so for b.
  void (*adjoint_tangents)(int64_t rows, const Operands& in, const Tangents& d, const double* v_adjoint,
                           const double* v_adjoint_tangent, const Adjoints& out) = nullptr;

  // Near the real axis, computed by the C library's complex functions and not from the rules above.
  std::complex<double> (*continuation)(std::complex<double> a, std::complex<double> b) = nullptr;
  // Where the continuation says nothing of the derivative: kinks and branch points. Null: nowhere that values are
  // finite.
  bool (*singular)(double a, double b) = nullptr;
};

const OperationInfo& InfoOf(Operation operation);

// Operations that are written as functions, `pow` and `ln` included.
struct FormulaFunction {
  absl::string_view name;
  Operation operation;
};
absl::Span<const FormulaFunction> FormulaFunctions();
const FormulaFunction* FindFormulaFunction(absl::string_view name);
std::vector<std::string> FormulaFunctionNames();

// pi and e: their value, or null.
const double* FindFormulaConstant(absl::string_view name);

}  // namespace descent::core

#endif  // DESCENT_CORE_EXPRESSION_OPERATION_H_
