// Named functions of a few variables with known minima: what one studies an optimizer on. One list in functions.cc.
#ifndef DESCENT_CORE_FUNCTIONS_FUNCTION_H_
#define DESCENT_CORE_FUNCTIONS_FUNCTION_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace descent::core {

struct KnownMinimum {
  absl::Span<const double> point;
  double value = 0;
  bool is_global = true;
};

// A row of the function table.
struct FunctionInfo {
  absl::string_view name;
  absl::string_view summary;
  absl::string_view formula;
  absl::string_view reference;
  absl::Span<const absl::string_view> variables;  // `x`, `y`
  absl::Span<const double> default_start;
  absl::Span<const KnownMinimum> minima;
  // f(x), and its gradient into `gradient`. Both have as many values as there are variables.
  double (*evaluate)(const double* x, double* gradient);
  // Second derivatives at x, [variables, variables].
  void (*evaluate_hessian)(const double* x, double* hessian);
};

// All functions, in the order of the documentation.
absl::Span<const FunctionInfo> Functions();

// The row of a name, or null.
const FunctionInfo* FindFunction(absl::string_view name);

}  // namespace descent::core

#endif  // DESCENT_CORE_FUNCTIONS_FUNCTION_H_
