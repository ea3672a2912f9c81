#include "core/data/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Table SmallTable() {
  Table table;
  table.row_count = 4;
  table.schema.columns = {
      {"x", ColumnType::kNumeric, ColumnRole::kFeature, {}, ""},
      {"color", ColumnType::kCategorical, ColumnRole::kIgnored, {"blue", "green", "red"}, ""},
      {"y", ColumnType::kNumeric, ColumnRole::kTarget, {}, "1"},
  };
  table.columns.resize(3);
  table.columns[0].numbers = {1.5, kNan, -2, 1.5};
  table.columns[1].codes = {2, 0, -1, 2};
  table.columns[2].numbers = {0, 1, 1, 0};
  table.lines = {2, 3, 5, 6};
  return table;
}

Table SparseTable() {
  Table table;
  table.row_count = 3;
  table.schema.columns = {
      {"label", ColumnType::kNumeric, ColumnRole::kTarget, {}, "1"},
      {"features", ColumnType::kSparseVector, ColumnRole::kFeature, {}, "", 5},
  };
  table.columns.resize(2);
  table.columns[0].numbers = {1, -1, 1};
  table.columns[1].sparse = {{0, 2, 2, 4}, {0, 4, 1, 2}, {2.5, 4, 2.5, 1e300}};
  table.lines = {1, 2, 4};
  return table;
}

TEST(TableTest, StatisticsOfSparseVectorsCountTheZeros) {
  ColumnStatistics statistics = ComputeStatistics(SparseTable())[1];
  EXPECT_EQ(statistics.nonzero_count, 4);
  EXPECT_EQ(statistics.missing_count, 0);
  EXPECT_EQ(statistics.distinct_count, 4);
  EXPECT_EQ(statistics.minimum, 0);
  EXPECT_EQ(statistics.maximum, 1e300);
  EXPECT_FALSE(statistics.mean.has_value());
  Table full = SparseTable();
  full.row_count = 1;
  full.schema.columns[1].width = 2;
  full.columns[1].sparse = {{0, 2}, {0, 1}, {-3, -2}};
  statistics = ComputeStatistics(full)[1];
  EXPECT_EQ(statistics.distinct_count, 2);
  EXPECT_EQ(statistics.minimum, -3);
  EXPECT_EQ(statistics.maximum, -2);
  Table empty = SparseTable();
  empty.row_count = 0;
  empty.columns[1].sparse = {};
  EXPECT_FALSE(ComputeStatistics(empty)[1].minimum.has_value());
  EXPECT_THAT(ClassesOf(SparseTable(), 1), IsEmpty());
}

TEST(TableTest, StatisticsCountAndMeasure) {
  const std::vector<ColumnStatistics> statistics = ComputeStatistics(SmallTable());
  ASSERT_EQ(statistics.size(), 3u);
  EXPECT_EQ(statistics[0].missing_count, 1);
  EXPECT_EQ(statistics[0].distinct_count, 2);
  EXPECT_EQ(statistics[0].minimum, -2);
  EXPECT_EQ(statistics[0].maximum, 1.5);
  EXPECT_DOUBLE_EQ(*statistics[0].mean, 1.0 / 3);
  EXPECT_DOUBLE_EQ(*statistics[0].standard_deviation, std::sqrt(49.0 / 18));
  EXPECT_THAT(statistics[0].classes, IsEmpty());  // no target
  EXPECT_EQ(statistics[1].missing_count, 1);
  EXPECT_EQ(statistics[1].distinct_count, 2);
  EXPECT_FALSE(statistics[1].mean.has_value());
  ASSERT_EQ(statistics[1].classes.size(), 3u);
  EXPECT_EQ(statistics[1].classes[1].label, "green");
  EXPECT_EQ(statistics[1].classes[1].row_count, 0);
  EXPECT_EQ(statistics[1].classes[2].row_count, 2);
  ASSERT_EQ(statistics[2].classes.size(), 2u);
  EXPECT_EQ(statistics[2].classes[1].label, "1");
  EXPECT_EQ(statistics[2].classes[1].row_count, 2);
}

// The naive formula E[x^2] - E[x]^2 gives 0, or less, for all of these.
TEST(TableTest, MomentsKeepTheirDigits) {
  const Moments offset = ComputeMoments(std::vector<double>{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  EXPECT_DOUBLE_EQ(offset.mean, 1e9 + 10);
  EXPECT_DOUBLE_EQ(offset.standard_deviation, std::sqrt(22.5));
  const Moments huge = ComputeMoments(std::vector<double>{-1.7e308, 1.7e308});
  EXPECT_DOUBLE_EQ(huge.mean, 0);
  EXPECT_DOUBLE_EQ(huge.standard_deviation, 1.7e308);
  const Moments tiny = ComputeMoments(std::vector<double>{1e-300, 3e-300});
  EXPECT_DOUBLE_EQ(tiny.mean, 2e-300);
  EXPECT_DOUBLE_EQ(tiny.standard_deviation, 1e-300);
  const Moments constant = ComputeMoments(std::vector<double>(1000, 0.1));
  EXPECT_EQ(constant.mean, 0.1);
  EXPECT_EQ(constant.standard_deviation, 0);
  EXPECT_EQ(ComputeMoments({}).count, 0);
}

TEST(TableTest, ClassesAreCategoriesOrWholeNumbers) {
  Table table = SmallTable();
  EXPECT_THAT(ClassesOf(table, 0), IsEmpty());  // fractions and missing values
  EXPECT_THAT(ClassesOf(table, 1), ElementsAre("blue", "green", "red"));
  EXPECT_THAT(ClassesOf(table, 2), ElementsAre("0", "1"));
  table.columns[2].numbers = {100000, -3, 1e300, -3};
  EXPECT_THAT(ClassesOf(table, 2), ElementsAre("-3", "100000", "1e+300"));
  table.columns[2].numbers = {0, 1, kNan, 1};
  EXPECT_THAT(ClassesOf(table, 2), IsEmpty());
  table.row_count = kMaxClasses + 1;
  table.columns[2].numbers.clear();
  for (int64_t i = 0; i < table.row_count; ++i) table.columns[2].numbers.push_back(static_cast<double>(i));
  EXPECT_THAT(ClassesOf(table, 2), IsEmpty());
}

void ExpectSame(const Table& a, const Table& b) {
  EXPECT_EQ(a.schema, b.schema);
  EXPECT_EQ(a.row_count, b.row_count);
  EXPECT_EQ(a.lines, b.lines);
  ASSERT_EQ(a.columns.size(), b.columns.size());
  EXPECT_EQ(EncodeTable(a), EncodeTable(b));
}

TEST(TableTest, RoundTrips) {
  Table schema_only;
  schema_only.schema = SparseTable().schema;
  schema_only.columns.resize(2);
  for (const Table& table : {SmallTable(), SparseTable(), schema_only, Table()}) {
    const absl::StatusOr<Table> decoded = DecodeTable(EncodeTable(table));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ExpectSame(table, *decoded);
  }
}

// Every single damaged bit and every cut is noticed.
TEST(TableTest, DamageIsRefused) {
  for (const std::string& bytes : {EncodeTable(SmallTable()), EncodeTable(SparseTable())}) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      const absl::Status status = DecodeTable(flipped).status();
      EXPECT_EQ(GetErrorInfo(status).reason, ErrorReason::kStoredDataDamaged) << i;
      EXPECT_FALSE(DecodeTable(absl::string_view(bytes).substr(0, i)).ok()) << i;
    }
    EXPECT_FALSE(DecodeTable(bytes + "x").ok());
  }
}

// Bytes whose checksum is right but whose sparse rows are not what others rely on.
TEST(TableTest, UnsoundSparseRowsAreRefused) {
  using Change = std::function<void(Table*)>;
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<std::string, Change>> all = {
      {"starts begin later",
       [](Table* t) {
         t->columns[1].sparse.starts = {1, 2, 2, 4};
       }},
      {"starts fall",
       [](Table* t) {
         t->columns[1].sparse.starts = {0, 3, 2, 4};
       }},
      {"starts leave the cells",
       [](Table* t) {
         t->columns[1].sparse.starts = {0, 2, 9, 4};
       }},
      {"starts end early",
       [](Table* t) {
         t->columns[1].sparse.starts = {0, 2, 2, 3};
       }},
      {"a start too few",
       [](Table* t) {
         t->columns[1].sparse.starts = {0, 2, 4};
       }},
      {"no starts", [](Table* t) { t->columns[1].sparse.starts.clear(); }},
      {"index repeats",
       [](Table* t) {
         t->columns[1].sparse.indices = {4, 4, 1, 2};
       }},
      {"index falls",
       [](Table* t) {
         t->columns[1].sparse.indices = {4, 0, 1, 2};
       }},
      {"index negative",
       [](Table* t) {
         t->columns[1].sparse.indices = {-1, 4, 1, 2};
       }},
      {"index beyond the width",
       [](Table* t) {
         t->columns[1].sparse.indices = {0, 5, 1, 2};
       }},
      {"an index too few", [](Table* t) { t->columns[1].sparse.indices.pop_back(); }},
      {"zero kept", [](Table* t) { t->columns[1].sparse.values[1] = 0; }},
      {"minus zero kept", [](Table* t) { t->columns[1].sparse.values[1] = -0.0; }},
      {"NaN", [](Table* t) { t->columns[1].sparse.values[1] = kNan; }},
      {"infinite", [infinity](Table* t) { t->columns[1].sparse.values[1] = infinity; }},
      {"no width", [](Table* t) { t->schema.columns[1].width = 0; }},
      {"width too large", [](Table* t) { t->schema.columns[1].width = kMaxSparseWidth + 1; }},
      {"numbers as well",
       [](Table* t) {
         t->columns[1].numbers = {1, 2, 3};
       }},
      {"target",
       [](Table* t) {
         t->schema.columns[0].role = ColumnRole::kFeature;
         t->schema.columns[1].role = ColumnRole::kTarget;
       }},
      {"rows without starts", [](Table* t) { t->row_count = std::numeric_limits<int64_t>::max(); }},
  };
  for (const auto& [name, change] : all) {
    SCOPED_TRACE(name);
    Table table = SparseTable();
    change(&table);
    EXPECT_EQ(GetErrorInfo(DecodeTable(EncodeTable(table)).status()).reason, ErrorReason::kStoredDataDamaged);
  }
}

// Servers that know no sparse vectors read the other tables as ever.
TEST(TableTest, OnlySparseTablesHaveTheNewVersion) {
  EXPECT_EQ(EncodeTable(SmallTable())[4], 1);
  EXPECT_EQ(EncodeTable(SparseTable())[4], 2);
}

TEST(TableTest, HashIsOverSchemaAndCells) {
  const std::string hash = ContentHash(SmallTable());
  // Computed once from the documented bytes with Python. A dataset keeps its version over releases: it must never
  // change.
  EXPECT_EQ(hash, "sha256:1a0e8b4dfa5a4f34ac368e7763b38af978da6370d27172caca1023d1f20d1577");
  Table table = SmallTable();
  table.lines.clear();
  table.columns[0].numbers[1] = -kNan;  // missing is missing
  EXPECT_EQ(ContentHash(table), hash);
  const auto changed = [&hash](auto change) {
    Table other = SmallTable();
    change(&other);
    return ContentHash(other) != hash;
  };
  EXPECT_TRUE(changed([](Table* t) { t->columns[0].numbers[0] = 1.5000000000000002; }));
  EXPECT_TRUE(changed([](Table* t) { t->columns[1].codes[0] = 1; }));
  EXPECT_TRUE(changed([](Table* t) { t->schema.columns[0].name = "z"; }));
  EXPECT_TRUE(changed([](Table* t) { t->schema.columns[0].role = ColumnRole::kIgnored; }));
  EXPECT_TRUE(changed([](Table* t) { t->schema.columns[2].positive_class = "0"; }));
  EXPECT_TRUE(
      changed([](Table* t) { std::swap(t->schema.columns[1].categories[0], t->schema.columns[1].categories[1]); }));
}

TEST(TableTest, HashIsOverSparseCells) {
  const std::string hash = ContentHash(SparseTable());
  // Computed once from the documented bytes with Python, as above.
  EXPECT_EQ(hash, "sha256:a65297985fa5d1aaf368a22a80d9fd15dea1888771193fa7d59e91399a2894de");
  const auto changed = [&hash](auto change) {
    Table other = SparseTable();
    change(&other);
    return ContentHash(other) != hash;
  };
  EXPECT_TRUE(changed([](Table* t) { t->schema.columns[1].width = 6; }));
  EXPECT_TRUE(changed([](Table* t) { t->columns[1].sparse.starts[1] = 1; }));
  EXPECT_TRUE(changed([](Table* t) { t->columns[1].sparse.indices[1] = 3; }));
  EXPECT_TRUE(changed([](Table* t) { t->columns[1].sparse.values[1] = 4.000000000000001; }));
}

TEST(TableTest, Sha256IsTheStandardOne) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(NumberTest, ParsesTheWholeText) {
  double value = 0;
  for (const char* text : {"1", "+1", " 1", "1 ", "1.", "01", "1e0", "\t+1.0e-0 "}) {
    EXPECT_EQ(ParseNumber(text, &value), NumberKind::kNumber) << text;
    EXPECT_EQ(value, 1) << text;
  }
  for (const char* text :
       {"", " ", "+", "-", "+-1", "--1", "1e", "0x10", "1,5", "1_000", "1 2", ".", "e5", "nanx", "infin", "1f"}) {
    EXPECT_EQ(ParseNumber(text, &value), NumberKind::kNone) << text;
  }
  for (const char* text : {"nan", "NaN", "-NAN", "+nan"})
    EXPECT_EQ(ParseNumber(text, &value), NumberKind::kNan) << text;
  for (const char* text : {"inf", "-Infinity", "+INF"})
    EXPECT_EQ(ParseNumber(text, &value), NumberKind::kInfinite) << text;
  for (const char* text : {"1e309", "-1e999"}) EXPECT_EQ(ParseNumber(text, &value), NumberKind::kOutOfRange) << text;
}

}  // namespace
}  // namespace descent::core
