#include "core/training/duality_gap.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "core/regularizers/regularizer.h"

namespace descent::core {
namespace {

bool IsNone(const PenaltyStrengths& strengths) { return strengths.absolute == 0 && strengths.quadratic == 0; }

// Of one parameter whose quadratic part is not 0.
double Conjugate(const PenaltyStrengths& strengths, double v) {
  const double beyond = std::max(std::abs(v) - strengths.absolute, 0.0);
  return beyond * beyond / (2 * strengths.quadratic);
}

constexpr int kMostDoublings = 60;

// The mean of the rows' values, each times its weight.
template <typename T>
double MeanOf(absl::Span<const T> values, absl::Span<const T> weights) {
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += weights.empty() ? static_cast<double>(values[i])
                           : static_cast<double>(weights[i]) * static_cast<double>(values[i]);
  }
  return sum / static_cast<double>(values.size());
}

// Derivatives of each row's loss by its output, at outputs that are all moved by `shift`; gives their mean.
template <typename T>
double SlopesAt(const Loss<T>& loss, absl::Span<const double> outputs, double shift, absl::Span<const T> targets,
                absl::Span<const T> weights, AlignedVector<T>* slopes) {
  for (size_t i = 0; i < outputs.size(); ++i) (*slopes)[i] = static_cast<T>(outputs[i] + shift);
  loss.Evaluate(static_cast<int64_t>(outputs.size()), 1, slopes->data(), targets.data(), nullptr, slopes->data());
  return MeanOf<T>(*slopes, weights);
}

// The slopes at the best bias: where their mean, which grows with the bias, is 0. By bisection to the last digit.
template <typename T>
void BalanceSlopes(const Loss<T>& loss, absl::Span<const double> outputs, absl::Span<const T> targets,
                   absl::Span<const T> weights, AlignedVector<T>* slopes) {
  constexpr int kMostBisections = 200;
  double low = -1;
  double high = 1;
  for (int i = 0; i < kMostDoublings && SlopesAt(loss, outputs, low, targets, weights, slopes) > 0; ++i) low *= 2;
  for (int i = 0; i < kMostDoublings && SlopesAt(loss, outputs, high, targets, weights, slopes) < 0; ++i) high *= 2;
  for (int i = 0; i < kMostBisections; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (SlopesAt(loss, outputs, middle, targets, weights, slopes) < 0 ? low : high) = middle;
  }
  SlopesAt(loss, outputs, high, targets, weights, slopes);
}

}  // namespace

template <typename T>
std::optional<double> DualityGap(const LossInfo& loss, const Config& loss_config, absl::Span<const Config> penalties,
                                 const ParameterLayout& layout, const Matrix<T>& rows, absl::Span<const double> outputs,
                                 double objective) {
  const PenaltyStrengths of_weights = StrengthsOf(penalties, TensorRole::kWeight, /*with_proximal=*/true);
  const PenaltyStrengths of_bias = StrengthsOf(penalties, TensorRole::kBias, /*with_proximal=*/true);
  if (loss.conjugate == nullptr || rows.rows == 0 || IsNone(of_weights)) return std::nullopt;
  const double n = static_cast<double>(rows.rows);
  const std::unique_ptr<Loss<T>> rows_loss = MakeLoss<T>(loss_config);
  AlignedVector<T> slopes(outputs.size());
  const bool has_bias = layout.tensors.size() > 1;
  if (has_bias && IsNone(of_bias)) {
    BalanceSlopes<T>(*rows_loss, outputs, rows.targets, rows.weights, &slopes);
  } else {
    SlopesAt<T>(*rows_loss, outputs, 0, rows.targets, rows.weights, &slopes);
  }
  // v = -(1/n) sum of weight*s*x, with a feature of 1 for a bias that has a penalty.
  const FeatureRows<T> features = rows.AllRows();
  std::vector<double> v(static_cast<size_t>(rows.columns), 0.0);
  for (int64_t row = 0; row < rows.rows; ++row) {
    const auto at = static_cast<size_t>(row);
    const double part = -static_cast<double>(slopes[at]) * rows.WeightOf(at) / n;
    features.ForEachIn(row, rows.columns, [&v, part](int64_t column, T x) {
      v[static_cast<size_t>(column)] += part * static_cast<double>(x);
    });
  }
  const double v_bias = -MeanOf<T>(slopes, rows.weights);
  // A parameter without l2 bounds its v by l1.
  double shrink = 1;
  const auto bound = [&shrink](const PenaltyStrengths& strengths, double value) {
    if (strengths.quadratic == 0 && std::abs(value) > strengths.absolute)
      shrink = std::min(shrink, strengths.absolute / std::abs(value));
  };
  for (const double value : v) bound(of_weights, value);
  if (has_bias && !IsNone(of_bias)) bound(of_bias, v_bias);

  double dual = 0;
  for (size_t row = 0; row < slopes.size(); ++row) {
    const double conjugate =
        loss.conjugate(loss_config, static_cast<double>(rows.targets[row]), shrink * static_cast<double>(slopes[row]));
    dual -= (rows.WeightOf(row) * conjugate) / n;
  }
  if (of_weights.quadratic > 0) {
    for (const double value : v) dual -= Conjugate(of_weights, shrink * value);
  }
  if (has_bias && of_bias.quadratic > 0) dual -= Conjugate(of_bias, shrink * v_bias);
  if (!std::isfinite(dual)) return std::nullopt;
  // Rounding may bring it below 0.
  return std::max(0.0, objective - dual);
}

template std::optional<double> DualityGap(const LossInfo&, const Config&, absl::Span<const Config>,
                                          const ParameterLayout&, const Matrix<float>&, absl::Span<const double>,
                                          double);
template std::optional<double> DualityGap(const LossInfo&, const Config&, absl::Span<const Config>,
                                          const ParameterLayout&, const Matrix<double>&, absl::Span<const double>,
                                          double);

}  // namespace descent::core
