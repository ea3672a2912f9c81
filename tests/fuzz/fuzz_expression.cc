// Any bytes as a formula: reading ends with a tape that is sound or an error at a place in the text, and what was read
// evaluates to the same bits in blocks and alone, with derivatives that agree with the complex step.
// DEPENDS: descent_core
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/data/text_check.h"
#include "core/expression/complex_step.h"
#include "core/expression/evaluator.h"
#include "core/expression/formula.h"

namespace {

namespace core = descent::core;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const int length = core::Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(static_cast<size_t>(length));
  }
  return true;
}

void CheckTape(const core::Formula& formula) {
  const core::Tape& tape = formula.tape;
  Require(!tape.operations.empty() && tape.result == static_cast<int32_t>(tape.size()) - 1,
          "the last slot is the whole");
  Require(static_cast<int64_t>(tape.size()) <= core::kMaxFormulaNodes + 1, "there are no more slots than nodes");
  for (size_t slot = 0; slot < tape.size(); ++slot) {
    const int arity = core::InfoOf(tape.operations[slot]).arity;
    const int32_t at = static_cast<int32_t>(slot);
    if (arity > 0) Require(tape.left[slot] >= 0 && tape.left[slot] < at, "operands come first");
    if (arity > 1) Require(tape.right[slot] >= 0 && tape.right[slot] < at, "operands come first");
    if (tape.operations[slot] == core::Operation::kConstant) {
      Require(std::isfinite(tape.constants[slot]), "constants are finite");
    }
    Require(tape.ranges[slot].begin < tape.ranges[slot].end && tape.ranges[slot].end <= formula.text.size(),
            "slots stand in the text");
  }
}

bool SameBits(double a, double b) { return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0; }

void CheckValues(const core::Formula& formula) {
  core::Evaluator evaluator(&formula, core::AllParameters(formula));
  std::vector<double> point(formula.names.size());
  for (size_t i = 0; i < point.size(); ++i) point[i] = 0.3 + 0.7 * static_cast<double>(i % 5);
  evaluator.SetParameters(point);
  const double alone = evaluator.Forward(1, {})[0];
  const int64_t rows = evaluator.block_rows();
  const double* values = evaluator.Forward(rows, {});
  for (int64_t row = 0; row < rows; ++row) Require(SameBits(values[row], alone), "blocks give the bits of one row");
  Require((evaluator.FirstNonFinite(rows - 1) < 0) || !std::isfinite(alone) || formula.tape.size() > 1,
          "a formula of one slot is finite when its value is");
  if (formula.tape.size() > 200) return;
  const core::GradientCheck check = core::CheckGradient(&evaluator, rows - 1);
  // Thousands of operations may add up to more than a dozen lost digits; a wrong rule is wrong in the first ones.
  Require(!check.checked || check.difference < 1e-8, "reverse mode agrees with the complex step");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<core::Formula> formula = core::ParseFormula(text);
  if (!formula.ok()) {
    Require(IsUtf8(formula.status().message()), "messages are UTF-8");
    Require(formula.status().message().size() < 1200, "messages are short");
    return 0;
  }
  CheckTape(*formula);
  CheckValues(*formula);
  return 0;
}
