#include <cstdint>
#include <memory>

#include "core/losses/kinds.h"

namespace descent::core {
namespace {

template <typename T>
class SquaredLoss final : public Loss<T> {
 public:
  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const T residual = outputs[row * width] - targets[row];
      sum += static_cast<double>(residual) * static_cast<double>(residual);
      if (derivatives != nullptr) derivatives[row * width] = 2 * residual;
    }
    return sum;
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return std::make_unique<SquaredLoss<T>>();
}

}  // namespace

const constinit LossInfo kSquaredLoss = {
    .kind = {.name = "squared",
             .summary = "Squared error, without a factor of one half; its minimiser is the mean.",
             .formula = "(f - y)^2",
             .reference = "Legendre, \"Nouvelles methodes pour la determination des orbites des cometes\", 1805; "
                          "Hastie, Tibshirani and Friedman, \"The Elements of Statistical Learning\", section 2.4",
             .fields = {}},
    .task = Task::kRegression,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
