// What an optimizer sees of the objective when it tries points.
#ifndef DESCENT_CORE_TRAINING_STEP_BATCH_H_
#define DESCENT_CORE_TRAINING_STEP_BATCH_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/optimizers/optimizer.h"
#include "core/training/objective.h"

namespace descent::core {

// The batch of one step.
template <typename T>
class StepBatch final : public BatchObjective<T> {
 public:
  StepBatch(Objective<T>* objective, int64_t step) : objective_(objective), step_(step) {}

  double Measure(absl::Span<const T> point, absl::Span<T> gradient) override {
    return objective_->Measure(step_, point, gradient).objective;
  }

  bool MultiplyByHessian(absl::Span<const T> point, absl::Span<const T> direction, absl::Span<T> product) override {
    return objective_->MultiplyByHessian(point, direction, product);
  }

  double Linearize(absl::Span<const T> point, TriangularFactor* factor) override {
    return objective_->Linearize(point, factor);
  }

  void Project(absl::Span<T> point) const override { objective_->Project(point); }

  const LinearRows<T>* rows() const override { return objective_->Rows(step_); }

 private:
  Objective<T>* const objective_;
  const int64_t step_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_STEP_BATCH_H_
