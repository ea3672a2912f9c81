#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "core/losses/focal_factor.h"
#include "core/losses/kinds.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("gamma", "How much less rows count that are right already; 0 gives cross-entropy.", 2, NonNegative()),
};

// With s = log p_t for the target t and f of focal_factor.h, the loss is f(s); e_t is the unit vector of t:
//   gradient = f'(s) (e_t - p),  H v = f''(s) (v_t - p.v) (e_t - p) - f'(s) (p*v - p (p.v))
template <typename T>
class MulticlassFocalLoss final : public Loss<T> {
 public:
  explicit MulticlassFocalLoss(double gamma) : gamma_(gamma) {}

  double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* weights,
                  T* derivatives) const override {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const T* z = outputs + row * width;
      const auto target = static_cast<int64_t>(targets[row]);
      const Softmax softmax = SoftmaxOf(z, width, target);
      const FocalPoint at = FocalAt(softmax.s, softmax.p, softmax.q, gamma_);
      sum += weights == nullptr ? at.value : static_cast<double>(weights[row]) * at.value;
      if (derivatives == nullptr) continue;
      T* d = derivatives + row * width;
      for (int64_t k = 0; k < width; ++k) {
        d[k] = static_cast<T>(at.first * (k == target ? softmax.q : -softmax.Probability(z[k])));
      }
    }
    return sum;
  }

  void MultiplyByHessian(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* directions,
                         T* products) const override {
    for (int64_t row = 0; row < rows; ++row) {
      const T* z = outputs + row * width;
      const T* v = directions + row * width;
      const auto target = static_cast<int64_t>(targets[row]);
      const Softmax softmax = SoftmaxOf(z, width, target);
      const FocalPoint at = FocalAt(softmax.s, softmax.p, softmax.q, gamma_);
      const double own = static_cast<double>(v[target]);
      double ahead = 0;  // v_t - p.v
      for (int64_t k = 0; k < width; ++k) ahead += softmax.Probability(z[k]) * (own - static_cast<double>(v[k]));
      T* product = products + row * width;
      for (int64_t k = 0; k < width; ++k) {
        const double p = softmax.Probability(z[k]);
        const double along = k == target ? softmax.q : -p;
        product[k] =
            static_cast<T>(at.second * ahead * along - at.first * p * (static_cast<double>(v[k]) - own + ahead));
      }
    }
  }

 private:
  // Of one row; s, p and q = 1 - p of its target.
  struct Softmax {
    double s = 0;
    double p = 0;
    double q = 0;
    double largest = 0;
    double total = 0;

    double Probability(T logit) const { return std::exp(static_cast<double>(logit) - largest) / total; }
  };

  static Softmax SoftmaxOf(const T* z, int64_t width, int64_t target) {
    const int64_t top = std::max_element(z, z + width) - z;
    Softmax softmax;
    softmax.largest = static_cast<double>(z[top]);
    double others = 0;  // all but the largest, so that digits of a tiny loss are kept
    for (int64_t k = 0; k < width; ++k) {
      if (k != top) others += std::exp(static_cast<double>(z[k]) - softmax.largest);
    }
    softmax.total = 1 + others;
    softmax.s = (static_cast<double>(z[target]) - softmax.largest) - std::log1p(others);
    softmax.p = std::exp(softmax.s);
    softmax.q = -std::expm1(softmax.s);
    return softmax;
  }

  const double gamma_;
};

template <typename T>
std::unique_ptr<Loss<T>> Make(const Config& config) {
  return std::make_unique<MulticlassFocalLoss<T>>(config.number("gamma"));
}

}  // namespace

const constinit LossInfo kMulticlassFocalLoss = {
    .kind = {.name = "multiclass_focal",
             .summary = "Cross-entropy that turns to the rows that are still wrong; not convex.",
             .formula = "-(1-p)^gamma * log(p), p = softmax(z)_y",
             .reference = "Lin, Goyal, Girshick, He and Dollar, \"Focal loss for dense object detection\", ICCV 2017, "
                          "with softmax in place of the logistic function",
             .fields = kFields},
    .task = Task::kMulticlass,
    .link = Link::kLogit,
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
