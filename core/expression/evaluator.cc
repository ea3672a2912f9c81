#include "core/expression/evaluator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace descent::core {
namespace {

constexpr int64_t kMostBlockRows = 256;
constexpr int64_t kLeastBlockRows = 8;
// Values of a block that a second-level cache holds together with their adjoints.
constexpr int64_t kBlockValues = int64_t{1} << 16;

// Multiples of eight, so that every slot begins at a 64-byte boundary.
int64_t BlockRows(size_t slots) {
  const int64_t rows = kBlockValues / static_cast<int64_t>(slots) / 8 * 8;
  return std::clamp(rows, kLeastBlockRows, kMostBlockRows);
}

// Eight running sums, combined in a fixed order: the same bits whether the loop is vectorised or not.
double Sum(const double* values, int64_t count) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int64_t j = 0; j < 8; ++j) sums[j] += values[i + j];
  }
  for (int64_t j = 0; i + j < count; ++j) sums[j] += values[i + j];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace

Binding AllParameters(const Formula& formula) {
  Binding binding;
  binding.parameter_count = static_cast<int32_t>(formula.names.size());
  binding.column.assign(formula.names.size(), -1);
  for (int32_t i = 0; i < binding.parameter_count; ++i) binding.parameter.push_back(i);
  return binding;
}

Evaluator::Evaluator(const Formula* formula, Binding binding)
    : formula_(formula),
      tape_(formula->tape),
      binding_(std::move(binding)),
      block_rows_(BlockRows(tape_.size())),
      active_(tape_.size(), 0),
      parameter_slots_(static_cast<size_t>(binding_.parameter_count), -1),
      memory_(tape_.size() * static_cast<size_t>(block_rows_)),
      adjoints_(memory_.size()),
      values_(tape_.size()) {
  for (size_t slot = 0; slot < tape_.size(); ++slot) {
    double* const values = Scratch(memory_, slot);
    values_[slot] = values;
    const size_t left = static_cast<size_t>(tape_.left[slot]);
    const size_t right = static_cast<size_t>(tape_.right[slot]);
    switch (InfoOf(tape_.operations[slot]).arity) {
      case 0:
        if (tape_.operations[slot] == Operation::kConstant) {
          std::fill_n(values, block_rows_, tape_.constants[slot]);
        } else if (const int32_t parameter = binding_.parameter[left]; parameter >= 0) {
          parameter_slots_[static_cast<size_t>(parameter)] = static_cast<int32_t>(slot);
          active_[slot] = 1;
        }
        break;
      case 1:
        active_[slot] = active_[left];
        break;
      default:
        active_[slot] = active_[left] != 0 || active_[right] != 0 ? 1 : 0;
    }
  }
}

void Evaluator::SetParameters(absl::Span<const double> parameters) {
  for (size_t i = 0; i < parameter_slots_.size(); ++i) {
    if (parameter_slots_[i] < 0) continue;
    std::fill_n(Scratch(memory_, static_cast<size_t>(parameter_slots_[i])), block_rows_, parameters[i]);
  }
}

const double* Evaluator::Forward(int64_t rows, absl::Span<const double* const> columns) {
  for (size_t slot = 0; slot < tape_.size(); ++slot) {
    const Operation operation = tape_.operations[slot];
    if (operation == Operation::kConstant) continue;
    if (operation == Operation::kName) {
      const int32_t column = binding_.column[static_cast<size_t>(tape_.left[slot])];
      if (column >= 0) values_[slot] = columns[static_cast<size_t>(column)];
      continue;
    }
    InfoOf(operation).values(rows, OperandsOf(slot), Scratch(memory_, slot));
  }
  return values_[static_cast<size_t>(tape_.result)];
}

Operands Evaluator::OperandsOf(size_t slot) const {
  const int32_t right = tape_.right[slot];
  return {.a = values_[static_cast<size_t>(tape_.left[slot])],
          .b = right < 0 ? nullptr : values_[static_cast<size_t>(right)],
          .v = values_[slot]};
}

Adjoints Evaluator::AdjointsOf(size_t slot, AlignedVector<double>& memory) {
  const int32_t left = tape_.left[slot];
  const int32_t right = tape_.right[slot];
  return {.a = active(left) ? Scratch(memory, static_cast<size_t>(left)) : nullptr,
          .b = right >= 0 && active(right) ? Scratch(memory, static_cast<size_t>(right)) : nullptr};
}

Tangents Evaluator::TangentsOf(size_t slot) const {
  const auto at = [this](int32_t operand) -> const double* {
    if (operand < 0 || !active(operand)) return nullptr;
    return tangents_.data() + static_cast<size_t>(operand) * static_cast<size_t>(block_rows_);
  };
  return {.a = at(tape_.left[slot]), .b = at(tape_.right[slot])};
}

void Evaluator::Seed(int64_t rows, const double* seeds, AlignedVector<double>& memory) {
  for (size_t slot = 0; slot < tape_.size(); ++slot) {
    if (active_[slot] != 0) std::fill_n(Scratch(memory, slot), rows, 0.0);
  }
  if (active(tape_.result)) std::copy_n(seeds, rows, Scratch(memory, static_cast<size_t>(tape_.result)));
}

void Evaluator::Backward(int64_t rows, const double* seeds) {
  Seed(rows, seeds, adjoints_);
  for (size_t slot = tape_.size(); slot-- > 0;) {
    const OperationInfo& info = InfoOf(tape_.operations[slot]);
    if (active_[slot] == 0 || info.arity == 0) continue;
    info.adjoints(rows, OperandsOf(slot), Scratch(adjoints_, slot), AdjointsOf(slot, adjoints_));
  }
}

const double* Evaluator::ParameterAdjoints(int32_t parameter) const {
  const int32_t slot = parameter_slots_[static_cast<size_t>(parameter)];
  return slot < 0 ? nullptr : adjoints_.data() + static_cast<size_t>(slot) * static_cast<size_t>(block_rows_);
}

void Evaluator::AddSums(int64_t rows, const AlignedVector<double>& memory, absl::Span<double> sums) const {
  for (size_t i = 0; i < parameter_slots_.size(); ++i) {
    if (parameter_slots_[i] < 0) continue;
    sums[i] += Sum(memory.data() + static_cast<size_t>(parameter_slots_[i]) * static_cast<size_t>(block_rows_), rows);
  }
}

void Evaluator::AddGradient(int64_t rows, absl::Span<double> gradient) const { AddSums(rows, adjoints_, gradient); }

void Evaluator::SetDirection(absl::Span<const double> direction) {
  tangents_.resize(memory_.size());
  adjoint_tangents_.resize(memory_.size());
  for (size_t i = 0; i < parameter_slots_.size(); ++i) {
    if (parameter_slots_[i] < 0) continue;
    std::fill_n(Scratch(tangents_, static_cast<size_t>(parameter_slots_[i])), block_rows_, direction[i]);
  }
}

const double* Evaluator::ForwardTangents(int64_t rows) {
  for (size_t slot = 0; slot < tape_.size(); ++slot) {
    const OperationInfo& info = InfoOf(tape_.operations[slot]);
    if (active_[slot] == 0 || info.arity == 0) continue;
    info.tangents(rows, OperandsOf(slot), TangentsOf(slot), Scratch(tangents_, slot));
  }
  return Scratch(tangents_, static_cast<size_t>(tape_.result));
}

void Evaluator::BackwardTangents(int64_t rows, const double* seeds, const double* seed_tangents) {
  Seed(rows, seeds, adjoints_);
  Seed(rows, seed_tangents, adjoint_tangents_);
  for (size_t slot = tape_.size(); slot-- > 0;) {
    const OperationInfo& info = InfoOf(tape_.operations[slot]);
    if (active_[slot] == 0 || info.arity == 0) continue;
    const Operands in = OperandsOf(slot);
    info.adjoint_tangents(rows, in, TangentsOf(slot), Scratch(adjoints_, slot), Scratch(adjoint_tangents_, slot),
                          AdjointsOf(slot, adjoint_tangents_));
    info.adjoints(rows, in, Scratch(adjoints_, slot), AdjointsOf(slot, adjoints_));
  }
}

void Evaluator::AddHessianProduct(int64_t rows, absl::Span<double> product) const {
  AddSums(rows, adjoint_tangents_, product);
}

int32_t Evaluator::FirstNonFinite(int64_t row) const {
  for (size_t slot = 0; slot < tape_.size(); ++slot) {
    if (!std::isfinite(values_[slot][row])) return static_cast<int32_t>(slot);
  }
  return -1;
}

}  // namespace descent::core
