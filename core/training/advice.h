// What the owner of a run should know, in words: for the log.
#ifndef DESCENT_CORE_TRAINING_ADVICE_H_
#define DESCENT_CORE_TRAINING_ADVICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/data/features.h"
#include "core/losses/loss.h"
#include "core/training/termination.h"

namespace descent::core {

struct Advice {
  std::string code;     // upper snake case, docs/api.md lists them
  std::string message;  // a sentence with figures and what to do
  int64_t step = 0;
};

// FEATURES_BADLY_SCALED: columns whose root mean squares differ so much that descent is slow. The condition number of
// X^T X is at least the square of their ratio.
template <typename T>
std::optional<Advice> AdviseOnScales(const Matrix<T>& matrix, absl::Span<const std::string> names);

// RATE_ABOVE_LIMIT: gradient descent with a rate that overshoots where the greatest curvature is `curvature`: above
// 2/L, with momentum mu above 2 (1+mu)/L, with Nesterov's above 2 (1+mu)/((1+2 mu) L). Other optimizers are not judged.
//
// Source: Polyak, "Introduction to Optimization", 1987, section 3.2.
std::optional<Advice> AdviseOnRate(const Config& optimizer, double curvature);

// The least loss of a prediction that is the same for all rows: the mean or the median, the classes' frequencies.
template <typename T>
double ConstantLoss(const Loss<T>& loss, Task task, int64_t width, const Matrix<T>& rows);

// ROLLED_BACK: how a run would have ended, and what is done instead. `factor` is that of the learning rate from now on.
Advice AdviseOnRollback(const Termination& termination, int64_t good_step, double factor);

// DEAD_UNITS: hidden units whose slope is 0 on every training row, when they are a tenth or more. They learn no more.
std::optional<Advice> AdviseOnDeadUnits(int64_t step, int64_t dead, int64_t units);

// LOSS_ABOVE_CONSTANT: a trained model that is worse than a constant.
std::optional<Advice> AdviseOnLoss(int64_t step, double loss, double constant_loss);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_ADVICE_H_
