// Everything that can be wrong with delimited text, with the place and the words by which it is reported.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/data/csv_reader.h"

namespace descent::core {
namespace {

struct ProblemCase {
  std::string name;
  std::string text;
  int64_t line;
  int64_t column;
  std::string fragment;  // of the message
  bool fatal = true;
  CsvFormat format = {};
  Schema given = {};
};

CsvFormat Header(bool header) {
  CsvFormat format;
  format.header = header;
  return format;
}

Schema GivenA(ColumnType type, ColumnRole role = ColumnRole::kUnknown, std::vector<std::string> categories = {}) {
  Schema schema;
  schema.columns.push_back({"a", type, role, std::move(categories), ""});
  return schema;
}

std::string Texts(int64_t count, std::string text) {
  for (int64_t i = 0; i < count; ++i) absl::StrAppend(&text, "t", i, ",1\n");
  return text;
}

std::vector<ProblemCase> Cases() {
  const Schema numeric_a = GivenA(ColumnType::kNumeric);
  const Schema red_or_blue = GivenA(ColumnType::kCategorical, ColumnRole::kUnknown, {"red", "blue"});
  const Schema ignored_a = GivenA(ColumnType::kUnknown, ColumnRole::kIgnored);
  const Schema target_a = GivenA(ColumnType::kUnknown, ColumnRole::kTarget);
  const std::string big(1100000, 'x');
  return {
      // Nothing there.
      {"Empty", "", 0, 0, "the file is empty; upload rows"},
      {"OnlyBlankLines", "\n\r\n\n", 0, 0, "the file is empty"},
      {"OnlyByteOrderMark", "\xef\xbb\xbf", 0, 0, "the file is empty"},
      {"HeaderOnly", "a,b\n", 1, 0, "a header but no rows"},
      {"HeaderOnlyAfterBlank", "\na,b\n\n", 2, 0, "a header but no rows"},
      // Another kind of file.
      {"Utf16",
       std::string("\xff\xfe"
                   "a\0,\0",
                   6),
       0, 0, "UTF-16 text; save it as UTF-8"},
      {"Zip", "PK\x03\x04rest", 0, 0, "a ZIP archive or a spreadsheet; export it as CSV"},
      {"Gzip", "\x1f\x8b\x08", 0, 0, "a gzip archive; unpack it first"},
      {"Nul", std::string("a,b\n1,\0", 7) + "2\n", 2, 3, "a NUL byte; save the file as UTF-8 text"},
      {"Latin1", "a,b\ncaf\xe9,2\n", 2, 4, "byte 0xE9 is no UTF-8; save the file as UTF-8"},
      {"CutCharacter", "a,b\nx,\xe2\x82", 2, 3, "byte 0xE2 is no UTF-8"},
      {"Overlong", "a,b\n\xc0\xaf,2\n", 2, 1, "byte 0xC0 is no UTF-8"},
      {"Surrogate", "a,b\r\n1,2\r\nx\xed\xa0\x80,2\r\n", 3, 2, "byte 0xED is no UTF-8"},
      // Rows of the wrong width.
      {"TooFewCells", "a,b,c\n1,2,3\n4,5\n", 3, 0, "the row has 2 cells, the header has 3; add the missing cells"},
      {"TooManyCells", "a,b\n1,2\n3,4,5\n", 3, 5, "the row has 3 cells, the header has 2; remove the extra cells"},
      {"OneCell", "a,b\n1,2\n3\n", 3, 0, "the row has 1 cell, the header has 2"},
      {"TrailingDelimiter", "a,b\n1,2,\n3,4\n", 2, 5, "the row has 3 cells"},
      {"WidthOfFirstRow", "1,2\n3\n", 2, 0, "the row has 1 cell, the first row has 2"},
      {"CarriageReturnLines", "a,b\r1,2\r3\r", 3, 0, "the row has 1 cell"},
      {"WidthAfterQuotedLines", "a,b\n\"x\ny\nz\",1\n2\n", 5, 0, "the row has 1 cell"},
      // Quotes.
      {"UnterminatedQuote", "a,b\n1,2\n3,\"4\n5,6\n", 3, 3, "the quote that opens here is never closed"},
      {"UnterminatedAfterDoubled", "a,b\n\"x\"\"", 2, 1, "never closed"},
      {"UnterminatedInHeader", "a,\"b\n1,2\n", 1, 3, "never closed", true, Header(true)},
      {"TextAfterQuote", "a,b\n\"1\"x,2\n", 2, 4, "text after the closing quote of \"1\""},
      {"TextAfterQuoteAndSpace", "a,b\n1,\"2\" y\n", 2, 7, "text after the closing quote"},
      {"TextAfterQuotedLines", "a,b\n\"1\n2\"x,2\n", 3, 3, "text after the closing quote of \"1\\n2\""},
      {"BareQuote", "a,b\n5\" nail,2\nx,3\n", 2, 2, "a quote inside the unquoted cell \"5\" nail\"", false},
      // Headers.
      {"EmptyName", "a,,c\n1,2,3\n", 1, 3, "column 2 has no name"},
      {"EmptyLastName", "a,b,\n1,2,3\n", 1, 5, "column 3 has no name"},
      {"DuplicateName", "a,b,a\n1,2,3\n", 1, 5, "columns 1 and 3 are both named \"a\"; rename one"},
      {"LongName", std::string(300, 'n') + ",b\n1,2\n", 1, 1, "has 300 bytes, at most 256"},
      {"HeaderIsData", "1.5,2.5\n3,4\n", 1, 1, "looks like data; if the file has no header, set header to false", false,
       Header(true)},
      {"DataIsText", "a,b\n1,2\n3,4\n", 1, 1, "read as categorical because of \"a\"", false, Header(false)},
      // Cells.
      {"NotANumber", "a,b\n1,2\nx1,3\n", 3, 1, "\"x1\" in column \"a\" is no number; correct it", true, {}, numeric_a},
      {"NotANumberLater",
       "b,a\n1,2\n\"q\",\"3\n\"\n",
       3,
       5,
       "\"3\\n\" in column \"a\" is no number",
       true,
       {},
       numeric_a},
      {"DecimalCommaGivenNumeric", "a;b\n1,5;2\n", 2, 1, "write it with a decimal point", true, {}, numeric_a},
      {"DecimalComma", "a;b\n2;1\n1,5;2\n", 3, 1, "holds numbers written with commas, here \"1,5\""},
      {"DecimalCommaQuoted", "a,b\n\"1,5\",2\n", 2, 1, "write them with a decimal point"},
      {"OneTextAmongNumbers", "a,b\n1,2\n2,3\nunknown,4\n", 4, 1,
       "categorical because of \"unknown\" here, though 2 of its 3", false},
      {"Infinite", "a,b\n1,2\n-inf,3\n", 3, 1, "column \"a\" is infinite in 1 cell, here \"-inf\""},
      {"Infinities", "a,b\nInfinity,2\n+INF,3\n", 2, 1, "infinite in 2 cells, here \"Infinity\""},
      {"OutOfRange", "a,b\n1,2\n3,-1e999\n", 3, 3,
       "beyond the range of 64-bit floating point (1.8e308), here \"-1e999\""},
      {"UnknownCategory",
       "a,b\nred,1\nbleu,2\n",
       3,
       1,
       "\"bleu\" in column \"a\" is none of its categories",
       true,
       {},
       red_or_blue},
      {"UnknownCategoryNearest", "a,b\nred,1\nbluee,2\n", 3, 1, "did you mean \"blue\"?", true, {}, red_or_blue},
      {"CellTooLong", "a,b\n1,2\n3," + big + "\n", 3, 3, "more than 1048576 bytes"},
      {"QuotedCellTooLong", "a,b\n\"" + big + "\"\"\",2\n", 2, 1, "more than 1048576 bytes"},
      {"TooManyCategories", Texts(65537, "a,b\n"), 65538, 1, "more than 65536 different texts, here \"t65536\""},
      {"TooManyIgnoredCategories",
       Texts(65537, "a,b\n"),
       65538,
       1,
       "as it is ignored, its cells are left out",
       false,
       {},
       ignored_a},
      {"TooManyClasses",
       Texts(1001, "a,b\n"),
       0,
       0,
       "target column \"a\" has 1001 classes, at most 1000",
       true,
       {},
       target_a},
      {"TooManyColumns", std::string(70000, ',') + "\n", 1, 0, "more than 65536 cells, the most columns of a table"},
      // What is said although nothing is refused.
      {"Missing", "a,b\n1,2\n,3\nNA,4\n", 3, 1, "column \"a\" has 2 missing values, the first here", false},
      {"EmptyLine", "a,b\n1,2\n\n3,4\n", 3, 0, "the line is empty and is left out", false},
  };
}

TEST(CsvProblemsTest, EachIsNamedWithItsPlace) {
  for (const ProblemCase& c : Cases()) {
    SCOPED_TRACE(c.name);
    Violations violations;
    const CsvResult result = ReadCsv(c.text, c.format, c.given, 10, &violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    const auto matches = [&c](const DataProblem& problem) {
      return problem.line == c.line && problem.column == c.column && problem.fatal == c.fatal &&
             absl::StrContains(problem.message, c.fragment);
    };
    EXPECT_TRUE(std::any_of(result.problems.begin(), result.problems.end(), matches))
        << "wanted " << c.line << ":" << c.column << " " << c.fragment;
    for (const DataProblem& problem : result.problems) {
      if (!matches(problem)) {
        EXPECT_FALSE(problem.fatal) << "also: " << problem.line << ":" << problem.column << " " << problem.message;
      }
    }
    EXPECT_EQ(FatalProblems(result).ok(), !c.fatal);
    EXPECT_EQ(result.fatal_count, c.fatal ? 1 : 0);
  }
}

TEST(CsvProblemsTest, AreCountedBeyondThoseKept) {
  std::string text = "a,b\n";
  for (int i = 0; i < 250; ++i) text += "1,2\n3\n";
  Violations violations;
  const CsvResult result = ReadCsv(text, {}, {}, 0, &violations);
  EXPECT_EQ(result.problem_count, 250);
  EXPECT_EQ(result.fatal_count, 250);
  ASSERT_EQ(static_cast<int64_t>(result.problems.size()), kMaxProblems);
  EXPECT_EQ(result.problems.back().line, 3 + 2 * 99);
  EXPECT_EQ(result.table.row_count, 250);  // what could be read
  const absl::Status status = FatalProblems(result);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "line 3: the row has 1 cell")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "and 245 problems more")) << status;
  const ErrorInfo info = GetErrorInfo(status);
  EXPECT_EQ(info.reason, ErrorReason::kInvalidData);
  EXPECT_EQ(info.metadata.at("line"), "3");
  EXPECT_EQ(info.metadata.at("problem_count"), "250");
}

TEST(CsvProblemsTest, HintsNeverCrowdOutErrors) {
  std::string text = "a,b\n";
  for (int i = 0; i < 300; ++i) text += "x\"y,1\n";
  text += "only one\n";
  Violations violations;
  const CsvResult result = ReadCsv(text, {}, {}, 0, &violations);
  EXPECT_EQ(result.fatal_count, 1);
  ASSERT_EQ(static_cast<int64_t>(result.problems.size()), kMaxProblems);
  EXPECT_TRUE(result.problems.back().fatal);
  EXPECT_EQ(result.problems.back().line, 302);
}

// A row of the wrong width leaves no trace in the columns: they stay numeric and the other rows are kept.
TEST(CsvProblemsTest, RaggedRowsDoNotSpoilColumns) {
  Violations violations;
  const CsvResult result = ReadCsv("n,text,y\n1,a,2\nb,3\n,4,a,5\n6,c,7\n", {}, {}, 0, &violations);
  EXPECT_EQ(result.fatal_count, 2);
  EXPECT_EQ(result.problem_count, 2);
  ASSERT_EQ(result.table.row_count, 2);
  EXPECT_EQ(result.table.columns[0].numbers, (std::vector<double>{1, 6}));
  EXPECT_EQ(result.table.columns[2].numbers, (std::vector<double>{2, 7}));
  EXPECT_EQ(result.table.lines, (std::vector<int64_t>{2, 5}));
}

// Bytes that are no text never reach messages or tables.
TEST(CsvProblemsTest, ResultsAreAlwaysUtf8) {
  Violations violations;
  const CsvResult result = ReadCsv("na\xffme,b\nx\xfe,2\n", {}, {}, 5, &violations);
  EXPECT_EQ(result.fatal_count, 2);
  ASSERT_EQ(result.table.schema.columns.size(), 2u);
  EXPECT_EQ(result.table.schema.columns[0].name, "na?me");
  EXPECT_EQ(result.preview[0][0], "x?");
}

}  // namespace
}  // namespace descent::core
