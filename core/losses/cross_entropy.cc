#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "core/losses/kinds.h"

namespace descent::core {
namespace {

template <typename T>
class CrossEntropyLoss final : public Loss<T> {
 public:
  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const T* z = outputs + row * width;
      const auto target = static_cast<int64_t>(targets[row]);
      // Before the derivatives, which may take the place of the outputs.
      const T own = z[target];
      const T largest = *std::max_element(z, z + width);
      T total = 0;
      if (derivatives == nullptr) {
        for (int64_t k = 0; k < width; ++k) total += std::exp(z[k] - largest);
      } else {
        T* d = derivatives + row * width;
        for (int64_t k = 0; k < width; ++k) {
          d[k] = std::exp(z[k] - largest);
          total += d[k];
        }
        for (int64_t k = 0; k < width; ++k) d[k] /= total;
        d[target] -= 1;
      }
      sum += static_cast<double>((largest - own) + std::log(total));
    }
    return sum;
  }
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& /*config*/) {
  return std::make_unique<CrossEntropyLoss<T>>();
}

}  // namespace

const constinit LossInfo kCrossEntropyLoss = {
    .kind = {.name = "cross_entropy",
             .summary = "Log loss of k classes; the outputs z are one logit a class.",
             .formula = "logsumexp(z) - z_y with logsumexp(z) = max(z) + log(sum_k exp(z_k - max(z))); "
                        "it equals -log softmax(z)_y",
             .reference = "Bishop, \"Pattern Recognition and Machine Learning\", section 4.3.4; the shift: Blanchard, "
                          "Higham and Higham, \"Accurately computing the log-sum-exp and softmax functions\", IMA "
                          "Journal of Numerical Analysis 41, 2021",
             .fields = {}},
    .task = Task::kMulticlass,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
