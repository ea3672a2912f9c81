#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
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
        gradient_(function->variables.size()),
        hessian_(function->variables.size() * function->variables.size()) {}

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
  bool is_full() const override { return true; }
  std::optional<double> UpperGap(absl::Span<const T> /*parameters*/) override { return std::nullopt; }
  const LinearRows<T>* Rows(int64_t /*step*/) override { return nullptr; }
  std::optional<Advice> AdviseOnData() const override { return std::nullopt; }
  std::optional<double> LossOfConstant() const override { return std::nullopt; }

  bool MultiplyByHessian(absl::Span<const T> parameters, absl::Span<const T> direction,
                         absl::Span<T> product) override {
    std::copy(parameters.begin(), parameters.end(), point_.begin());
    function_->evaluate_hessian(point_.data(), hessian_.data());
    for (size_t i = 0; i < product.size(); ++i) {
      double sum = 0;
      for (size_t j = 0; j < direction.size(); ++j) {
        sum += hessian_[i * direction.size() + j] * static_cast<double>(direction[j]);
      }
      product[i] = static_cast<T>(sum);
    }
    return true;
  }

 private:
  const FunctionInfo* const function_;
  const ParameterLayout layout_;
  std::vector<double> point_;
  std::vector<double> gradient_;
  std::vector<double> hessian_;
};

}  // namespace

template <typename T>
std::unique_ptr<Objective<T>> MakeFunctionObjective(absl::string_view name) {
  return std::make_unique<FunctionObjective<T>>(FindFunction(name));
}

template std::unique_ptr<Objective<float>> MakeFunctionObjective(absl::string_view name);
template std::unique_ptr<Objective<double>> MakeFunctionObjective(absl::string_view name);

}  // namespace descent::core
