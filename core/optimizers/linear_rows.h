// The rows of a problem with one linear output, for optimizers that go through them.
#ifndef DESCENT_CORE_OPTIMIZERS_LINEAR_ROWS_H_
#define DESCENT_CORE_OPTIMIZERS_LINEAR_ROWS_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "core/data/matrix.h"
#include "core/losses/loss.h"
#include "core/optimizers/ordered_sum.h"
#include "core/regularizers/regularizer.h"

namespace descent::core {

// The objective (1/count) * sum over the rows of weight*loss(w.x + b, target), plus penalties; weights are over their
// mean. The parameters are the weights of the features, one each, then the bias if there is one. A view: what it points
// to belongs to the objective.
template <typename T>
struct LinearRows {
  int64_t count = 0;
  int64_t columns = 0;
  FeatureRows<T> features;  // [count, columns]
  const T* targets = nullptr;
  const T* weights = nullptr;  // over their mean; null: all 1
  const Loss<T>* loss = nullptr;
  bool has_bias = false;
  PenaltyStrengths of_weights;  // without what a proximal step takes in
  PenaltyStrengths of_bias;
  absl::Span<const int64_t> picked;  // rows of the batch, some perhaps twice; none stands for all

  int64_t batch_size() const { return picked.empty() ? count : static_cast<int64_t>(picked.size()); }
  int64_t batch_row(int64_t place) const { return picked.empty() ? place : picked[static_cast<size_t>(place)]; }
  double weight(int64_t index) const { return weights == nullptr ? 1 : static_cast<double>(weights[index]); }
  const PenaltyStrengths& penalty(size_t parameter) const {
    return parameter < static_cast<size_t>(columns) ? of_weights : of_bias;
  }

  // The derivative of weight*loss of a row by its output.
  T Slope(int64_t index, absl::Span<const T> parameters) const {
    const double sum = Product(index, parameters);
    const T output = static_cast<T>(has_bias ? sum + static_cast<double>(parameters.back()) : sum);
    T slope = 0;
    loss->Evaluate(1, 1, &output, targets + index, nullptr, &slope);
    return weights == nullptr ? slope : static_cast<T>(weight(index) * static_cast<double>(slope));
  }

  // x.w of a row, without the bias.
  double Product(int64_t index, absl::Span<const T> parameters) const {
    const T* __restrict w = parameters.data();
    if (features.is_sparse()) {
      const auto stored = features.StoredOf(index);
      return OrderedSum(static_cast<size_t>(stored.count), [stored, w](size_t k) {
        return static_cast<double>(stored.values[k]) * static_cast<double>(w[stored.indices[k]]);
      });
    }
    const T* __restrict x = features.values + index * columns;
    return OrderedSum(static_cast<size_t>(columns),
                      [x, w](size_t j) { return static_cast<double>(x[j]) * static_cast<double>(w[j]); });
  }

  // to += factor * (the derivative of a row's output by the parameters).
  void AddRow(int64_t index, double factor, absl::Span<double> to) const {
    double* __restrict sum = to.data();
    features.ForEachIn(index, columns, [sum, factor](int64_t j, T x) { sum[j] += factor * static_cast<double>(x); });
    if (has_bias) to.back() += factor;
  }

  // parameters -= rate * (direction + the derivative of the penalties).
  void Descend(double rate, absl::Span<const double> direction, absl::Span<T> parameters) const {
    for (size_t j = 0; j < parameters.size(); ++j) {
      const double value = static_cast<double>(parameters[j]);
      const double sign = value > 0 ? 1 : (value < 0 ? -1 : 0);
      const PenaltyStrengths& strengths = penalty(j);
      const double slope = direction[j] + strengths.quadratic * value + strengths.absolute * sign;
      parameters[j] = static_cast<T>(value - rate * slope);
    }
  }
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_LINEAR_ROWS_H_
