#include "core/expression/complex_step.h"

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace descent::core {
namespace {

// Of a parameter relative to it, and of one that is zero.
constexpr double kRelativeStep = 1e-60;
constexpr double kStepAtZero = 1e-100;
// Derivatives below this may be the square of the step at zero.
constexpr double kNegligible = 1e-90;

// The values of a row, and what is computed from them slot by slot.
class RowOfTape {
 public:
  RowOfTape(const Evaluator& evaluator, int64_t row) : evaluator_(evaluator), tape_(evaluator.formula().tape) {
    for (size_t slot = 0; slot < tape_.size(); ++slot) {
      values_.push_back(evaluator.ValuesOf(static_cast<int32_t>(slot))[row]);
    }
  }

  bool IsRegular() const {
    for (size_t slot = 0; slot < tape_.size(); ++slot) {
      if (!std::isfinite(values_[slot])) return false;
      const OperationInfo& info = InfoOf(tape_.operations[slot]);
      if (info.singular != nullptr && evaluator_.active(static_cast<int32_t>(slot)) &&
          info.singular(Left(slot), Right(slot))) {
        return false;
      }
    }
    return true;
  }

  // The derivative by one parameter, and the sum of the magnitudes of its terms. Real parts are those of the tape: only
  // the imaginary ones are at stake.
  double ComplexStep(int32_t parameter, double* scale) const {
    std::vector<std::complex<double>> slots(tape_.size());
    std::vector<double> magnitudes(tape_.size());
    double step = 0;
    for (size_t slot = 0; slot < tape_.size(); ++slot) {
      const OperationInfo& info = InfoOf(tape_.operations[slot]);
      slots[slot] = values_[slot];
      if (info.arity == 0) {
        const bool stepped = IsParameter(slot, parameter);
        if (stepped) {
          step = values_[slot] == 0 ? kStepAtZero : kRelativeStep * std::abs(values_[slot]);
          slots[slot] = {values_[slot], step};
        }
        magnitudes[slot] = stepped ? 1 : 0;
        continue;
      }
      const size_t left = static_cast<size_t>(tape_.left[slot]);
      const size_t right = info.arity == 2 ? static_cast<size_t>(tape_.right[slot]) : left;
      slots[slot] = {values_[slot], info.continuation(slots[left], slots[right]).imag()};
      magnitudes[slot] = Magnitude(slot, magnitudes[left], magnitudes[right]);
    }
    *scale = magnitudes.back();
    return slots.back().imag() / step;
  }

 private:
  double Left(size_t slot) const {
    return InfoOf(tape_.operations[slot]).arity < 1 ? 0 : values_[static_cast<size_t>(tape_.left[slot])];
  }
  double Right(size_t slot) const {
    return InfoOf(tape_.operations[slot]).arity < 2 ? 0 : values_[static_cast<size_t>(tape_.right[slot])];
  }
  bool IsParameter(size_t slot, int32_t parameter) const {
    return tape_.operations[slot] == Operation::kName &&
           evaluator_.binding().parameter[static_cast<size_t>(tape_.left[slot])] == parameter;
  }

  // |f_a| |da| + |f_b| |db|.
  double Magnitude(size_t slot, double left, double right) const {
    const OperationInfo& info = InfoOf(tape_.operations[slot]);
    const double a = Left(slot);
    const double b = Right(slot);
    const Operands in = {.a = &a, .b = &b, .v = &values_[slot]};
    double sum = 0;
    double term = 0;
    if (left != 0) {
      info.tangents(1, in, {.a = &left}, &term);
      sum += std::abs(term);
    }
    if (info.arity == 2 && right != 0) {
      info.tangents(1, in, {.b = &right}, &term);
      sum += std::abs(term);
    }
    return sum;
  }

  const Evaluator& evaluator_;
  const Tape& tape_;
  std::vector<double> values_;
};

}  // namespace

GradientCheck CheckGradient(Evaluator* evaluator, int64_t row) {
  GradientCheck check;
  const RowOfTape tape(*evaluator, row);
  if (!tape.IsRegular()) return check;
  // The seed of the row alone is 1.
  std::vector<double> seeds(static_cast<size_t>(row) + 1, 0.0);
  seeds.back() = 1;
  evaluator->Backward(row + 1, seeds.data());
  for (int32_t parameter = 0; parameter < evaluator->binding().parameter_count; ++parameter) {
    const double* adjoints = evaluator->ParameterAdjoints(parameter);
    if (adjoints == nullptr) continue;
    const double reverse = adjoints[row];
    double scale = 0;
    const double complex_step = tape.ComplexStep(parameter, &scale);
    if (!std::isfinite(reverse) || !std::isfinite(complex_step) || !std::isfinite(scale)) continue;
    check.checked = true;
    const double error = std::abs(reverse - complex_step);
    const double difference = error <= kNegligible ? 0 : error / scale;
    if (check.parameter >= 0 && difference <= check.difference) continue;
    check.parameter = parameter;
    check.reverse = reverse;
    check.complex_step = complex_step;
    check.difference = difference;
    check.scale = scale;
  }
  check.agrees = check.difference <= kGradientAgreement;
  return check;
}

}  // namespace descent::core
