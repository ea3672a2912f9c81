// What is averaged over rows. One file a kind; losses.cc lists them.
#ifndef DESCENT_CORE_LOSSES_LOSS_H_
#define DESCENT_CORE_LOSSES_LOSS_H_

#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/data/features.h"

namespace descent::core {

// T is float or double; sums are double whatever T is. Thread-safety: immutable.
template <typename T>
class Loss {
 public:
  virtual ~Loss() = default;

  // Sum of the losses of `rows` rows, each times its weight. `outputs` is [rows, width], row-major, as the model gives
  // them; `targets` is [rows], for regression [rows, width]; `weights` is [rows], or null: all 1. Writes the derivative
  // of each row's own loss by its outputs, neither averaged nor weighted, to `derivatives`, [rows, width], unless it is
  // null; it may be the same memory as `outputs`. Rows are summed in order.
  virtual double Evaluate(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* weights,
                          T* derivatives) const = 0;

  // products[r] = H_r directions[r], where H_r is the second derivative of row r's own loss by its outputs; all are
  // [rows, width], and `products` may be the same memory as `directions`. Where a loss has a kink or changes its
  // formula H_r is that of one side: of linear parts it is 0.
  virtual void MultiplyByHessian(int64_t rows, int64_t width, const T* outputs, const T* targets, const T* directions,
                                 T* products) const = 0;
};

// What a model's outputs are under a loss.
enum class Link {
  kIdentity,  // the prediction itself
  kLog,       // the logarithm of the predicted mean, which is exp(output)
  kLogit,     // log odds of class 1, or one logit a class
  kMargin,    // signed distance to the boundary of class 1, or of each class to all others: no probabilities follow
};

// A row of the loss table.
struct LossInfo {
  KindInfo kind;
  Task task;  // what is predicted
  Link link;
  Range targets = AnyFinite();  // what a regression target may be
  // The convex conjugate of one row's loss in its output, sup_z slope*z - loss(z): infinite outside its domain. Null
  // where it has none in closed form, or more than one output.
  double (*conjugate)(const Config& config, double target, double slope) = nullptr;
  bool has_kinks = false;     // whether the slope jumps, so that minima lie where there is no second derivative
  double most_curvature = 0;  // the largest second derivative by the output; 0: has no bound, or depends on fields
  std::unique_ptr<Loss<double>> (*make_double)(const Config& config);
  std::unique_ptr<Loss<float>> (*make_float)(const Config& config);
};

// All losses, in the order of the documentation.
absl::Span<const LossInfo* const> Losses();

// The row of a kind, or null.
const LossInfo* FindLoss(absl::string_view name);

template <typename T>
std::unique_ptr<Loss<T>> MakeLoss(const Config& config);

// Outputs of a regression model to predictions: exp(output) under kLog, else nothing changes.
void PredictFromOutputs(Link link, absl::Span<double> outputs);

}  // namespace descent::core

#endif  // DESCENT_CORE_LOSSES_LOSS_H_
