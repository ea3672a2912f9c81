#include "core/data/inline_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "core/data/csv_reader.h"
#include "core/data/libsvm_reader.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

InlineColumn Numbers(std::string name, std::vector<double> numbers) {
  return {std::move(name), std::move(numbers), {}};
}
InlineColumn Texts(std::string name, std::vector<std::string> texts) { return {std::move(name), {}, std::move(texts)}; }

InlineColumn Sparse(std::string name, InlineSparse cells) { return {std::move(name), {}, {}, std::move(cells)}; }

Schema OneColumn(std::string name, ColumnType type, ColumnRole role = ColumnRole::kUnknown,
                 std::vector<std::string> categories = {}) {
  return Schema{{{std::move(name), type, role, std::move(categories), ""}}};
}

TEST(InlineTableTest, IsTheTableThatCsvGives) {
  const InlineRows rows = {
      3, {Numbers("x", {1, kNan, 2.5}), Texts("color", {"red", "", "blue"}), Numbers("y", {0, 1, 1})}};
  Violations violations;
  const Table table = TableFromRows(rows, {}, &violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  const CsvResult csv = ReadCsv("x,color,y\n1,red,0\nNA,,1\n2.5,blue,1\n", {}, {}, 0, &violations);
  EXPECT_EQ(table.schema, csv.table.schema);
  EXPECT_EQ(ContentHash(table), ContentHash(csv.table));
  EXPECT_EQ(table.LineOf(2), 3);
}

TEST(InlineTableTest, IsTheTableThatLibsvmGives) {
  const InlineRows rows = {
      3, {Numbers("label", {1, -1, 1}), Sparse("features", {{2, 0, 3}, {0, 2, 1, 2, 4}, {0.5, 3, 0, -1, 7}})}};
  Violations violations;
  const Table table = TableFromRows(rows, {}, &violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  const LibsvmResult libsvm = ReadLibsvm("1 1:0.5 3:3\n-1\n1 3:-1 5:7\n", {}, {}, 0, &violations);
  EXPECT_EQ(table.schema, libsvm.table.schema);
  EXPECT_EQ(ContentHash(table), ContentHash(libsvm.table));

  Schema given = OneColumn("features", ColumnType::kSparseVector);
  given.columns[0].width = 9;
  EXPECT_EQ(TableFromRows(rows, given, &violations).schema.columns[1].width, 9);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
}

TEST(InlineTableTest, AppliesWhatIsGiven) {
  const InlineRows rows = {3,
                           {Texts("x", {"1.5", "", "-2"}), Numbers("zip", {10, 9, kNan}), Texts("y", {"a", "b", "a"})}};
  Schema given = OneColumn("x", ColumnType::kNumeric);
  given.columns.push_back({"zip", ColumnType::kCategorical, ColumnRole::kUnknown, {}, ""});
  given.columns.push_back({"y", ColumnType::kUnknown, ColumnRole::kUnknown, {"b", "a"}, "b"});
  Violations violations;
  const Table table = TableFromRows(rows, given, &violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  EXPECT_EQ(table.columns[0].numbers[2], -2);
  EXPECT_TRUE(std::isnan(table.columns[0].numbers[1]));
  EXPECT_THAT(table.schema.columns[1].categories, ElementsAre("10", "9"));
  EXPECT_THAT(table.columns[1].codes, ElementsAre(0, 1, -1));
  EXPECT_THAT(table.columns[2].codes, ElementsAre(1, 0, 1));
  EXPECT_EQ(table.schema.columns[2].positive_class, "b");
}

TEST(InlineTableTest, NamesWhatIsWrong) {
  struct Refusal {
    std::string name;
    InlineRows rows;
    Schema given;
    std::string path;
    std::string fragment;
  };
  std::vector<std::string> many;
  for (int i = 0; i < 1001; ++i) many.push_back("c" + std::to_string(i));
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Refusal> all = {
      {"NoColumns", {2, {}}, {}, "rows.columns", "is empty"},
      {"NoRows", {0, {Numbers("x", {})}}, {}, "rows.row_count", "must be >= 1, was 0"},
      {"NegativeRows", {-1, {Numbers("x", {})}}, {}, "rows.row_count", "was -1"},
      {"Short", {2, {Numbers("x", {1})}}, {}, "rows.columns[0].numbers", "must have rows.row_count = 2 values, has 1"},
      {"Long", {1, {Numbers("x", {1}), Texts("y", {"a", "b"})}}, {}, "rows.columns[1].texts", "has 2"},
      {"Both", {1, {{"x", {1}, {"a"}}}}, {}, "rows.columns[0].texts", "leave out one of the two"},
      {"NoName", {1, {Numbers("", {1})}}, {}, "rows.columns[0].name", "must have 1 to 256 bytes, has 0"},
      {"SameName",
       {1, {Numbers("x", {1}), Numbers("x", {1})}},
       {},
       "rows.columns[1].name",
       "like that of rows.columns[0]"},
      {"Infinite", {2, {Numbers("x", {1, -infinity})}}, {}, "rows.columns[0].numbers[1]", "must be finite, or NaN"},
      {"NoNumber",
       {1, {Texts("x", {"1,5"})}},
       OneColumn("x", ColumnType::kNumeric),
       "rows.columns[0].texts[0]",
       "was \"1,5\""},
      {"UnknownCategory",
       {1, {Texts("x", {"rde"})}},
       OneColumn("x", ColumnType::kUnknown, ColumnRole::kUnknown, {"red"}),
       "rows.columns[0].texts[0]",
       "no category of \"x\"; did you mean \"red\"?"},
      {"ManyClasses",
       {1001, {Texts("x", many)}},
       OneColumn("x", ColumnType::kUnknown, ColumnRole::kTarget),
       "rows.columns[0].texts",
       "has 1001 different values, at most 1000 are allowed as classes"},
      {"SparseAndNumbers",
       {1, {{"x", {1}, {}, InlineSparse{{0}, {}, {}}}}},
       {},
       "rows.columns[0].sparse",
       "must be left out because numbers are given"},
      {"SparseShort",
       {2, {Sparse("x", {{1}, {0}, {1}})}},
       {},
       "rows.columns[0].sparse.nonzero_counts",
       "must have rows.row_count = 2 values, has 1"},
      {"SparseValues",
       {1, {Sparse("x", {{1}, {0}, {1, 2}})}},
       {},
       "rows.columns[0].sparse.values",
       "must have as many values as indices, 1, has 2"},
      {"SparseNegativeCount",
       {2, {Sparse("x", {{2, -1}, {0, 1}, {1, 2}})}},
       {},
       "rows.columns[0].sparse.nonzero_counts[1]",
       "must be >= 0, was -1"},
      {"SparseCountTooLarge",
       {2, {Sparse("x", {{1, std::numeric_limits<int64_t>::max()}, {0, 1}, {1, 2}})}},
       {},
       "rows.columns[0].sparse.nonzero_counts[1]",
       "but only 1 of the 2 indices are left"},
      {"SparseCountsTooSmall",
       {2, {Sparse("x", {{1, 0}, {0, 1}, {1, 2}})}},
       {},
       "rows.columns[0].sparse.nonzero_counts",
       "add up to 1, but there are 2 indices"},
      {"SparseIndexNegative",
       {1, {Sparse("x", {{1}, {-1}, {1}})}},
       {},
       "rows.columns[0].sparse.indices[0]",
       "must be in [0, 33554432), the most numbers a row, was -1"},
      {"SparseOrder",
       {1, {Sparse("x", {{2}, {3, 3}, {1, 1}})}},
       {},
       "rows.columns[0].sparse.indices[1]",
       "is 3 after 3; give the numbers of a row by ascending index"},
      {"SparseInfinite",
       {1, {Sparse("x", {{1}, {0}, {infinity}})}},
       {},
       "rows.columns[0].sparse.values[0]",
       "must be finite, was inf"},
      {"SparseTarget",
       {1, {Sparse("x", {{1}, {0}, {1}})}},
       OneColumn("x", ColumnType::kUnknown, ColumnRole::kTarget),
       "schema.columns[0].role",
       "is a sparse vector; choose another column"},
      {"NotSparse",
       {1, {Numbers("x", {1})}},
       OneColumn("x", ColumnType::kSparseVector),
       "schema.columns[0].type",
       "the cells of \"x\" are single values"},
      {"UnknownColumn",
       {1, {Numbers("x", {1})}},
       OneColumn("z", ColumnType::kNumeric),
       "schema.columns[0].name",
       "is no column of the data"},
  };
  for (const Refusal& refusal : all) {
    SCOPED_TRACE(refusal.name);
    Violations violations;
    TableFromRows(refusal.rows, refusal.given, &violations);
    ASSERT_EQ(violations.list().size(), 1u) << violations.ToStatus();
    EXPECT_EQ(violations.list()[0].field, refusal.path);
    EXPECT_TRUE(absl::StrContains(violations.list()[0].description, refusal.fragment)) << violations.ToStatus();
  }
}

TEST(InlineTableTest, ShowsAFewOfManyWrongCells) {
  Violations violations;
  TableFromRows({1000, {Numbers("x", std::vector<double>(1000, std::numeric_limits<double>::infinity()))}}, {},
                &violations);
  ASSERT_EQ(violations.list().size(), 11u);
  EXPECT_EQ(violations.list().back().description, "has 990 such values more");
}

Schema Training() {
  return Schema{{
      {"x", ColumnType::kNumeric, ColumnRole::kFeature, {}, ""},
      {"id", ColumnType::kCategorical, ColumnRole::kIgnored, {"q"}, ""},
      {"grade", ColumnType::kCategorical, ColumnRole::kFeature, {"1", "1.50", "other"}, ""},
      {"y", ColumnType::kCategorical, ColumnRole::kTarget, {"no", "yes"}, "yes"},
  }};
}

TEST(PredictionTableTest, MapsOntoTheTrainingSchema) {
  const InlineRows rows = {
      3, {Texts("comment", {"a", "b", "c"}), Numbers("grade", {1.5, kNan, 1}), Texts("x", {"1e3", "", "-1"})}};
  const absl::StatusOr<Table> table = TableForPrediction(rows, Training(), false);
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->schema.columns.size(), 2u);
  EXPECT_EQ(table->schema.columns[1], Training().columns[2]);
  EXPECT_EQ(table->columns[0].numbers[0], 1000);
  EXPECT_TRUE(std::isnan(table->columns[0].numbers[1]));
  EXPECT_THAT(table->columns[1].codes, ElementsAre(1, -1, 0));

  InlineRows with_target = rows;
  with_target.columns.push_back(Texts("y", {"yes", "no", "yes"}));
  const absl::StatusOr<Table> evaluation = TableForPrediction(with_target, Training(), true);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_THAT(evaluation->columns[2].codes, ElementsAre(1, 0, 1));
}

TEST(PredictionTableTest, NamesWhatIsWrong) {
  const InlineRows rows = {2, {Texts("grad", {"1", "2"}), Texts("x", {"1", "one"})}};
  const ErrorInfo info = GetErrorInfo(TableForPrediction(rows, Training(), true).status());
  EXPECT_EQ(info.reason, ErrorReason::kInvalidField);
  ASSERT_EQ(info.violations.size(), 3u);
  EXPECT_EQ(info.violations[0].field, "rows.columns[1].texts[1]");
  EXPECT_EQ(info.violations[1].field, "rows.columns");
  EXPECT_TRUE(
      absl::StrContains(info.violations[1].description,
                        "has no column \"grade\", which is a feature of the model; add it; did you mean \"grad\"?"))
      << info.violations[1].description;
  EXPECT_TRUE(absl::StrContains(info.violations[2].description, "\"y\", which is the target"));

  const InlineRows unknown = {1, {Numbers("grade", {7}), Numbers("x", {1})}};
  const ErrorInfo category = GetErrorInfo(TableForPrediction(unknown, Training(), false).status());
  ASSERT_EQ(category.violations.size(), 1u);
  EXPECT_EQ(category.violations[0].field, "rows.columns[0].numbers[0]");
  EXPECT_TRUE(absl::StrContains(category.violations[0].description, "\"7\", which is no category of \"grade\""));
}

TEST(PredictionTableTest, TakesSparseVectorsOfTheTrainedWidth) {
  const Schema training{{
      {"label", ColumnType::kNumeric, ColumnRole::kTarget, {}, "1"},
      {"features", ColumnType::kSparseVector, ColumnRole::kFeature, {}, "", 5},
  }};
  const absl::StatusOr<Table> table =
      TableForPrediction({2, {Sparse("features", {{1, 2}, {4, 0, 1}, {1, 2, 3}})}}, training, false);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->schema.columns[0].width, 5);
  EXPECT_THAT(table->columns[0].sparse.starts, ElementsAre(0, 1, 3));
  EXPECT_THAT(table->columns[0].sparse.indices, ElementsAre(4, 0, 1));

  const auto refusal = [&training](InlineColumn column) {
    const ErrorInfo info = GetErrorInfo(TableForPrediction({1, {std::move(column)}}, training, false).status());
    return info.violations.size() == 1 ? info.violations[0] : Violation{};
  };
  EXPECT_EQ(refusal(Sparse("features", {{1}, {5}, {1}})),
            (Violation{"rows.columns[0].sparse.indices[0]", "must be in [0, 5), the width of \"features\", was 5"}));
  EXPECT_EQ(refusal(Texts("features", {"1:5"})),
            (Violation{"rows.columns[0].sparse",
                       "is required: \"features\" is a sparse vector of width 5; give its cells there"}));
  const ErrorInfo numeric = GetErrorInfo(
      TableForPrediction({1, {Sparse("x", {{1}, {0}, {1}}), Texts("grade", {"1"})}}, Training(), false).status());
  ASSERT_EQ(numeric.violations.size(), 1u);
  EXPECT_EQ(numeric.violations[0].field, "rows.columns[0].sparse");
  EXPECT_TRUE(absl::StrContains(numeric.violations[0].description, "is for sparse vectors, which \"x\" is not"));
}

}  // namespace
}  // namespace descent::core
