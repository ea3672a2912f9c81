#include "client/cli/rows_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace descent::cli {
namespace {

using ::testing::ElementsAre;

std::string ErrorOf(const std::string& text) { return std::string(ParseRows("r.csv", text, {}).status().message()); }

TEST(RowsFileTest, ReadsQuotesAndLineEnds) {
  const absl::StatusOr<RowsFile> file = ParseRows("r.csv",
                                                  "\xEF\xBB\xBF"
                                                  "a;b\r\n1;\"x;\"\"y\"\"\nz\"\r\n\r\n;2\n",
                                                  {});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->columns, ElementsAre("a", "b"));
  EXPECT_THAT(file->rows, ElementsAre(ElementsAre("1", "x;\"y\"\nz"), ElementsAre("", "2")));
}

TEST(RowsFileTest, ReadsWithoutAHeaderAndWithAGivenDelimiter) {
  const absl::StatusOr<RowsFile> file = ParseRows("r.csv", "1,5|2\n3|4", {.delimiter = '|', .has_header = false});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->columns, ElementsAre("column_1", "column_2"));
  EXPECT_THAT(file->rows, ElementsAre(ElementsAre("1,5", "2"), ElementsAre("3", "4")));
}

TEST(RowsFileTest, AnEmptyCellIsARowOfAFileWithOneColumn) {
  EXPECT_EQ(ParseRows("r.csv", "a\n\n1\n", {})->rows.size(), 2);
}

TEST(RowsFileTest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf("a,b\n1,2\n1,2,3\n"), "r.csv:3: has 3 cells, but the header has 2");
  EXPECT_EQ(ErrorOf("a,b\n\"1\n2\",3\n4\n"), "r.csv:4: has 1 cells, but the header has 2");
  EXPECT_EQ(ErrorOf("a,b\n1,\"2\n"), "r.csv:2: a quoted cell is not closed");
  EXPECT_EQ(ErrorOf("a,b\n1,\"2\"x\n"), "r.csv:2: a quoted cell goes on after its quote");
  EXPECT_EQ(ErrorOf("a,b\n1,\xff\n"), "r.csv:2: is not UTF-8 text; save the file as UTF-8");
  EXPECT_EQ(ErrorOf("a,b\n"), "r.csv: has no rows below the header");
  EXPECT_EQ(ErrorOf(""), "r.csv: has no rows below the header");
}

TEST(RowsFileTest, SlicesByRowsAndBytes) {
  const absl::StatusOr<RowsFile> file = ParseRows("r.csv", "a,b\n1,2\n3,4\n55555,6\n7,8\n", {});
  size_t end = 0;
  v1::Table table = file->Slice(0, 3, 12, &end);
  EXPECT_EQ(end, 2);
  EXPECT_EQ(table.row_count(), 2);
  EXPECT_EQ(table.columns(0).name(), "a");
  EXPECT_THAT(table.columns(1).texts(), ElementsAre("2", "4"));
  // A row that is too large alone still goes.
  table = file->Slice(2, 3, 1, &end);
  EXPECT_EQ(end, 3);
  table = file->Slice(3, 3, 100, &end);
  EXPECT_EQ(end, 4);
}

}  // namespace
}  // namespace descent::cli
