#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "core/expression/evaluator.h"
#include "core/training/formula_problem.h"
#include "core/training/objective.h"

namespace descent::core {
namespace {

// A formula is computed in float64 whatever T is; float points and gradients are rounded.
template <typename T>
class FormulaObjective final : public Objective<T> {
 public:
  explicit FormulaObjective(BoundFormula formula)
      : formula_(std::move(formula)),
        evaluator_(&formula_.formula, formula_.binding),
        point_(formula_.parameters.size()),
        gradient_(formula_.parameters.size()) {}

  const ParameterLayout& layout() const override { return formula_.layout; }
  int64_t training_rows() const override { return 0; }

  ObjectiveValue Measure(int64_t /*step*/, absl::Span<const T> parameters, absl::Span<T> gradient) override {
    const ObjectiveValue value = MeasureAll(parameters);
    const double seed = 1;
    evaluator_.Backward(1, &seed);
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    evaluator_.AddGradient(1, absl::MakeSpan(gradient_));
    std::copy(gradient_.begin(), gradient_.end(), gradient.begin());
    return value;
  }

  ObjectiveValue MeasureAll(absl::Span<const T> parameters) override {
    std::copy(parameters.begin(), parameters.end(), point_.begin());
    evaluator_.SetParameters(point_);
    const double value = evaluator_.Forward(1, {})[0];
    return {value, value};
  }

  EvaluationPoint Evaluate(absl::Span<const T> parameters, const ObjectiveValue* batch) override {
    const ObjectiveValue value = batch != nullptr ? *batch : MeasureAll(parameters);
    EvaluationPoint point;
    point.training.loss = value.loss;
    point.objective = value.objective;
    return point;
  }

  double Epoch(int64_t /*step*/) const override { return 0; }
  double default_gain() const override { return 1; }
  bool is_full() const override { return true; }
  const LinearRows<T>* Rows(int64_t /*step*/) override { return nullptr; }
  std::optional<double> UpperGap(absl::Span<const T> /*parameters*/) override { return std::nullopt; }
  std::optional<Advice> AdviseOnData() const override { return std::nullopt; }
  std::optional<double> LossOfConstant() const override { return std::nullopt; }

  bool MultiplyByHessian(absl::Span<const T> parameters, absl::Span<const T> direction,
                         absl::Span<T> product) override {
    if (HasKinks(formula_.formula)) return false;
    MeasureAll(parameters);
    std::copy(direction.begin(), direction.end(), gradient_.begin());
    evaluator_.SetDirection(gradient_);
    evaluator_.ForwardTangents(1);
    const double seed = 1;
    const double change = 0;
    evaluator_.BackwardTangents(1, &seed, &change);
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    evaluator_.AddHessianProduct(1, absl::MakeSpan(gradient_));
    std::copy(gradient_.begin(), gradient_.end(), product.begin());
    return true;
  }
  void Project(absl::Span<T> parameters) const override { ClipToBounds<T>(formula_.parameters, parameters); }

 private:
  const BoundFormula formula_;
  Evaluator evaluator_;
  std::vector<double> point_;
  std::vector<double> gradient_;
};

}  // namespace

template <typename T>
absl::StatusOr<std::unique_ptr<Objective<T>>> MakeFormulaObjective(const JobSpec& spec) {
  Violations violations;
  BoundFormula formula =
      BindFormula(*spec.formula, spec.initializer.info() != nullptr, nullptr, "spec.problem.formula", &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  return std::make_unique<FormulaObjective<T>>(std::move(formula));
}

template absl::StatusOr<std::unique_ptr<Objective<float>>> MakeFormulaObjective(const JobSpec& spec);
template absl::StatusOr<std::unique_ptr<Objective<double>>> MakeFormulaObjective(const JobSpec& spec);

}  // namespace descent::core
