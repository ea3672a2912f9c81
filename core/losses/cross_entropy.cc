#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "core/losses/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("label_smoothing", "Share of each target that is spread evenly over all classes.", 0, ClosedOpen(0, 1)),
};

template <typename T>
class CrossEntropyLoss final : public Loss<T> {
 public:
  explicit CrossEntropyLoss(double smoothing) : smoothing_(static_cast<T>(smoothing)) {}

  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* weights,
                  T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const T* z = outputs + row * width;
      const auto target = static_cast<int64_t>(targets[row]);
      const T largest = *std::max_element(z, z + width);
      // Before the derivatives, which may take the place of the outputs.
      const T below = BelowLargest(z, width, target, largest);
      T total = 0;
      if (derivatives == nullptr) {
        for (int64_t k = 0; k < width; ++k) total += std::exp(z[k] - largest);
      } else {
        T* d = derivatives + row * width;
        for (int64_t k = 0; k < width; ++k) {
          d[k] = std::exp(z[k] - largest);
          total += d[k];
        }
        for (int64_t k = 0; k < width; ++k) d[k] = d[k] / total - smoothing_ / static_cast<T>(width);
        d[target] -= 1 - smoothing_;
      }
      const auto value = static_cast<double>(below + std::log(total));
      sum += weights == nullptr ? value : static_cast<double>(weights[row]) * value;
    }
    return sum;
  }

  // H v = p*v - p (p.v), which the targets do not enter.
  void MultiplyByHessian(int64_t rows, int64_t width, const T* outputs, const T* /*targets*/, const T* directions,
                         T* products) const override {
    for (int64_t row = 0; row < rows; ++row) {
      const T* z = outputs + row * width;
      const T* v = directions + row * width;
      const T largest = *std::max_element(z, z + width);
      T total = 0;
      T weighted = 0;
      for (int64_t k = 0; k < width; ++k) {
        const T weight = std::exp(z[k] - largest);
        total += weight;
        weighted += weight * v[k];
      }
      const T mean = weighted / total;
      T* product = products + row * width;
      for (int64_t k = 0; k < width; ++k) product[k] = std::exp(z[k] - largest) / total * (v[k] - mean);
    }
  }

 private:
  // How far the targets' logits lie below the largest, averaged by the smoothed targets.
  T BelowLargest(const T* z, int64_t width, int64_t target, T largest) const {
    const T own = largest - z[target];
    if (smoothing_ == 0) return own;
    T all = 0;
    for (int64_t k = 0; k < width; ++k) all += largest - z[k];
    return (1 - smoothing_) * own + smoothing_ * (all / static_cast<T>(width));
  }

  const T smoothing_;
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return std::make_unique<CrossEntropyLoss<T>>(config.number("label_smoothing"));
}

}  // namespace

const constinit LossInfo kCrossEntropyLoss = {
    .kind = {.name = "cross_entropy",
             .summary = "Log loss of k classes; the outputs z are one logit a class.",
             .formula = "logsumexp(z) - z_y with logsumexp(z) = max(z) + log(sum_k exp(z_k - max(z))); "
                        "it equals -log softmax(z)_y. With label smoothing e, z_y is (1-e)*z_y + e*mean(z)",
             .reference = "Bishop, \"Pattern Recognition and Machine Learning\", section 4.3.4; the shift: Blanchard, "
                          "Higham and Higham, \"Accurately computing the log-sum-exp and softmax functions\", IMA "
                          "Journal of Numerical Analysis 41, 2021",
             .fields = kFields},
    .task = Task::kMulticlass,
    .link = Link::kLogit,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
