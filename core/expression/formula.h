// Formulas that users write: `x^2*sin(y)`, or `y ~ a*exp(-b*t) + c` where the name before `~` is what is to be fitted.
//
//   formula    = [name "~"] sum
//   sum        = product { ("+" | "-") product }
//   product    = signed { ("*" | "/") signed }
//   signed     = ("+" | "-") signed | power
//   power      = operand ["^" signed]                  so -x^2 = -(x^2), 2^-x is allowed and a^b^c = a^(b^c)
//   operand    = number | name | function "(" sum ["," sum] ")" | "(" sum ")"
//   number     = 1, 2.5, .5, 1e-3
//   name       = [A-Za-z_][A-Za-z0-9_]*, or any text in backquotes: `sepal length (cm)`
//
// `pi` and `e` are constants unless they stand in backquotes. Functions: operations.cc. What consists of numbers only
// is computed while reading; equal subexpressions are computed once.
#ifndef DESCENT_CORE_EXPRESSION_FORMULA_H_
#define DESCENT_CORE_EXPRESSION_FORMULA_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/expression/operation.h"

namespace descent::core {

// Bytes of a formula.
inline constexpr size_t kMaxFormulaBytes = 65536;
// Numbers, names, operators and functions of a formula.
inline constexpr int64_t kMaxFormulaNodes = 10000;
// Parentheses, functions and operators that wait for their right operand, one within another.
inline constexpr size_t kMaxFormulaDepth = 200;

// A place in the text: bytes [begin, end).
struct SourceRange {
  size_t begin = 0;
  size_t end = 0;
};

// Straight-line code: instruction i computes slot i from slots before it. One vector a field.
struct Tape {
  std::vector<Operation> operations;
  std::vector<int32_t> left;        // slot of the first operand; of kName the index of the name
  std::vector<int32_t> right;       // slot of the second operand, -1 without one
  std::vector<double> constants;    // of kConstant
  std::vector<SourceRange> ranges;  // what computes the slot, where it stands first
  int32_t result = 0;               // the slot of the whole; the last

  size_t size() const { return operations.size(); }
};

struct Formula {
  std::string text;
  bool has_target = false;
  std::string target;              // the name before `~`
  std::vector<std::string> names;  // after it, each once, in the order of their first use
  std::vector<SourceRange> name_ranges;
  SourceRange target_range;
  Tape tape;

  // The text of a slot.
  absl::string_view TextOf(int32_t slot) const {
    const SourceRange range = tape.ranges[static_cast<size_t>(slot)];
    return absl::string_view(text).substr(range.begin, range.end - range.begin);
  }
};

// Whether slopes jump somewhere: abs, min or max stands in it. Second derivatives then do not tell what a point is.
bool HasKinks(const Formula& formula);
// The slot of the first of them.
std::optional<size_t> FirstKink(const Formula& formula);

// Reads a formula. Errors are INVALID_ARGUMENT with a message such as
//
//   column 11: expected ")" to close the "(" at column 6, found the end
//     a*exp(-b*t
//               ^
//
// Takes time and memory in proportion to the text, whatever it is; nothing recurses.
absl::StatusOr<Formula> ParseFormula(absl::string_view text);

// `column 7: message` with the place shown below it, as ParseFormula does; for what is wrong with a formula that can be
// read.
std::string FormulaMessage(absl::string_view text, size_t position, absl::string_view message);

}  // namespace descent::core

#endif  // DESCENT_CORE_EXPRESSION_FORMULA_H_
