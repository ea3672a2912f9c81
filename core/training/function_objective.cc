#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/functions/function.h"
#include "core/training/objective.h"
#include "core/training/problem.h"

namespace descent::core {
namespace {

// A function is computed in float64 whatever T is; float points and gradients are rounded.
template <typename T>
class FunctionObjective final : public Objective<T> {
 public:
  explicit FunctionObjective(const FunctionInfo* function)
      : function_(function),
        layout_(FunctionLayout(function->name)),
        point_(function->variables.size()),
        gradient_(function->variables.size()) {}

  const ParameterLayout& layout() const override { return layout_; }
  int64_t training_rows() const override { return 0; }

  ObjectiveValue Measure(int64_t /*step*/, absl::Span<const T> parameters, absl::Span<T> gradient) override {
    std::copy(parameters.begin(), parameters.end(), point_.begin());
    const double value = function_->evaluate(point_.data(), gradient_.data());
    std::copy(gradient_.begin(), gradient_.end(), gradient.begin());
    return {value, value};
  }

  ObjectiveValue MeasureAll(absl::Span<const T> parameters) override {
    std::copy(parameters.begin(), parameters.end(), point_.begin());
    const double value = function_->evaluate(point_.data(), gradient_.data());
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

 private:
  const FunctionInfo* const function_;
  const ParameterLayout layout_;
  std::vector<double> point_;
  std::vector<double> gradient_;
};

}  // namespace

template <typename T>
std::unique_ptr<Objective<T>> MakeFunctionObjective(absl::string_view name) {
  return std::make_unique<FunctionObjective<T>>(FindFunction(name));
}

template std::unique_ptr<Objective<float>> MakeFunctionObjective(absl::string_view name);
template std::unique_ptr<Objective<double>> MakeFunctionObjective(absl::string_view name);

}  // namespace descent::core
