// A test problem as the batch of an optimizer that measures points.
#ifndef DESCENT_TESTS_CORE_OPTIMIZERS_PROBLEM_BATCH_H_
#define DESCENT_TESTS_CORE_OPTIMIZERS_PROBLEM_BATCH_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/optimizers/optimizer.h"
#include "tests/core/optimizers/more_garbow_hillstrom.h"

namespace descent::core {

// Counts what is measured. It has no second derivatives. Thread-safety: one thread at a time.
class ProblemBatch final : public BatchObjective<double> {
 public:
  explicit ProblemBatch(const TestProblem* problem) : problem_(problem) {}

  double Measure(absl::Span<const double> point, absl::Span<double> gradient) override {
    ++evaluations_;
    return Evaluate(*problem_, point.data(), gradient.data());
  }
  bool MultiplyByHessian(absl::Span<const double> /*point*/, absl::Span<const double> /*direction*/,
                         absl::Span<double> /*product*/) override {
    return false;
  }

  int64_t evaluations() const { return evaluations_; }

 private:
  const TestProblem* const problem_;
  int64_t evaluations_ = 0;
};

}  // namespace descent::core

#endif  // DESCENT_TESTS_CORE_OPTIMIZERS_PROBLEM_BATCH_H_
