// A model measured on rows: loss and the metrics that fit its task.
#ifndef DESCENT_CORE_TRAINING_EVALUATION_H_
#define DESCENT_CORE_TRAINING_EVALUATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/data/features.h"

namespace descent::core {

struct Metric {
  std::string name;
  double value = 0;

  bool operator==(const Metric&) const = default;
};

struct Evaluation {
  double loss = 0;  // mean, penalties excluded
  int64_t rows = 0;
  std::vector<Metric> metrics;            // in the order of the table
  std::vector<int64_t> confusion_counts;  // [true][predicted], classifiers only

  bool operator==(const Evaluation&) const = default;
};

// A row of the metric table.
struct MetricInfo {
  absl::string_view name;
  absl::string_view summary;
  absl::string_view formula;
  absl::string_view unit;
  absl::Span<const Task> tasks;
};
absl::Span<const MetricInfo> Metrics();

// The class that a classifier's outputs for one row mean: the positive one when its logit is >= 0, or the first of the
// greatest logits.
int64_t LikeliestClass(Task task, absl::Span<const double> outputs);

// Metrics of outputs against targets; every row counts once, whatever its weight. `outputs` is [rows, width]:
// predictions, logits of the positive class, or logits a class; `targets` is [rows], for regression [rows, width]. The
// sums run in the order of the rows. AUC is the Mann-Whitney statistic with ties counted half; NaN when only one class
// occurs, as is R^2 when the targets are constant.
Evaluation ComputeMetrics(Task task, int64_t rows, int64_t width, absl::Span<const double> outputs,
                          absl::Span<const double> targets);

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_EVALUATION_H_
