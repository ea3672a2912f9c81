#include "client/cli/libsvm_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace descent::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ErrorOf(const std::string& text, bool zero_based = false) {
  return std::string(ParseLibsvmRows("r.svm", text, zero_based).status().message());
}

TEST(LibsvmRowsTest, ReadsPairsAndLeavesLabelsOut) {
  const absl::StatusOr<RowsFile> file = ParseLibsvmRows("r.svm",
                                                        "\xEF\xBB\xBF# rows\r\n"
                                                        "+1 1:0.5 3:-2e1 # first\r\n\n"
                                                        "spam\n"
                                                        "  2:+1\t9:0",
                                                        false);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->columns, ElementsAre("features"));
  ASSERT_EQ(file->row_count(), 3u);
  EXPECT_THAT(file->sparse_rows[0].indices, ElementsAre(0, 2));
  EXPECT_THAT(file->sparse_rows[0].values, ElementsAre(0.5, -20));
  EXPECT_THAT(file->sparse_rows[1].indices, IsEmpty());
  EXPECT_THAT(file->sparse_rows[2].indices, ElementsAre(1, 8));
  EXPECT_THAT(ParseLibsvmRows("r.svm", "1 0:2", true)->sparse_rows[0].indices, ElementsAre(0));
}

TEST(LibsvmRowsTest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf(""), "r.svm: has no rows; write lines such as 1 3:0.5 17:2");
  EXPECT_EQ(ErrorOf("1 1:1\n1 0:1\n"),
            "r.svm:2:3: the index is 0; say --zero-based if indices count from 0, as for the dataset");
  EXPECT_EQ(ErrorOf("1 1:1 3\n"), "r.svm:1:7: \"3\" is no index:value pair such as 3:0.5");
  EXPECT_EQ(ErrorOf("1 x:1"), "r.svm:1:3: the index \"x\" is no whole number");
  EXPECT_EQ(ErrorOf("1 -1:1", true), "r.svm:1:3: the index \"-1\" is no whole number");
  EXPECT_EQ(ErrorOf("1 2:1 2:1"), "r.svm:1:7: the index 2 does not come after the one before; sort the row by index");
  EXPECT_EQ(ErrorOf("1 9999999999:1"), "r.svm:1:3: the index 9999999999 is too large");
  EXPECT_EQ(ErrorOf("1 1:nan"), "r.svm:1:3: the value \"nan\" of index 1 is no finite number");
  EXPECT_EQ(ErrorOf("1 1:1,5"), "r.svm:1:3: the value \"1,5\" of index 1 is no finite number");
  EXPECT_EQ(ErrorOf("1 qid:1 1:1"), "r.svm:1:3: \"qid:1\" groups rows for ranking; remove every qid");
  EXPECT_EQ(ErrorOf("1 1:1\n\xff 1:1"), "r.svm:2:1: is not UTF-8 text; save the file as UTF-8");
}

TEST(LibsvmRowsTest, IsGuessedByNameOrFirstPair) {
  EXPECT_TRUE(LooksLikeLibsvm("-", "# x\n1\n-1 3:0.5\n"));
  EXPECT_TRUE(LooksLikeLibsvm("-", "3:0.5 4:1\n"));
  EXPECT_TRUE(LooksLikeLibsvm("a.SVM", "a,b\n"));
  EXPECT_FALSE(LooksLikeLibsvm("a.csv", "1 3:0.5\n"));
  EXPECT_FALSE(LooksLikeLibsvm("-", "a,b\n1,2\n"));
  EXPECT_FALSE(LooksLikeLibsvm("-", "1 2\n"));
  EXPECT_FALSE(LooksLikeLibsvm("-", ""));
}

TEST(LibsvmRowsTest, SlicesByRowsAndBytes) {
  const absl::StatusOr<RowsFile> file = ParseLibsvmRows("r.svm", "1 1:1 2:2\n1\n1 3:3\n1 4:4\n", false);
  size_t end = 0;
  v1::Table table = file->Slice(0, 3, 1000, &end);
  EXPECT_EQ(end, 3u);
  EXPECT_EQ(table.row_count(), 3);
  EXPECT_EQ(table.columns(0).name(), "features");
  EXPECT_THAT(table.columns(0).sparse().nonzero_counts(), ElementsAre(2, 0, 1));
  EXPECT_THAT(table.columns(0).sparse().indices(), ElementsAre(0, 1, 2));
  EXPECT_THAT(table.columns(0).sparse().values(), ElementsAre(1, 2, 3));
  table = file->Slice(0, 3, 1, &end);  // a row that is too large alone still goes
  EXPECT_EQ(end, 1u);
  table = file->Slice(1, 1, 1000, &end);  // a row of zeros
  EXPECT_EQ(table.row_count(), 1);
  EXPECT_THAT(table.columns(0).sparse().nonzero_counts(), ElementsAre(0));
}

}  // namespace
}  // namespace descent::cli
