// Makes the tape of a formula, operation by operation.
#ifndef DESCENT_CORE_EXPRESSION_TAPE_BUILDER_H_
#define DESCENT_CORE_EXPRESSION_TAPE_BUILDER_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/expression/formula.h"

namespace descent::core {

// Each call gives the slot of what it adds. What is already on the tape is not added again, operations on constants
// give a constant, and x^2 becomes a product. Thread-safety: like a plain struct.
class TapeBuilder {
 public:
  int32_t Constant(double value, SourceRange range);
  int32_t Name(int32_t name, SourceRange range);
  int32_t Apply(Operation operation, int32_t left, int32_t right, SourceRange range);

  bool IsConstant(int32_t slot) const { return tape_.operations[static_cast<size_t>(slot)] == Operation::kConstant; }
  double ConstantOf(int32_t slot) const { return tape_.constants[static_cast<size_t>(slot)]; }

  // The instructions that `result` needs, in order.
  Tape Finish(int32_t result) const;

 private:
  // Operation, operands, bits of the constant.
  using Key = std::tuple<Operation, int32_t, int32_t, uint64_t>;

  int32_t Add(Operation operation, int32_t left, int32_t right, double constant, SourceRange range);

  Tape tape_;
  absl::flat_hash_map<Key, int32_t> slots_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_EXPRESSION_TAPE_BUILDER_H_
