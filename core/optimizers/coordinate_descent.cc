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

// The data column by column: dense, or what sparse rows store.
template <typename T>
class Columns {
 public:
  void Fill(const LinearRows<T>& rows) {
    rows_ = static_cast<size_t>(rows.count);
    const auto columns = static_cast<size_t>(rows.columns);
    starts_.assign(columns + 1, 0);
    const auto for_each = [&rows](auto at) {
      for (int64_t row = 0; row < rows.count; ++row) {
        rows.features.ForEachIn(row, rows.columns, [&at, row](int64_t column, T x) {
          at(static_cast<size_t>(row), static_cast<size_t>(column), x);
        });
      }
    };
    for_each([this](size_t /*row*/, size_t column, T /*x*/) { ++starts_[column + 1]; });
    for (size_t j = 0; j < columns; ++j) starts_[j + 1] += starts_[j];
    values_.resize(starts_.back());
    const bool is_sparse = rows.features.is_sparse();
    if (is_sparse) places_.resize(values_.size());
    std::vector<size_t> next = starts_;
    for_each([&](size_t row, size_t column, T x) {
      const size_t at = next[column]++;
      values_[at] = x;
      if (is_sparse) places_[at] = static_cast<int32_t>(row);
    });
  }

  bool IsBias(size_t j) const { return j + 1 == starts_.size(); }

  // Calls at(row, x) for what column j stores, from the first row on.
  template <typename At>
  void ForEachIn(size_t j, At at) const {
    const T* const x = values_.data() + starts_[j];
    for (size_t k = 0; k < starts_[j + 1] - starts_[j]; ++k) at(RowOf(j, k), static_cast<double>(x[k]));
  }

  // The sum of term(row, x) over column j; the bias's column is all 1.
  template <typename Term>
  double Sum(size_t j, Term term) const {
    if (IsBias(j)) return OrderedSum(rows_, [term](size_t row) { return term(row, 1.0); });
    const T* __restrict x = values_.data() + starts_[j];
    const size_t stored = starts_[j + 1] - starts_[j];
    if (places_.empty()) {
      return OrderedSum(stored, [x, term](size_t k) { return term(k, static_cast<double>(x[k])); });
    }
    const int32_t* __restrict place = places_.data() + starts_[j];
    return OrderedSum(
        stored, [x, place, term](size_t k) { return term(static_cast<size_t>(place[k]), static_cast<double>(x[k])); });
  }

 private:
  size_t RowOf(size_t j, size_t k) const { return places_.empty() ? k : static_cast<size_t>(places_[starts_[j] + k]); }

  size_t rows_ = 0;
  std::vector<size_t> starts_;   // [columns + 1]
  AlignedVector<T> values_;      // one column after another
  std::vector<int32_t> places_;  // their rows; empty: dense
};

template <typename T>
class CoordinateDescent final : public Optimizer<T> {
 public:
  explicit CoordinateDescent(const ParameterLayout& layout) : squares_(static_cast<size_t>(layout.size)) {}

  void Prepare(const LinearRows<T>& rows) override {
    residuals_.resize(static_cast<size_t>(rows.count));
    weights_ = rows.weights;
    columns_.Fill(rows);
    for (size_t j = 0; j < squares_.size(); ++j) squares_[j] = Sum(j, [](size_t /*row*/, double x) { return x * x; });
  }

  // One sweep: the weights in order, then the bias.
  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const LinearRows<T>* rows = update.batch->rows();
    if (rows == nullptr) return;
    for (size_t i = 0; i < residuals_.size(); ++i) residuals_[i] = static_cast<double>(rows->targets[i]);
    for (size_t j = 0; j < parameters.size(); ++j) Shift(j, static_cast<double>(parameters[j]));
    const T output = 0;
    const T direction = 1;
    T curvature = 0;
    rows->loss->MultiplyByHessian(1, 1, &output, rows->targets, &direction, &curvature);
    const double share = static_cast<double>(curvature) / static_cast<double>(rows->count);
    for (size_t j = 0; j < parameters.size(); ++j) {
      const PenaltyStrengths& penalty = rows->penalty(j);
      const double bend = share * squares_[j] + penalty.quadratic;
      if (!(bend > 0)) continue;
      const double before = static_cast<double>(parameters[j]);
      const double* __restrict r = residuals_.data();
      const double product = Sum(j, [r](size_t row, double x) { return r[row] * x; });
      const double pull = share * (product + squares_[j] * before);
      const double kept = std::abs(pull) - penalty.absolute;
      const double minimum = kept > 0 ? std::copysign(kept, pull) / bend : 0;
      parameters[j] = static_cast<T>(before + update.learning_rate * (minimum - before));
      Shift(j, static_cast<double>(parameters[j]) - before);
    }
  }

  std::vector<absl::Span<T>> State() override { return {}; }

 private:
  // residuals -= change * column j; the last column, of the bias, is all 1.
  void Shift(size_t j, double change) {
    if (change == 0) return;
    if (columns_.IsBias(j)) {
      for (double& residual : residuals_) residual -= change;
    } else {
      columns_.ForEachIn(j, [this, change](size_t row, double x) { residuals_[row] -= change * x; });
    }
  }

  // The sum of weight*term(row, x) over column j.
  template <typename Term>
  double Sum(size_t j, Term term) const {
    const T* const weights = weights_;
    if (weights == nullptr) return columns_.Sum(j, term);
    return columns_.Sum(
        j, [weights, term](size_t row, double x) { return static_cast<double>(weights[row]) * term(row, x); });
  }

  Columns<T> columns_;               // of the data
  const T* weights_ = nullptr;       // of the rows; null: all 1
  std::vector<double> squares_;      // weighted sums of columns' squares, the bias's last
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
                 "sign(z)*max(|z| - l, 0); w_j += rate*(v - w_j). Of rows with weights both sums are weighted, by a "
                 "row's weight over the mean weight",
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
