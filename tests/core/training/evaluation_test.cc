#include "core/training/evaluation.h"

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;

std::map<std::string, double> MetricsOf(const Evaluation& evaluation) {
  std::map<std::string, double> metrics;
  for (const Metric& metric : evaluation.metrics) metrics[metric.name] = metric.value;
  return metrics;
}

TEST(EvaluationTest, Regression) {
  auto metrics = MetricsOf(ComputeMetrics(Task::kRegression, 4, 1, {1, 2, 3, 5}, {1, 2, 4, 3}));
  EXPECT_EQ(metrics["mean_squared_error"], 5.0 / 4);
  EXPECT_EQ(metrics["mean_absolute_error"], 3.0 / 4);
  EXPECT_EQ(metrics["r_squared"], 0);
  metrics = MetricsOf(ComputeMetrics(Task::kRegression, 2, 1, {1, 2}, {3, 3}));
  EXPECT_TRUE(std::isnan(metrics["r_squared"]));
}

// 3 positives, 2 negatives; of the 6 pairs the positive is higher in 4, equal in 1.
TEST(EvaluationTest, Binary) {
  const Evaluation evaluation = ComputeMetrics(Task::kBinary, 5, 1, {2, 1, -1, 1, -2}, {1, 1, 1, 0, 0});
  auto metrics = MetricsOf(evaluation);
  EXPECT_EQ(metrics["auc"], 4.5 / 6);
  EXPECT_EQ(metrics["accuracy"], 3.0 / 5);
  EXPECT_EQ(metrics["precision"], 2.0 / 3);
  EXPECT_EQ(metrics["recall"], 2.0 / 3);
  EXPECT_EQ(metrics["f1"], 2.0 / 3);
  EXPECT_THAT(evaluation.confusion_counts, ElementsAre(1, 1, 1, 2));
  EXPECT_EQ(evaluation.rows, 5);
}

TEST(EvaluationTest, MetricsThatDoNotExistAreNaN) {
  auto metrics = MetricsOf(ComputeMetrics(Task::kBinary, 2, 1, {-1, -2}, {0, 0}));
  EXPECT_TRUE(std::isnan(metrics["auc"]));
  EXPECT_TRUE(std::isnan(metrics["precision"]));
  EXPECT_TRUE(std::isnan(metrics["f1"]));
  EXPECT_EQ(metrics["accuracy"], 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  metrics = MetricsOf(ComputeMetrics(Task::kBinary, 3, 1, {nan, 1, nan}, {0, 1, 1}));
  EXPECT_TRUE(std::isnan(metrics["auc"]));
}

TEST(EvaluationTest, Multiclass) {
  const Evaluation evaluation =
      ComputeMetrics(Task::kMulticlass, 4, 3, {1, 0, 0, 0, 2, 0, 3, 1, 0, 1, 1, 0}, {0, 1, 1, 0});
  auto metrics = MetricsOf(evaluation);
  EXPECT_THAT(evaluation.confusion_counts, ElementsAre(2, 0, 0, 1, 1, 0, 0, 0, 0));
  EXPECT_EQ(metrics["accuracy"], 3.0 / 4);
  EXPECT_DOUBLE_EQ(metrics["macro_f1"], (4.0 / 5 + 2.0 / 3) / 2);  // the third class does not occur
}

TEST(EvaluationTest, TheTableListsWhatIsComputed) {
  const auto names = [](Task task) {
    std::vector<std::string> listed;
    for (const MetricInfo& metric : Metrics()) {
      for (const Task fits : metric.tasks) {
        if (fits == task) listed.emplace_back(metric.name);
      }
    }
    return listed;
  };
  for (const Task task : {Task::kRegression, Task::kBinary, Task::kMulticlass}) {
    std::vector<std::string> computed;
    const std::vector<double> outputs(task == Task::kMulticlass ? 3 : 1, 0.5);
    const Evaluation evaluation = ComputeMetrics(task, 1, static_cast<int64_t>(outputs.size()), outputs, {1});
    for (const Metric& metric : evaluation.metrics) computed.push_back(metric.name);
    EXPECT_EQ(computed, names(task));
  }
}

}  // namespace
}  // namespace descent::core
