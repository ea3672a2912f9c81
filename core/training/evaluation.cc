#include "core/training/evaluation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace descent::core {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

constexpr Task kRegressionTask[] = {Task::kRegression};
constexpr Task kBinaryTask[] = {Task::kBinary};
constexpr Task kMulticlassTask[] = {Task::kMulticlass};
constexpr Task kClassifierTasks[] = {Task::kBinary, Task::kMulticlass};

constexpr MetricInfo kMetrics[] = {
    {"mean_squared_error", "Mean of the squared errors.", "mean((f - y)^2)", "target units squared", kRegressionTask},
    {"mean_absolute_error", "Mean of the absolute errors.", "mean(|f - y|)", "target units", kRegressionTask},
    {"r_squared",
     "Share of the variance that is explained, with several targets the mean of theirs; NaN when a target is constant.",
     "1 - sum((f - y)^2)/sum((y - mean(y))^2)", "", kRegressionTask},
    {"accuracy", "Share of rows whose likeliest class is the true one.", "correct/rows", "", kClassifierTasks},
    {"auc",
     "Chance that a positive row gets a higher output than a negative one, ties counted half; NaN when only one "
     "class occurs.",
     "Mann-Whitney U/(positives*negatives)", "", kBinaryTask},
    {"precision", "Share of rows taken for positive that are; NaN when none is taken for it.", "TP/(TP + FP)", "",
     kBinaryTask},
    {"recall", "Share of positive rows taken for positive; NaN when there is none.", "TP/(TP + FN)", "", kBinaryTask},
    {"f1", "Harmonic mean of precision and recall; NaN when no row is, or is taken for, positive.",
     "2 TP/(2 TP + FP + FN)", "", kBinaryTask},
    {"macro_f1", "Mean of the F1 of the classes that occur or are predicted.",
     "mean over classes of 2 TP/(2 TP + FP + FN)", "", kMulticlassTask},
};

double Ratio(double numerator, double denominator) { return denominator == 0 ? kNaN : numerator / denominator; }

// Of `width` targets a row: errors over all of them, and the mean of their shares of variance.
std::vector<Metric> RegressionMetrics(int64_t width, absl::Span<const double> outputs,
                                      absl::Span<const double> targets) {
  const auto step = static_cast<size_t>(width);
  const double rows = static_cast<double>(targets.size() / step);
  double squares = 0;
  double absolutes = 0;
  double explained = 0;
  for (size_t k = 0; k < step; ++k) {
    double own_squares = 0;
    double total = 0;
    for (size_t i = k; i < targets.size(); i += step) {
      const double error = outputs[i] - targets[i];
      own_squares += error * error;
      absolutes += std::abs(error);
      total += targets[i];
    }
    const double mean = total / rows;
    double variation = 0;
    for (size_t i = k; i < targets.size(); i += step) variation += (targets[i] - mean) * (targets[i] - mean);
    squares += own_squares;
    explained += variation == 0 ? kNaN : 1 - own_squares / variation;
  }
  const double values = rows * static_cast<double>(width);
  return {{"mean_squared_error", squares / values},
          {"mean_absolute_error", absolutes / values},
          {"r_squared", explained / static_cast<double>(width)}};
}

// Mann-Whitney: ranks of the positive rows, equal outputs sharing the mean of theirs.
double Auc(absl::Span<const double> outputs, absl::Span<const double> targets) {
  for (const double output : outputs) {
    if (std::isnan(output)) return kNaN;
  }
  std::vector<size_t> order(outputs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return outputs[a] < outputs[b]; });
  double positives = 0;
  double rank_sum = 0;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    double positives_here = 0;
    for (; end < order.size() && outputs[order[end]] == outputs[order[begin]]; ++end) {
      if (targets[order[end]] == 1) ++positives_here;
    }
    rank_sum += positives_here * (static_cast<double>(begin + end + 1) / 2);
    positives += positives_here;
    begin = end;
  }
  const double negatives = static_cast<double>(order.size()) - positives;
  return Ratio(rank_sum - positives * (positives + 1) / 2, positives * negatives);
}

double F1(double true_positives, double false_positives, double false_negatives) {
  return Ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives);
}

// Counts of one class against all others.
struct ClassCounts {
  double true_positives = 0;
  double false_positives = 0;
  double false_negatives = 0;
};

ClassCounts CountsOf(int64_t target, int64_t classes, absl::Span<const int64_t> confusion) {
  ClassCounts counts;
  for (int64_t other = 0; other < classes; ++other) {
    const double taken = static_cast<double>(confusion[static_cast<size_t>(other * classes + target)]);
    const double given = static_cast<double>(confusion[static_cast<size_t>(target * classes + other)]);
    if (other == target) {
      counts.true_positives = taken;
    } else {
      counts.false_positives += taken;
      counts.false_negatives += given;
    }
  }
  return counts;
}

double MacroF1(int64_t classes, absl::Span<const int64_t> confusion) {
  double sum = 0;
  double occurring = 0;
  for (int64_t target = 0; target < classes; ++target) {
    const ClassCounts counts = CountsOf(target, classes, confusion);
    const double f1 = F1(counts.true_positives, counts.false_positives, counts.false_negatives);
    if (std::isnan(f1)) continue;
    sum += f1;
    ++occurring;
  }
  return Ratio(sum, occurring);
}

std::vector<Metric> ClassifierMetrics(Task task, int64_t rows, int64_t classes, absl::Span<const double> outputs,
                                      absl::Span<const double> targets, absl::Span<const int64_t> confusion) {
  int64_t correct = 0;
  for (int64_t c = 0; c < classes; ++c) correct += confusion[static_cast<size_t>(c * classes + c)];
  std::vector<Metric> metrics = {{"accuracy", Ratio(static_cast<double>(correct), static_cast<double>(rows))}};
  if (task == Task::kMulticlass) {
    metrics.push_back({"macro_f1", MacroF1(classes, confusion)});
    return metrics;
  }
  const ClassCounts positive = CountsOf(1, classes, confusion);
  const auto [true_positives, false_positives, false_negatives] = positive;
  metrics.push_back({"auc", Auc(outputs, targets)});
  metrics.push_back({"precision", Ratio(true_positives, true_positives + false_positives)});
  metrics.push_back({"recall", Ratio(true_positives, true_positives + false_negatives)});
  metrics.push_back({"f1", F1(true_positives, false_positives, false_negatives)});
  return metrics;
}

}  // namespace

absl::Span<const MetricInfo> Metrics() { return kMetrics; }

int64_t LikeliestClass(Task task, absl::Span<const double> outputs) {
  if (task == Task::kBinary) return outputs[0] >= 0 ? 1 : 0;
  return std::max_element(outputs.begin(), outputs.end()) - outputs.begin();
}

Evaluation ComputeMetrics(Task task, int64_t rows, int64_t width, absl::Span<const double> outputs,
                          absl::Span<const double> targets) {
  Evaluation evaluation;
  evaluation.rows = rows;
  if (task == Task::kRegression) {
    evaluation.metrics = RegressionMetrics(width, outputs, targets);
    return evaluation;
  }
  const int64_t classes = task == Task::kBinary ? 2 : width;
  evaluation.confusion_counts.assign(static_cast<size_t>(classes * classes), 0);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t predicted =
        LikeliestClass(task, outputs.subspan(static_cast<size_t>(row * width), static_cast<size_t>(width)));
    const int64_t target = static_cast<int64_t>(targets[static_cast<size_t>(row)]);
    ++evaluation.confusion_counts[static_cast<size_t>(target * classes + predicted)];
  }
  evaluation.metrics = ClassifierMetrics(task, rows, classes, outputs, targets, evaluation.confusion_counts);
  return evaluation;
}

}  // namespace descent::core
