// Coordinate descent for least squares with penalties, see the formula in kCoordinateDescent below.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/aligned.h"
#include "core/optimizers/kinds.h"
#include "core/optimizers/linear_rows.h"
#include "core/optimizers/ordered_sum.h"

namespace descent::core {
namespace {

constexpr absl::string_view kLosses[] = {"squared", "half_squared"};

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Share of the way to each coordinate's minimum that is gone.", 1, OpenClosed(0, 1)),
};

template <typename T>
class CoordinateDescent final : public Optimizer<T> {
 public:
  explicit CoordinateDescent(const ParameterLayout& layout) : squares_(static_cast<size_t>(layout.size)) {}

  void Prepare(const LinearRows<T>& rows) override {
    residuals_.resize(static_cast<size_t>(rows.count));
    columns_.resize(residuals_.size() * static_cast<size_t>(rows.columns));
    for (size_t j = 0; j < static_cast<size_t>(rows.columns); ++j) {
      for (size_t i = 0; i < residuals_.size(); ++i) {
        columns_[j * residuals_.size() + i] = rows.row(static_cast<int64_t>(i))[j];
      }
      const T* __restrict x = column(j);
      squares_[j] = OrderedSum(residuals_.size(),
                               [x](size_t i) { return static_cast<double>(x[i]) * static_cast<double>(x[i]); });
    }
    if (rows.has_bias) squares_.back() = static_cast<double>(rows.count);
  }

  // One sweep: the weights in order, then the bias.
  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const LinearRows<T>* rows = update.batch->rows();
    if (rows == nullptr) return;
    for (size_t i = 0; i < residuals_.size(); ++i) residuals_[i] = static_cast<double>(rows->targets[i]);
    const auto weights = static_cast<size_t>(rows->columns);
    for (size_t j = 0; j < parameters.size(); ++j) {
      Shift(j < weights ? column(j) : nullptr, static_cast<double>(parameters[j]));
    }
    const T output = 0;
    const T direction = 1;
    T curvature = 0;
    rows->loss->MultiplyByHessian(1, 1, &output, rows->targets, &direction, &curvature);
    const double share = static_cast<double>(curvature) / static_cast<double>(rows->count);
    for (size_t j = 0; j < parameters.size(); ++j) {
      const T* x = j < weights ? column(j) : nullptr;
      const PenaltyStrengths& penalty = rows->penalty(j);
      const double bend = share * squares_[j] + penalty.quadratic;
      if (!(bend > 0)) continue;
      const double before = static_cast<double>(parameters[j]);
      const double pull = share * (Product(x) + squares_[j] * before);
      const double kept = std::abs(pull) - penalty.absolute;
      const double minimum = kept > 0 ? std::copysign(kept, pull) / bend : 0;
      parameters[j] = static_cast<T>(before + update.learning_rate * (minimum - before));
      Shift(x, static_cast<double>(parameters[j]) - before);
    }
  }

  std::vector<absl::Span<T>> State() override { return {}; }

 private:
  const T* column(size_t j) const { return columns_.data() + j * residuals_.size(); }

  // residuals -= change * x; null: of the bias, whose feature is 1.
  void Shift(const T* x, double change) {
    if (change == 0) return;
    for (size_t i = 0; i < residuals_.size(); ++i) {
      residuals_[i] -= x == nullptr ? change : change * static_cast<double>(x[i]);
    }
  }
  double Product(const T* x) const {
    const double* __restrict r = residuals_.data();
    if (x == nullptr) return OrderedSum(residuals_.size(), [r](size_t i) { return r[i]; });
    return OrderedSum(residuals_.size(), [r, x](size_t i) { return r[i] * static_cast<double>(x[i]); });
  }

  // Of the data: columns one after another, and their squared lengths, the bias's last.
  AlignedVector<T> columns_;
  std::vector<double> squares_;
  AlignedVector<double> residuals_;  // scratch: target - output
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& /*config*/, const ParameterLayout& layout) {
  return std::make_unique<CoordinateDescent<T>>(layout);
}

}  // namespace

const constinit OptimizerInfo kCoordinateDescent = {
    .kind = {.name = "coordinate_descent",
             .summary = "Goes to the exact minimum along one weight after another, exact zeros included: for least "
                        "squares with l1, l2 or elastic_net penalties (lasso, ridge).",
             .formula =
                 "a step is a sweep over the weights, then the bias: v = S(c/n * sum of x_ij (r_i + x_ij w_j), l1) / "
                 "(c/n * sum of x_ij^2 + l2), r the residuals, c = 2 under squared and 1 under half_squared, S(z, l) = "
                 "sign(z)*max(|z| - l, 0); w_j += rate*(v - w_j)",
             .reference = "Friedman, Hastie and Tibshirani, \"Regularization paths for generalized linear models via "
                          "coordinate descent\", Journal of Statistical Software 33(1), 2010",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .whole_vector = true,
    .needs_batch = true,
    .needs_linear_rows = true,
    .losses = kLosses};

}  // namespace descent::core
