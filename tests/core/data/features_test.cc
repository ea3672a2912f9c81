#include "core/data/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "core/base/errors.h"

namespace descent::core {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Pointwise;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// x, color, constant, ignored, y.
Table Mixed() {
  Table table;
  table.row_count = 5;
  table.schema.columns = {
      {"x", ColumnType::kNumeric, ColumnRole::kFeature, {}, ""},
      {"color", ColumnType::kCategorical, ColumnRole::kFeature, {"blue", "green", "red"}, ""},
      {"constant", ColumnType::kNumeric, ColumnRole::kFeature, {}, ""},
      {"note", ColumnType::kCategorical, ColumnRole::kIgnored, {"n"}, ""},
      {"y", ColumnType::kNumeric, ColumnRole::kTarget, {}, "1"},
  };
  table.columns.resize(5);
  table.columns[0].numbers = {2, 4, 4, 6, 100};
  table.columns[1].codes = {0, 2, 2, 1, 0};
  table.columns[2].numbers = {0.1, 0.1, 0.1, 0.1, 0.3};
  table.columns[3].codes = {0, -1, 0, 0, -1};
  table.columns[4].numbers = {0, 1, 1, 0, 1};
  table.lines = {2, 3, 4, 6, 7};
  return table;
}

const std::vector<int64_t> kFirstFour = {0, 1, 2, 3};

FeatureEncoder Fit(const Table& table, absl::Span<const int64_t> rows, Scaling scaling, Task task) {
  absl::StatusOr<FeatureEncoder> encoder = FeatureEncoder::Fit(table, rows, scaling, task);
  EXPECT_TRUE(encoder.ok()) << encoder.status();
  return *std::move(encoder);
}

TEST(FeatureEncoderTest, StandardizesOnTrainingRows) {
  const Table table = Mixed();
  const FeatureEncoder encoder = Fit(table, kFirstFour, Scaling::kStandardize, Task::kBinary);
  EXPECT_THAT(encoder.feature_names(), ElementsAre("x", "color=blue", "color=green", "color=red", "constant"));
  EXPECT_THAT(encoder.classes(), ElementsAre("0", "1"));
  EXPECT_THAT(encoder.target_names(), ElementsAre("y"));
  const double factor = 1 / std::sqrt(2.0);  // mean 4, deviations -2, 0, 0, 2
  EXPECT_THAT(encoder.offsets(), Pointwise(DoubleEq(), std::vector<double>{4, 0, 0, 0, 0.1}));
  EXPECT_THAT(encoder.factors(), Pointwise(DoubleEq(), std::vector<double>{factor, 1, 1, 1, 1}));
  const absl::StatusOr<Matrix<double>> matrix = encoder.Encode<double>(table, {}, true);
  ASSERT_TRUE(matrix.ok()) << matrix.status();
  EXPECT_EQ(matrix->rows, 5);
  EXPECT_EQ(matrix->columns, 5);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(matrix->values.data()) % kAlignment, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(matrix->targets.data()) % kAlignment, 0u);
  const std::vector<double> expected = {-2 * factor, 1, 0, 0, 0,           // blue; a constant column is exactly 0
                                        0,           0, 0, 1, 0,           // red
                                        0,           0, 0, 1, 0,           // red
                                        2 * factor,  0, 1, 0, 0,           // green
                                        96 * factor, 1, 0, 0, 0.3 - 0.1};  // not seen in training
  EXPECT_THAT(matrix->values, Pointwise(DoubleEq(), expected));
  EXPECT_THAT(matrix->targets, ElementsAre(0, 1, 1, 0, 1));
}

TEST(FeatureEncoderTest, MinMaxAndNone) {
  const Table table = Mixed();
  const FeatureEncoder encoder = Fit(table, kFirstFour, Scaling::kMinMax, Task::kRegression);
  const std::vector<int64_t> two = {3, 0};
  const absl::StatusOr<Matrix<float>> matrix = encoder.Encode<float>(table, two, false);
  ASSERT_TRUE(matrix.ok()) << matrix.status();
  EXPECT_THAT(matrix->values, ElementsAre(1, 0, 1, 0, 0, 0, 1, 0, 0, 0));
  EXPECT_TRUE(matrix->targets.empty());
  EXPECT_TRUE(encoder.classes().empty());
  const FeatureEncoder plain = Fit(table, {}, Scaling::kNone, Task::kRegression);
  EXPECT_THAT(plain.offsets(), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(plain.factors(), ElementsAre(1, 1, 1, 1, 1));
}

TEST(FeatureEncoderTest, PositiveClassComesSecond) {
  Table table = Mixed();
  table.schema.columns[4].positive_class = "0";
  const FeatureEncoder encoder = Fit(table, {}, Scaling::kNone, Task::kBinary);
  EXPECT_THAT(encoder.classes(), ElementsAre("1", "0"));
  EXPECT_THAT(encoder.Encode<double>(table, {}, true)->targets, ElementsAre(1, 0, 0, 1, 0));
}

// Another table may hold its categories in another order, and others that its rows do not use.
TEST(FeatureEncoderTest, BindsColumnsByName) {
  const Table table = Mixed();
  const FeatureEncoder encoder = Fit(table, {}, Scaling::kNone, Task::kRegression);
  Table other;
  other.row_count = 2;
  other.schema.columns = {
      {"constant", ColumnType::kNumeric, ColumnRole::kFeature, {}, ""},
      {"color", ColumnType::kCategorical, ColumnRole::kFeature, {"red", "purple", "blue"}, ""},
      {"x", ColumnType::kNumeric, ColumnRole::kFeature, {}, ""},
  };
  other.columns.resize(3);
  other.columns[0].numbers = {7, 8};
  other.columns[1].codes = {2, 0};
  other.columns[2].numbers = {1, 2};
  EXPECT_THAT(encoder.Encode<double>(other, {}, false)->values, ElementsAre(1, 1, 0, 0, 7, 2, 0, 0, 1, 8));
}

TEST(FeatureEncoderTest, RefusesTargetsThatDoNotSuit) {
  struct Refusal {
    std::string name;
    Table table;
    Task task;
    std::string message;
  };
  Table categorical = Mixed();
  categorical.schema.columns[4].role = ColumnRole::kFeature;
  categorical.schema.columns[1].role = ColumnRole::kTarget;
  Table fractions = Mixed();
  fractions.columns[4].numbers[3] = 2.5;
  Table missing = Mixed();
  missing.columns[4].numbers[3] = kNan;
  Table one = Mixed();
  one.columns[4].numbers.assign(5, 3);
  Table none = Mixed();
  none.schema.columns[4].role = ColumnRole::kFeature;
  const std::vector<Refusal> all = {
      {"RegressionOnCategories", categorical, Task::kRegression,
       "target column \"color\" is categorical with 3 classes; use a softmax model or choose a numeric target"},
      {"BinaryOnThree", categorical, Task::kBinary,
       "has 3 classes (blue, green, red) and a logistic model tells two apart; use softmax"},
      {"ClassesOfFractions", fractions, Task::kBinary, "is numeric and holds 2.5 in line 6, which is no class"},
      {"ClassesWithMissing", missing, Task::kMulticlass, "has a missing value in line 6"},
      {"OneClass", one, Task::kMulticlass, "has only 1 class (3), there must be at least two"},
      {"NoTarget", none, Task::kRegression, "the dataset has no target column"},
      {"NoRows", Table(), Task::kRegression, "the dataset has no rows"},
  };
  for (const Refusal& refusal : all) {
    SCOPED_TRACE(refusal.name);
    const absl::Status status = FeatureEncoder::Fit(refusal.table, {}, Scaling::kNone, refusal.task).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(status.message(), refusal.message)) << status;
  }
}

TEST(FeatureEncoderTest, RefusesTargetsThatTheLossCannotTake) {
  Table table;
  table.schema.columns = {{"x", ColumnType::kNumeric, ColumnRole::kFeature, {}, ""},
                          {"count", ColumnType::kNumeric, ColumnRole::kTarget, {}, ""}};
  table.columns = {{{1, 2, 3, 4}, {}}, {{0, 2, -1, -5}, {}}};
  table.row_count = 4;
  const FeatureEncoder encoder =
      FeatureEncoder::Fit(table, {0, 1}, Scaling::kNone, Task::kRegression, NonNegative()).value();
  EXPECT_TRUE(encoder.Encode<double>(table, {0, 1}, true).ok());
  EXPECT_TRUE(encoder.Encode<double>(table, {}, false).ok());
  const absl::Status status = encoder.Encode<double>(table, {}, true).status();
  EXPECT_EQ(GetErrorInfo(status).metadata.at("problem_count"), "2");
  EXPECT_EQ(status.message(),
            "target column \"count\" must be >= 0 under this loss, but is -1 in line 3, and out of range in 2 rows; "
            "remove such "
            "rows or choose another loss");
}

TEST(FeatureEncoderTest, RefusesRowsThatTheModelCannotTake) {
  struct Refusal {
    std::string name;
    void (*change)(Table*);
    std::string message;
    std::string line;
  };
  const std::vector<Refusal> all = {
      {"Missing", [](Table* t) { t->columns[0].numbers[3] = t->columns[0].numbers[4] = kNan; },
       "column \"x\" has 2 missing values, the first in line 6", "6"},
      {"MissingCategory", [](Table* t) { t->columns[1].codes[4] = -1; },
       "column \"color\" has 1 missing value, in line 7", "7"},
      {"UnknownCategory",
       [](Table* t) {
         t->schema.columns[1].categories.push_back("grene");
         t->columns[1].codes[2] = 3;
       },
       "has 1 value that the model was not trained on: \"grene\" in line 4; did you mean \"green\"?", "4"},
      {"OtherType",
       [](Table* t) {
         t->schema.columns[0].type = ColumnType::kCategorical;
         t->columns[0].codes.assign(5, -1);
       },
       "column \"x\" is categorical, the model was trained on a numeric one", ""},
      {"OtherName", [](Table* t) { t->schema.columns[1].name = "colour"; },
       "column \"color\", which the model needs, is not there; did you mean \"colour\"?", ""},
      {"UnknownClass", [](Table* t) { t->columns[4].numbers[1] = 7; },
       "target column \"y\" is 7 in line 3, which is none", "3"},
      {"NoTarget", [](Table* t) { t->schema.columns[4].name = "z"; },
       "column \"y\", which the model needs, is not there", ""},
  };
  const FeatureEncoder encoder = Fit(Mixed(), {}, Scaling::kNone, Task::kBinary);
  for (const Refusal& refusal : all) {
    SCOPED_TRACE(refusal.name);
    Table table = Mixed();
    refusal.change(&table);
    const absl::Status status = encoder.Encode<double>(table, {}, true).status();
    const ErrorInfo info = GetErrorInfo(status);
    EXPECT_EQ(info.reason, ErrorReason::kInvalidData) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), refusal.message)) << status;
    if (!refusal.line.empty()) {
      EXPECT_EQ(info.metadata.at("line"), refusal.line);
    }
  }
}

TEST(FeatureEncoderTest, NothingOverflowsSilently) {
  Table table = Mixed();
  table.columns[0].numbers[1] = 1e300;
  const FeatureEncoder plain = Fit(table, {}, Scaling::kNone, Task::kRegression);
  EXPECT_TRUE(plain.Encode<double>(table, {}, true).ok());
  const absl::Status status = plain.Encode<float>(table, {}, true).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "column \"x\" is 1e+300 in line 3, too large for float32")) << status;
  table.columns[0].numbers[2] = -1.7e308;
  table.columns[0].numbers[1] = 1.7e308;
  for (const Scaling scaling : {Scaling::kStandardize, Scaling::kMinMax}) {
    const absl::Status refused = FeatureEncoder::Fit(table, {}, scaling, Task::kRegression).status();
    EXPECT_TRUE(absl::StrContains(refused.message(), "runs from -1.7e+308 to 1.7e+308, which cannot be scaled"))
        << refused;
  }
}

TEST(FindMissingTest, LooksAtFeaturesAndTarget) {
  Table table = Mixed();
  EXPECT_EQ(FindMissing(table).count, 0);  // the ignored column has missing cells
  table.columns[0].numbers[2] = kNan;
  table.columns[1].codes[2] = -1;
  table.columns[4].numbers[4] = kNan;
  EXPECT_EQ(FindMissing(table).count, 2);
  EXPECT_THAT(FindMissing(table).first_lines, ElementsAre(4, 7));
}

TEST(SplitRowsTest, PartitionsRowsBySeed) {
  for (const int64_t rows : {2, 3, 10, 1000}) {
    for (const double fraction : {0.0001, 0.2, 0.5, 0.9999}) {
      const Split split = SplitRows(rows, fraction, 7);
      const int64_t expected = std::clamp<int64_t>(std::llround(fraction * static_cast<double>(rows)), 1, rows - 1);
      EXPECT_EQ(static_cast<int64_t>(split.held_out.size()), expected);
      EXPECT_TRUE(std::is_sorted(split.training.begin(), split.training.end()));
      EXPECT_TRUE(std::is_sorted(split.held_out.begin(), split.held_out.end()));
      std::set<int64_t> all(split.training.begin(), split.training.end());
      all.insert(split.held_out.begin(), split.held_out.end());
      EXPECT_EQ(static_cast<int64_t>(all.size()), rows);
      EXPECT_EQ(static_cast<int64_t>(split.training.size() + split.held_out.size()), rows);
      EXPECT_EQ(SplitRows(rows, fraction, 7).held_out, split.held_out);
    }
  }
  EXPECT_NE(SplitRows(1000, 0.2, 7).held_out, SplitRows(1000, 0.2, 8).held_out);
  EXPECT_THAT(SplitRows(1, 0.5, 7).training, ElementsAre(0));
  EXPECT_TRUE(SplitRows(0, 0.5, 7).held_out.empty());
}

// Every row is held out equally often: 4000 seeds, one row in four; the bound is five standard deviations.
TEST(SplitRowsTest, IsFair) {
  constexpr int kSeeds = 4000;
  std::vector<int> counts(20);
  for (int seed = 0; seed < kSeeds; ++seed) {
    for (const int64_t row : SplitRows(20, 0.25, static_cast<uint64_t>(seed)).held_out)
      ++counts[static_cast<size_t>(row)];
  }
  for (const int count : counts) EXPECT_NEAR(count, kSeeds * 0.25, 5 * std::sqrt(kSeeds * 0.25 * 0.75));
}

}  // namespace
}  // namespace descent::core
