// What is read: guesses, values, overrides, and that looks do not matter.
#include "core/data/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;

CsvResult Read(absl::string_view text, const CsvFormat& format = {}, const Schema& given = {}) {
  Violations violations;
  CsvResult result = ReadCsv(text, format, given, 10, &violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  EXPECT_TRUE(FatalProblems(result).ok()) << FatalProblems(result);
  return result;
}

std::vector<Violation> ViolationsOf(absl::string_view text, const CsvFormat& format, const Schema& given) {
  Violations violations;
  ReadCsv(text, format, given, 10, &violations);
  return violations.list();
}

std::string Example(const std::string& name) {
  std::ifstream file(absl::StrCat(std::getenv("DESCENT_SOURCE_DIR"), "/examples/data/", name), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

ColumnSchema Column(std::string name, ColumnType type, ColumnRole role = ColumnRole::kUnknown,
                    std::vector<std::string> categories = {}, std::string positive_class = "") {
  return {std::move(name), type, role, std::move(categories), std::move(positive_class)};
}

TEST(CsvReaderTest, GuessesTheExamples) {
  struct Expected {
    std::string file;
    int64_t rows;
    size_t columns;
    std::string target;
    ColumnType type;
    std::vector<std::string> classes;
    std::string positive;
  };
  const std::vector<Expected> all = {
      {"breast_cancer.csv", 569, 31, "diagnosis", ColumnType::kCategorical, {"benign", "malignant"}, "malignant"},
      {"diabetes.csv", 442, 11, "progression", ColumnType::kNumeric, {}, ""},
      {"digits.csv", 1797, 65, "digit", ColumnType::kNumeric, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, ""},
      {"iris.csv", 150, 5, "species", ColumnType::kCategorical, {"setosa", "versicolor", "virginica"}, ""},
      {"wine.csv", 178, 14, "cultivar", ColumnType::kCategorical, {"class_0", "class_1", "class_2"}, ""},
  };
  for (const Expected& expected : all) {
    SCOPED_TRACE(expected.file);
    const CsvResult result = Read(Example(expected.file));
    EXPECT_EQ(result.problem_count, 0);
    EXPECT_EQ(result.format.delimiter, ',');
    EXPECT_EQ(result.format.header, true);
    EXPECT_EQ(result.format.missing_tokens.size(), 7u);
    EXPECT_EQ(result.table.row_count, expected.rows);
    ASSERT_EQ(result.table.schema.columns.size(), expected.columns);
    const int64_t target = result.table.schema.Target();
    ASSERT_EQ(target, static_cast<int64_t>(expected.columns) - 1);
    const ColumnSchema& column = result.table.schema.columns.back();
    EXPECT_EQ(column.name, expected.target);
    EXPECT_EQ(column.type, expected.type);
    EXPECT_EQ(column.positive_class, expected.positive);
    if (!expected.classes.empty()) {
      EXPECT_EQ(ClassesOf(result.table, target), expected.classes);
    }
    for (size_t i = 0; i + 1 < expected.columns; ++i) {
      EXPECT_EQ(result.table.schema.columns[i].type, ColumnType::kNumeric);
      EXPECT_EQ(result.table.schema.columns[i].role, ColumnRole::kFeature);
    }
    EXPECT_EQ(result.table.LineOf(expected.rows - 1), expected.rows + 1);
    EXPECT_EQ(result.preview.size(), expected.columns);
    EXPECT_EQ(result.preview[0].size(), 10u);
  }
}

TEST(CsvReaderTest, GuessesDelimiterAndHeader) {
  struct Expected {
    std::string text;
    char delimiter;
    bool header;
    int64_t rows;
  };
  const std::vector<Expected> all = {
      {"a,b\n1,2\n", ',', true, 1},
      {"1,2\n3,4", ',', false, 2},
      {"a;b\n1;2\n", ';', true, 1},
      {"\"x, y\";2\n\"z, w\";4\n", ';', false, 2},
      {"a\tb\n1\t2\n", '\t', true, 1},
      {"1|2\r\n3|4\r\n", '|', false, 2},
      {"a\n1\n2\n", ',', true, 2},                         // a single column
      {"red,small\nblue,big\nred,tiny\n", ',', false, 3},  // the first row's red occurs again
      {"color,size\nblue,big\nred,tiny\n", ',', true, 2},  // all texts, all distinct
      {"name,2001\nx,1\ny,2\n", ',', false, 3},            // a number: nothing shows that it is a name
      {",a\n0,1\n1,2\n", ',', true, 2},                    // an unnamed index column
      {"list,n\na;b;c,1\nd;e;f,2\n", ',', true, 2},
      {"\n\na,b\n1,2\n", ',', true, 1},
  };
  for (const Expected& expected : all) {
    SCOPED_TRACE(expected.text);
    Violations violations;
    const CsvResult result = ReadCsv(expected.text, {}, {}, 0, &violations);
    EXPECT_EQ(result.format.delimiter, expected.delimiter);
    EXPECT_EQ(result.format.header, expected.header);
    if (result.fatal_count == 0) {
      EXPECT_EQ(result.table.row_count, expected.rows);
    }
  }
}

// Numbers in every spelling come out correctly rounded; what the compiler makes of the literal is the reference.
TEST(CsvReaderTest, ReadsNumbersExactly) {
  const CsvResult result = Read(
      "x,y\n0.1,1\n+2.5,1\n -3 ,1\n\"4\",1\n.5,1\n5.,1\n1e3,1\n-1E-2,1\n9007199254740993,1\n0.30000000000000004,1\n"
      "123456789012345678901234567890,1\n2.2250738585072011e-308,1\n5e-324,1\n1e-999,1\n-0,1\n"
      "1.7976931348623157e308,1\n179769313486231570000.5,1\n0.000000000000000000000001,1\n");
  const std::vector<double> expected = {0.1,
                                        2.5,
                                        -3,
                                        4,
                                        .5,
                                        5.,
                                        1e3,
                                        -1E-2,
                                        9007199254740993.0,
                                        0.30000000000000004,
                                        123456789012345678901234567890.0,
                                        2.2250738585072011e-308,
                                        5e-324,
                                        0,
                                        -0.0,
                                        1.7976931348623157e308,
                                        179769313486231570000.5,
                                        0.000000000000000000000001};
  EXPECT_EQ(result.table.columns[0].numbers, expected);
  EXPECT_TRUE(std::signbit(result.table.columns[0].numbers[14]));
}

TEST(CsvReaderTest, ReadsQuotesAndTexts) {
  const CsvResult result = Read(
      "\xef\xbb\xbf\"na,me\",text,y\r\n1,\"say \"\"hi\"\"\",1\n2, trimmed ,2\r\n3,\" kept \",3\r4,\"two\r\nlines\",4\n"
      "5 , \"spaced\" ,5");
  EXPECT_EQ(result.table.schema.columns[0].name, "na,me");
  EXPECT_THAT(result.table.schema.columns[1].categories,
              ElementsAre(" kept ", "say \"hi\"", "spaced", "trimmed", "two\r\nlines"));
  EXPECT_THAT(result.table.columns[1].codes, ElementsAre(1, 3, 0, 4, 2));
  EXPECT_THAT(result.table.columns[2].numbers, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(result.table.lines, ElementsAre(2, 3, 4, 5, 7));
  EXPECT_THAT(result.preview[1], ElementsAre("say \"hi\"", "trimmed", " kept ", "two\r\nlines", "spaced"));
}

TEST(CsvReaderTest, KnowsMissingValues) {
  const CsvResult result = Read("n,t,y\nNA,a,1\n,\"\",2\nnan,?,3\n-NaN,NULL,4\n5,b,N/A\n");
  for (int row = 0; row < 4; ++row) EXPECT_TRUE(std::isnan(result.table.columns[0].numbers[static_cast<size_t>(row)]));
  EXPECT_THAT(result.table.columns[1].codes, ElementsAre(0, -1, -1, -1, 1));
  EXPECT_TRUE(std::isnan(result.table.columns[2].numbers[4]));
  EXPECT_EQ(result.problem_count, 3);  // one hint a column

  CsvFormat format;
  format.missing_tokens = {"-999", "none"};
  const CsvResult other = Read("n,t,y\n-999,none,1\n2,NA,3\n", format);
  EXPECT_TRUE(std::isnan(other.table.columns[0].numbers[0]));
  EXPECT_THAT(other.table.columns[1].codes, ElementsAre(-1, 0));
  EXPECT_THAT(other.table.schema.columns[1].categories, ElementsAre("NA"));
}

// A column that turns out to be text far down the file is read again from its first row.
TEST(CsvReaderTest, FindsTextsBeyondTheSample) {
  std::string text = "late,n,early\n";
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&text, i, ",", i, ",", i % 2 == 0 ? "even" : "odd", "\n");
  absl::StrAppend(&text, "NA,0,odd\nend,1,even\n");
  const CsvResult result = Read(text);
  const Table& table = result.table;
  EXPECT_EQ(table.row_count, 3002);
  ASSERT_EQ(table.schema.columns[0].type, ColumnType::kCategorical);
  ASSERT_EQ(table.columns[0].codes.size(), 3002u);
  const auto text_of = [&table](size_t row) {
    return table.schema.columns[0].categories[static_cast<size_t>(table.columns[0].codes[row])];
  };
  EXPECT_EQ(text_of(0), "0");
  EXPECT_EQ(text_of(2999), "2999");
  EXPECT_EQ(table.columns[0].codes[3000], -1);
  EXPECT_EQ(text_of(3001), "end");
  EXPECT_EQ(table.columns[1].numbers.size(), 3002u);
  EXPECT_EQ(table.columns[2].codes.size(), 3002u);
  EXPECT_EQ(result.fatal_count, 0);
}

TEST(CsvReaderTest, AppliesWhatIsGiven) {
  Schema given;
  given.columns = {
      Column("code", ColumnType::kCategorical),
      Column("y", ColumnType::kUnknown, ColumnRole::kTarget, {}, "0"),
      Column("color", ColumnType::kUnknown, ColumnRole::kUnknown, {"red", "NA", "blue"}),
      Column("id", ColumnType::kUnknown, ColumnRole::kIgnored),
  };
  const CsvResult result = Read("id,y,code,color,z\n7,1,10,blue,1\n8,0.0,9,NA,2\n9,1,10,blue,3\n", {}, given);
  const Schema& schema = result.table.schema;
  EXPECT_EQ(schema.columns[0].role, ColumnRole::kIgnored);
  EXPECT_THAT(result.table.columns[0].numbers, ElementsAre(7, 8, 9));  // kept all the same
  EXPECT_EQ(schema.Target(), 1);
  EXPECT_EQ(schema.columns[1].positive_class, "0");
  EXPECT_THAT(schema.columns[2].categories, ElementsAre("10", "9"));  // bytes, not numbers, in ascending order
  EXPECT_THAT(schema.columns[3].categories, ElementsAre("red", "NA", "blue"));
  EXPECT_THAT(result.table.columns[3].codes, ElementsAre(2, 1, 2));
  EXPECT_EQ(schema.columns[4].role, ColumnRole::kFeature);

  // What an inspection answers can be handed back as it is.
  const CsvResult again =
      Read("id,y,code,color,z\n7,1,10,blue,1\n8,0.0,9,NA,2\n9,1,10,blue,3\n", result.format, schema);
  EXPECT_EQ(again.table.schema, schema);
  EXPECT_EQ(ContentHash(again.table), ContentHash(result.table));
}

TEST(CsvReaderTest, ChoosesTheTarget) {
  const auto target = [](absl::string_view text, Schema given) {
    const CsvResult result = Read(text, {}, given);
    const int64_t index = result.table.schema.Target();
    return index < 0 ? std::string() : result.table.schema.columns[static_cast<size_t>(index)].name;
  };
  const auto schema = [](std::vector<ColumnSchema> columns) { return Schema{std::move(columns)}; };
  const ColumnType any = ColumnType::kUnknown;
  EXPECT_EQ(target("a,b,c\n1,2,3\n", {}), "c");
  EXPECT_EQ(target("a,b,c\n1,2,3\n", schema({Column("a", any, ColumnRole::kTarget)})), "a");
  EXPECT_EQ(target("a,b,c\n1,2,3\n", schema({Column("c", any, ColumnRole::kIgnored)})), "b");
  EXPECT_EQ(target("a\n1\n", {}), "");
  EXPECT_EQ(target("a,b\n1,2\n", schema({Column("a", any, ColumnRole::kIgnored)})), "");
}

TEST(CsvReaderTest, RefusesSettingsThatContradict) {
  struct Refusal {
    std::string name;
    std::vector<ColumnSchema> given;
    std::string path;
    std::string fragment;
  };
  const ColumnType any = ColumnType::kUnknown;
  const ColumnRole weight = ColumnRole::kWeight;
  const ColumnRole target = ColumnRole::kTarget;
  const std::vector<Refusal> all = {
      {"UnknownName",
       {Column("sise", any)},
       "schema.columns[0].name",
       "\"sise\", which is no column of the data; did you mean \"size\"?"},
      {"NameTwice", {Column("size", any), Column("size", any)}, "schema.columns[1].name", "a second time"},
      {"TwoWeights",
       {Column("size", any, weight), Column("class", any, weight)},
       "schema.columns[1].role",
       "\"class\" is a weight besides \"size\""},
      {"CategoricalWeight",
       {Column("size", ColumnType::kCategorical, weight)},
       "schema.columns[0].type",
       "must be numeric for a weight"},
      {"AllIgnored",
       {Column("size", any, ColumnRole::kIgnored), Column("color", any, ColumnRole::kIgnored),
        Column("class", any, ColumnRole::kIgnored)},
       "schema.columns",
       "ignores every column"},
      {"NoTarget",
       {Column("size", any, ColumnRole::kFeature), Column("color", any, ColumnRole::kFeature),
        Column("class", any, ColumnRole::kFeature)},
       "schema.columns",
       "names no target"},
      {"CategoriesOfNumbers",
       {Column("size", ColumnType::kNumeric, ColumnRole::kUnknown, {"1"})},
       "schema.columns[0].categories",
       "only for a categorical column"},
      {"CategoryTwice",
       {Column("color", any, ColumnRole::kUnknown, {"red", "blue", "red"})},
       "schema.columns[0].categories[2]",
       "\"red\" a second time"},
      {"EmptyCategory",
       {Column("color", any, ColumnRole::kUnknown, {"red", ""})},
       "schema.columns[0].categories[1]",
       "must not be empty"},
      {"PositiveClassOfFeature",
       {Column("color", any, ColumnRole::kUnknown, {}, "red")},
       "schema.columns[0].positive_class",
       "only for the target"},
      {"PositiveClassUnknown",
       {Column("class", any, ColumnRole::kUnknown, {}, "yess")},
       "schema.columns[0].positive_class",
       "must be a class of \"class\", was \"yess\"; did you mean \"yes\"?"},
      {"PositiveClassOfMany",
       {Column("size", any, target, {}, "1")},
       "schema.columns[0].positive_class",
       "only for a target of two classes; \"size\" has 3"},
  };
  for (const Refusal& refusal : all) {
    SCOPED_TRACE(refusal.name);
    const std::vector<Violation> found =
        ViolationsOf("size,color,class\n1,red,yes\n2,blue,no\n3,red,no\n", {}, Schema{refusal.given});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].field, refusal.path);
    EXPECT_TRUE(absl::StrContains(found[0].description, refusal.fragment)) << found[0].description;
  }
  for (const char delimiter : {'"', '\n', '1', 'e', '.', '-', '\0', '\xe9'}) {
    CsvFormat format;
    format.delimiter = delimiter;
    const std::vector<Violation> found = ViolationsOf("a,b\n", format, {});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].field, "format.delimiter");
  }
}

// The content hash is about schema and cells: the looks of the file do not count.
TEST(CsvReaderTest, LooksDoNotChangeTheHash) {
  const std::string plain = "n,color,y\n1.5,red,0\n-2,blue,1\nNA,red,0\n";
  const std::string hash = ContentHash(Read(plain).table);
  EXPECT_TRUE(absl::StartsWith(hash, "sha256:")) << hash;
  EXPECT_EQ(hash.size(), 71u);
  const std::vector<std::string> same = {
      absl::StrReplaceAll(plain, {{"\n", "\r\n"}}),
      absl::StrReplaceAll(plain, {{"\n", "\r"}}),
      absl::StrReplaceAll(plain, {{",", ";"}}),
      absl::StrReplaceAll(plain, {{",", "\t"}}),
      absl::StrReplaceAll(plain, {{"red", "\"red\""}, {"1.5", "\"1.50\""}, {"n,", "\"n\","}}),
      absl::StrCat("\xef\xbb\xbf", plain.substr(0, plain.size() - 1)),
      absl::StrReplaceAll(plain, {{"NA", ""}, {"-2", " -2e0 "}}),
      absl::StrReplaceAll(plain, {{"\n", "\n\n"}}),
  };
  for (const std::string& text : same) EXPECT_EQ(ContentHash(Read(text).table), hash) << text;
  const std::vector<std::string> different = {
      absl::StrReplaceAll(plain, {{"1.5", "1.5000001"}}), absl::StrReplaceAll(plain, {{"-2,blue", "-2,red"}}),
      absl::StrReplaceAll(plain, {{"blue", "Blue"}}),     absl::StrReplaceAll(plain, {{"n,", "m,"}}),
      absl::StrReplaceAll(plain, {{"NA", "0"}}),          absl::StrCat(plain, "1.5,red,0\n"),
  };
  for (const std::string& text : different) EXPECT_NE(ContentHash(Read(text).table), hash) << text;
  const std::vector<ColumnSchema> overrides = {
      Column("color", ColumnType::kUnknown, ColumnRole::kUnknown, {"red", "blue"}),
      Column("color", ColumnType::kUnknown, ColumnRole::kIgnored),
      Column("n", ColumnType::kCategorical),
      Column("n", ColumnType::kUnknown, ColumnRole::kTarget),
      Column("y", ColumnType::kUnknown, ColumnRole::kUnknown, {}, "0"),
  };
  for (const ColumnSchema& column : overrides) EXPECT_NE(ContentHash(Read(plain, {}, Schema{{column}}).table), hash);
}

// Hostile input costs time and memory in proportion to its size.
TEST(CsvReaderTest, StaysBounded) {
  Violations violations;
  EXPECT_EQ(ReadCsv(std::string(1000000, ','), {}, {}, 1000, &violations).fatal_count, 1);
  EXPECT_GE(ReadCsv(std::string(2000000, '"'), {}, {}, 1000, &violations).fatal_count, 0);
  EXPECT_GE(ReadCsv(std::string(3000000, '\n') + "x", {}, {}, 1000, &violations).fatal_count, 0);
  // A wide header over many narrow rows: no room is made for cells that are not there.
  std::string wide = "c0";
  for (int i = 1; i < 60000; ++i) absl::StrAppend(&wide, ",c", i);
  for (int i = 0; i < 300000; ++i) wide += "\n1";
  const CsvResult result = ReadCsv(wide, {}, {}, 1000, &violations);
  EXPECT_EQ(result.fatal_count, 300000);
  EXPECT_EQ(result.table.row_count, 0);
  // Long previews end.
  std::string long_cells = "a,b\n";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&long_cells, std::string(5000, 'x'), i, ",1\n");
  const CsvResult preview = ReadCsv(long_cells, {}, {}, 1000, &violations);
  ASSERT_EQ(preview.preview.size(), 2u);
  EXPECT_EQ(preview.preview[0][0].size(), 200u);
}

}  // namespace
}  // namespace descent::core
