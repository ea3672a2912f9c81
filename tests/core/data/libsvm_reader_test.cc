// libsvm text: what is read, and everything that can be wrong with it, with the place and the words.
#include "core/data/libsvm_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/data/csv_reader.h"
#include "core/data/table_reader.h"

namespace descent::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr LibsvmFormat kZeroBased{true};

LibsvmResult Read(absl::string_view text, const LibsvmFormat& format = {}, const Schema& given = {}) {
  Violations violations;
  LibsvmResult result = ReadLibsvm(text, format, given, 10, &violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  return result;
}

LibsvmResult ReadSound(absl::string_view text, const LibsvmFormat& format = {}, const Schema& given = {}) {
  LibsvmResult result = Read(text, format, given);
  EXPECT_TRUE(FatalProblems(result).ok()) << FatalProblems(result);
  return result;
}

std::vector<Violation> ViolationsOf(const Schema& given) {
  Violations violations;
  ReadLibsvm("1 3:1\n", {}, given, 0, &violations);
  return violations.list();
}

std::string Example(const std::string& name) {
  std::ifstream file(absl::StrCat(std::getenv("DESCENT_SOURCE_DIR"), "/examples/data/", name), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Schema Features(int64_t width) {
  Schema schema;
  schema.columns.push_back({"features", ColumnType::kUnknown, ColumnRole::kUnknown, {}, "", width});
  return schema;
}

Schema Label(ColumnType type, ColumnRole role = ColumnRole::kUnknown, std::vector<std::string> categories = {}) {
  return Schema{{{"label", type, role, std::move(categories), ""}}};
}

TEST(LibsvmReaderTest, BecomesALabelAndASparseVector) {
  const LibsvmResult result = ReadSound(
      "\xef\xbb\xbf# made by hand\n"
      "+1 1:0.5 3:-2e-1 # the first\n"
      "\n"
      "-1\t2:+1.5   7:1e3\t\r\n"
      "1 4:0 5:-0.0 6:0.000\n"
      "  -1\r"
      "1 1:.5#no blank");
  EXPECT_EQ(result.problem_count, 0);
  EXPECT_EQ(result.format.zero_based, false);
  const Table& table = result.table;
  ASSERT_EQ(table.schema.columns.size(), 2u);
  EXPECT_EQ(table.schema.columns[0], (ColumnSchema{"label", ColumnType::kNumeric, ColumnRole::kTarget, {}, "1"}));
  EXPECT_EQ(table.schema.columns[1],
            (ColumnSchema{"features", ColumnType::kSparseVector, ColumnRole::kFeature, {}, "", 7}));
  EXPECT_EQ(table.row_count, 5);
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1, -1, 1, -1, 1));
  EXPECT_THAT(table.columns[1].sparse.starts, ElementsAre(0, 2, 4, 4, 4, 5));
  EXPECT_THAT(table.columns[1].sparse.indices, ElementsAre(0, 2, 1, 6, 0));
  EXPECT_THAT(table.columns[1].sparse.values, ElementsAre(0.5, -0.2, 1.5, 1000, 0.5));
  EXPECT_THAT(table.lines, ElementsAre(2, 4, 5, 6, 7));
  EXPECT_THAT(result.preview,
              ElementsAre(ElementsAre("+1", "-1", "1", "-1", "1"),
                          ElementsAre("1:0.5 3:-2e-1", "2:+1.5   7:1e3", "4:0 5:-0.0 6:0.000", "", "1:.5")));
}

// digits.svm is digits.csv in another form: the same numbers come out.
TEST(LibsvmReaderTest, ReadsTheExampleAsItsCsv) {
  const Table sparse = ReadSound(Example("digits.svm")).table;
  Violations violations;
  const Table dense = ReadCsv(Example("digits.csv"), {}, {}, 0, &violations).table;
  ASSERT_EQ(sparse.row_count, dense.row_count);
  EXPECT_EQ(sparse.schema.columns[1].width, 64);
  EXPECT_EQ(sparse.columns[0].numbers, dense.columns[64].numbers);
  EXPECT_EQ(ClassesOf(sparse, 0), ClassesOf(dense, 64));
  const SparseRows& rows = sparse.columns[1].sparse;
  for (size_t row = 0; row + 1 < rows.starts.size(); ++row) {
    std::vector<double> values(64);
    for (auto k = static_cast<size_t>(rows.starts[row]); k < static_cast<size_t>(rows.starts[row + 1]); ++k) {
      values[static_cast<size_t>(rows.indices[k])] = rows.values[k];
    }
    for (size_t i = 0; i < 64; ++i) ASSERT_EQ(values[i], dense.columns[i].numbers[row]) << row << " " << i;
  }
}

TEST(LibsvmReaderTest, LooksDoNotMatter) {
  const std::string hash = ContentHash(ReadSound("1 1:0.5 3:2\n-1 2:1\n").table);
  EXPECT_EQ(ContentHash(ReadSound("+1.0   1:5e-1\t2:0 3:2.000 # x\r\n\r\n-1e0 2:1").table), hash);
  EXPECT_EQ(ContentHash(ReadSound("1 0:0.5 2:2\n-1 1:1\n", kZeroBased).table), hash);
  EXPECT_EQ(ContentHash(ReadSound("1 1:0.5 3:2\n-1 2:1\n", {}, Features(3)).table), hash);
  EXPECT_NE(ContentHash(ReadSound("1 1:0.5 3:2\n-1 2:1\n", {}, Features(4)).table), hash);
  EXPECT_NE(ContentHash(ReadSound("1 1:0.5 2:2\n-1 3:1\n").table), hash);
  EXPECT_NE(ContentHash(ReadSound("1 1:0.5\n-1 2:1 3:2\n").table), hash);
}

TEST(LibsvmReaderTest, WidthIsTheLargestIndexOrGiven) {
  EXPECT_EQ(ReadSound("1 5:1\n0 9:0\n").table.schema.columns[1].width, 9);
  EXPECT_EQ(ReadSound("1 5:1\n0 9:0\n", kZeroBased).table.schema.columns[1].width, 10);
  EXPECT_EQ(ReadSound("1\n0\n").table.schema.columns[1].width, 1);
  EXPECT_EQ(ReadSound("1\n0\n", kZeroBased).table.schema.columns[1].width, 1);
  EXPECT_EQ(ReadSound("1 5:1\n", {}, Features(100)).table.schema.columns[1].width, 100);
  EXPECT_EQ(ReadSound("1 100:1\n", {}, Features(100)).table.columns[1].sparse.indices[0], 99);
  EXPECT_EQ(ReadSound("1 33554432:1\n").table.schema.columns[1].width, kMaxSparseWidth);
  EXPECT_EQ(ReadSound("1 00000000000000000002:1\n").table.schema.columns[1].width, 2);
}

TEST(LibsvmReaderTest, LabelsAreWhatTheSchemaSays) {
  Schema classes = Label(ColumnType::kCategorical);
  classes.columns[0].positive_class = "ham";
  const Table texts = ReadSound("spam 1:1\nham 2:1\nspam\n", {}, classes).table;
  EXPECT_THAT(texts.schema.columns[0].categories, ElementsAre("ham", "spam"));
  EXPECT_THAT(texts.columns[0].codes, ElementsAre(1, 0, 1));
  EXPECT_EQ(texts.schema.columns[0].positive_class, "ham");

  const Table listed =
      ReadSound("2 1:1\n10 1:1\n", {}, Label(ColumnType::kUnknown, ColumnRole::kTarget, {"10", "2"})).table;
  EXPECT_THAT(listed.columns[0].codes, ElementsAre(1, 0));

  Schema positive = Label(ColumnType::kUnknown);
  positive.columns[0].positive_class = "-1";
  EXPECT_EQ(ReadSound("+1 1:1\n-1 1:1\n", {}, positive).table.schema.columns[0].positive_class, "-1");

  const Table regression = ReadSound("1.25 1:1\n-3e2 1:1\n").table;
  EXPECT_THAT(regression.columns[0].numbers, ElementsAre(1.25, -300));
  EXPECT_EQ(regression.schema.columns[0].positive_class, "");

  const Table ignored = ReadSound("0 1:1\n", {}, Label(ColumnType::kUnknown, ColumnRole::kIgnored)).table;
  EXPECT_EQ(ignored.schema.Target(), -1);
  EXPECT_EQ(ignored.schema.columns[1].role, ColumnRole::kFeature);
}

TEST(LibsvmReaderTest, SchemasThatContradictAreViolations) {
  struct Wrong {
    ColumnSchema column;
    std::string path;
    std::string fragment;
  };
  const ColumnType any = ColumnType::kUnknown;
  const ColumnRole free = ColumnRole::kUnknown;
  const std::vector<Wrong> all = {
      {{"lable", any, free, {}, ""}, "name", "no column of the data; did you mean \"label\"?"},
      {{"features", ColumnType::kNumeric, free, {}, ""},
       "type",
       "is numeric, but the cells of \"features\" are sparse"},
      {{"features", any, free, {"a"}, ""}, "categories", "the type of \"features\" is sparse_vector"},
      {{"features", any, ColumnRole::kTarget, {}, ""}, "role", "is a sparse vector; choose another column"},
      {{"features", any, free, {}, "", -1}, "width", "must be in [1, 33554432], or 0"},
      {{"features", any, free, {}, "", kMaxSparseWidth + 1}, "width", "was 33554433"},
      {{"label", ColumnType::kSparseVector, free, {}, ""}, "type", "the cells of \"label\" are single values"},
      {{"label", any, free, {}, "", 3}, "width", "only for a sparse vector, which \"label\" is not"},
      {{"label", any, ColumnRole::kFeature, {}, ""}, "", "names no target"},
      {{"label", any, free, {}, "2"}, "positive_class", "only for a target of two classes"},
  };
  for (const Wrong& wrong : all) {
    SCOPED_TRACE(wrong.fragment);
    const std::vector<Violation> violations = ViolationsOf(Schema{{wrong.column}});
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, wrong.path.empty() ? "schema.columns" : "schema.columns[0]." + wrong.path);
    EXPECT_TRUE(absl::StrContains(violations[0].description, wrong.fragment)) << violations[0].description;
  }
}

struct ProblemCase {
  std::string text;
  int64_t line;
  int64_t column;
  std::string fragment;  // of the message
  LibsvmFormat format = {};
  Schema given = {};
};

std::vector<ProblemCase> Cases() {
  const Schema spam_or_ham = Label(ColumnType::kUnknown, ColumnRole::kUnknown, {"ham", "spam"});
  return {
      {"", 0, 0, "the file has no rows; upload lines such as 1 3:0.5 17:2"},
      {"# only this\n\n", 0, 0, "the file has no rows"},
      {"\x1f\x8b\x08", 0, 0, "a gzip archive; unpack it first"},
      {"1 1:1\n1 2:\xff\n", 2, 5, "byte 0xFF is no UTF-8"},
      // Labels.
      {"1 1:1\n 2:1 3:1\n", 2, 2, "the line begins with \"2:1\" and has no label; write one before its features"},
      {"1,3 1:1\n", 1, 1, "\"1,3\" is a list of labels, and a row has one; keep one of them"},
      {"1 1:1\nspam 1:1\n", 2, 1, "the label \"spam\" is no number; correct it, or give the column \"label\""},
      {"nan 1:1\n", 1, 1, "the label is \"nan\"; write a finite number"},
      {"-inf 1:1\n", 1, 1, "the label is \"-inf\""},
      {"1e999 1:1\n", 1, 1, "the label \"1e999\" is beyond the range of 64-bit floating point"},
      {"spam 1:1\nsmap 1:1\n",
       2,
       1,
       "none of its categories; correct it or add it to them; did you mean \"spam\"?",
       {},
       spam_or_ham},
      // Indices.
      {"1 0:1\n", 1, 3, "the index is 0, but indices count from 1; set zero_based"},
      {"1 2:1 1:1\n", 1, 7, "the index 1 comes after 2; sort each row by index"},
      {"1 2:1 2:1\n", 1, 7, "the index 2 occurs a second time in the row; keep one"},
      {"1 2:0 2:1\n", 1, 7, "the index 2 occurs a second time"},
      {"1 0:1 0:2\n", 1, 7, "the index 0 occurs a second time", kZeroBased},
      {"1 5:1\n",
       1,
       3,
       "the index 5 is greater than 4, the last of the width 4 given; give a larger width",
       {},
       Features(4)},
      {"1 4:1\n", 1, 3, "the index 4 is greater than 3, the last of the width 4 given", kZeroBased, Features(4)},
      {"1 33554433:1\n", 1, 3, "the index 33554433 is greater than 33554432, the greatest possible"},
      {"1 99999999999999999999999:1\n", 1, 3, "the index 99999999999999999999 is greater than 33554432"},
      {"1 x:1\n", 1, 3, "the index \"x\" is no whole number from 1; number the features"},
      {"1 -1:1\n", 1, 3, "the index \"-1\" is no whole number from 0", kZeroBased},
      {"1 1.5:1\n", 1, 3, "the index \"1.5\" is no whole number"},
      {"1 :1\n", 1, 3, "the index \"\" is no whole number"},
      {"1 3\n", 1, 3, "\"3\" is no index:value pair; write for example 3:0.5"},
      {"1 1:1 word#word\n", 1, 7, "\"word\" is no index:value pair"},
      {"1 qid:3 1:1\n", 1, 3, "\"qid:3\" groups rows for ranking, which cannot be trained here; remove every qid"},
      // Values.
      {"1 3:\n", 1, 5, "the value \"\" of index 3 is no number; write index:value without spaces"},
      {"1 3:1,5\n", 1, 5, "the value \"1,5\" of index 3 is no number"},
      {"1 3:1:2\n", 1, 5, "the value \"1:2\" of index 3 is no number"},
      {"1 3:0x10\n", 1, 5, "the value \"0x10\" of index 3 is no number"},
      {"1 3:NaN\n", 1, 5, "the value of index 3 is \"NaN\"; write a finite number, or leave the pair out"},
      {"1 3:inf\n", 1, 5, "the value of index 3 is \"inf\""},
      {"1 3:-1e400 4:1\n", 1, 5, "the value \"-1e400\" of index 3 is beyond the range"},
  };
}

TEST(LibsvmReaderTest, EachProblemIsNamedWithItsPlace) {
  for (const ProblemCase& c : Cases()) {
    SCOPED_TRACE(c.text);
    const LibsvmResult result = Read(c.text, c.format, c.given);
    ASSERT_EQ(result.problems.size(), absl::StrContains(c.fragment, "UTF-8") ? 2u : 1u);
    const DataProblem& problem = result.problems[0];
    EXPECT_TRUE(problem.fatal);
    EXPECT_EQ(problem.line, c.line);
    EXPECT_EQ(problem.column, c.column);
    EXPECT_TRUE(absl::StrContains(problem.message, c.fragment)) << problem.message;
    EXPECT_EQ(problem.column_name.empty(), c.column == 0 || absl::StrContains(c.fragment, "UTF-8"));
  }
}

// A row with a problem leaves no trace, all its problems are told, and those beyond the limit are counted.
TEST(LibsvmReaderTest, TheOtherRowsAreKept) {
  const LibsvmResult result = Read("1 1:1\nx 0:1 2:2 9:nan\n3 3:3\n4 4:4 2:2\n");
  EXPECT_EQ(result.fatal_count, 4);
  EXPECT_THAT(result.table.columns[0].numbers, ElementsAre(1, 3));
  EXPECT_THAT(result.table.columns[1].sparse.starts, ElementsAre(0, 1, 2));
  EXPECT_THAT(result.table.columns[1].sparse.values, ElementsAre(1, 3));
  EXPECT_EQ(result.table.schema.columns[1].width, 3);
  EXPECT_THAT(result.table.lines, ElementsAre(1, 3));

  std::string many = "1 1:1\n";
  for (int i = 0; i < 1000; ++i) many += "1 2:1 1:1\n";
  const LibsvmResult counted = Read(many);
  EXPECT_EQ(counted.fatal_count, 1000);
  EXPECT_EQ(static_cast<int64_t>(counted.problems.size()), kMaxProblems);
  EXPECT_EQ(counted.problems.back().line, 101);
}

TEST(LibsvmReaderTest, PreviewsEndAfterAWholePair) {
  std::string row = "1";
  for (int i = 1; i < 1000; ++i) absl::StrAppend(&row, " ", i, ":0.", i);
  const std::string shown = ReadSound(row).preview[1][0];
  EXPECT_LE(shown.size(), kMaxPreviewCellBytes + 4);
  EXPECT_TRUE(absl::EndsWith(shown, ":0.27 ...")) << shown;
  Violations violations;
  EXPECT_THAT(ReadLibsvm("1 1:1\n2 1:1\n3 1:1\n", {}, {}, 2, &violations).preview[0], ElementsAre("1", "2"));
}

TEST(TableReaderTest, GuessesTheFormat) {
  struct Guess {
    std::string text;
    std::string file_name;
    bool is_libsvm;
  };
  const std::vector<Guess> all = {
      {"1 1:0.5\n", "", true},        {"# comment\n\n+1\n-1 3:2 4:5 # x\n", "a9a.t", true},
      {"1,2 qid:3 1:1\n", "x", true},  // refused in words
      {"x 1:1\n", "train.SVM", true}, {"x,y\n1,2\n", "x.libsvm", true},
      {"1 1:1\n", "x.csv", false},    {"x,y\n1,2\n", "x.txt", false},
      {"1 2 3\n", "", false},         {"5 12:30:00\n", "", false},
      {"1 a:b\n", "", false},         {"1 2:3,4\n", "", false},
      {"1\n2\n", "", false},          {"", "", false},
  };
  for (const Guess& guess : all) {
    SCOPED_TRACE(guess.text);
    Violations violations;
    const TableResult result = ReadTable(guess.text, guess.file_name, std::nullopt, {}, 0, &violations);
    EXPECT_EQ(std::holds_alternative<LibsvmFormat>(result.format), guess.is_libsvm);
  }
  Violations violations;
  const TableResult csv = ReadTable("1 1:0.5\n1 1:0.5\n", "x.svm", CsvFormat{}, {}, 1, &violations);
  EXPECT_TRUE(std::holds_alternative<CsvFormat>(csv.format));
  ASSERT_EQ(csv.table.row_count, 2);
  EXPECT_EQ(csv.preview[0][0], "1 1:0.5");
  const TableResult libsvm = ReadTable("1 0:0.5\n", "x.csv", kZeroBased, {}, 1, &violations);
  EXPECT_EQ(std::get<LibsvmFormat>(libsvm.format).zero_based, true);
  EXPECT_EQ(libsvm.table.row_count, 1);
  EXPECT_THAT(libsvm.problems, IsEmpty());
}

}  // namespace
}  // namespace descent::core
