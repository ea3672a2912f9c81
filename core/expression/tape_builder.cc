#include "core/expression/tape_builder.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace descent::core {

int32_t TapeBuilder::Constant(double value, SourceRange range) {
  return Add(Operation::kConstant, -1, -1, value, range);
}

int32_t TapeBuilder::Name(int32_t name, SourceRange range) { return Add(Operation::kName, name, -1, 0, range); }

int32_t TapeBuilder::Apply(Operation operation, int32_t left, int32_t right, SourceRange range) {
  const OperationInfo& info = InfoOf(operation);
  if (IsConstant(left) && (info.arity == 1 || IsConstant(right))) {
    const double a = ConstantOf(left);
    const double b = info.arity == 1 ? 0 : ConstantOf(right);
    double value = 0;
    info.values(1, {.a = &a, .b = &b}, &value);
    return Constant(value, range);
  }
  if (operation == Operation::kPower && IsConstant(right) && ConstantOf(right) == 2) {
    return Add(Operation::kSquare, left, -1, 0, range);
  }
  return Add(operation, left, right, 0, range);
}

int32_t TapeBuilder::Add(Operation operation, int32_t left, int32_t right, double constant, SourceRange range) {
  const Key key = {operation, left, right, std::bit_cast<uint64_t>(constant)};
  const auto [place, added] = slots_.try_emplace(key, static_cast<int32_t>(tape_.size()));
  if (!added) return place->second;
  tape_.operations.push_back(operation);
  tape_.left.push_back(left);
  tape_.right.push_back(right);
  tape_.constants.push_back(constant);
  tape_.ranges.push_back(range);
  return place->second;
}

Tape TapeBuilder::Finish(int32_t result) const {
  // Operands of folded operations are not needed any more.
  std::vector<char> needed(tape_.size(), 0);
  needed[static_cast<size_t>(result)] = 1;
  for (size_t slot = static_cast<size_t>(result) + 1; slot-- > 0;) {
    const int arity = InfoOf(tape_.operations[slot]).arity;
    if (needed[slot] == 0 || arity == 0) continue;
    needed[static_cast<size_t>(tape_.left[slot])] = 1;
    if (arity == 2) needed[static_cast<size_t>(tape_.right[slot])] = 1;
  }
  Tape tape;
  std::vector<int32_t> moved(tape_.size(), -1);
  for (size_t slot = 0; slot <= static_cast<size_t>(result); ++slot) {
    if (needed[slot] == 0) continue;
    const int arity = InfoOf(tape_.operations[slot]).arity;
    moved[slot] = static_cast<int32_t>(tape.size());
    tape.operations.push_back(tape_.operations[slot]);
    tape.left.push_back(arity == 0 ? tape_.left[slot] : moved[static_cast<size_t>(tape_.left[slot])]);
    tape.right.push_back(arity < 2 ? -1 : moved[static_cast<size_t>(tape_.right[slot])]);
    tape.constants.push_back(tape_.constants[slot]);
    tape.ranges.push_back(tape_.ranges[slot]);
  }
  tape.result = static_cast<int32_t>(tape.size()) - 1;
  return tape;
}

}  // namespace descent::core
