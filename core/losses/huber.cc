#include <cmath>
#include <cstdint>
#include <memory>

#include "core/losses/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("delta", "Residual at which the linear part begins.", 1, Positive(), "target units"),
};

template <typename T>
class HuberLoss final : public Loss<T> {
 public:
  explicit HuberLoss(double delta) : delta_(delta) {}

  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const double residual = static_cast<double>(outputs[row * width]) - static_cast<double>(targets[row]);
      const double magnitude = std::abs(residual);
      const bool near = magnitude <= delta_;
      sum += near ? 0.5 * residual * residual : delta_ * (magnitude - 0.5 * delta_);
      if (derivatives != nullptr) {
        derivatives[row * width] = static_cast<T>(near ? residual : std::copysign(delta_, residual));
      }
    }
    return sum;
  }

 private:
  const double delta_;
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return std::make_unique<HuberLoss<T>>(config.number("delta"));
}

}  // namespace

const constinit LossInfo kHuberLoss = {
    .kind = {.name = "huber",
             .summary = "Quadratic near 0, linear beyond delta: smooth, yet little moved by outliers.",
             .formula = "r = f - y; r^2/2 if |r| <= delta, else delta*(|r| - delta/2)",
             .reference = "Huber, \"Robust estimation of a location parameter\", Annals of Mathematical Statistics 35, "
                          "1964",
             .fields = kFields},
    .task = Task::kRegression,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
