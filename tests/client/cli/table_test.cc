#include "client/cli/table.h"

#include <gtest/gtest.h>

#include "client/cli/progress_bar.h"

namespace descent::cli {
namespace {

TEST(TableTest, AlignsColumns) {
  Table table({"NAME", ">ROWS", "OWNER"});
  table.AddRow({"datasets/größe", "1,000", "me"});
  table.AddRow({"a\nb", "7", ""});
  table.AddRow({"short"});
  EXPECT_EQ(table.ToText(),
            "NAME             ROWS  OWNER\n"
            "datasets/größe  1,000  me\n"
            "a b                 7\n"
            "short\n");
}

TEST(TableTest, FieldsLeaveOutWhatIsEmpty) {
  FieldList fields;
  fields.Add("name", "jobs/a");
  fields.Add("labels", "");
  fields.Add("gradient norm", "1e-9\x1b[2J");
  EXPECT_EQ(fields.ToText(),
            "name           jobs/a\n"
            "gradient norm  1e-9 [2J\n");
}

TEST(TableTest, ProgressBarFitsTheTerminal) {
  EXPECT_EQ(ProgressBarLine("a.csv", 13 << 20, 20 << 20, 3.2 * (1 << 20), 80),
            "a.csv  ███████████████████▌             65%  13.0 MiB of 20.0 MiB  3.2 MiB/s");
  EXPECT_EQ(ProgressBarLine("a.csv", 0, 0, 0, 80), "a.csv  ██████████████████████████████  100%  0 B of 0 B");
  EXPECT_EQ(ProgressBarLine("a.csv", 1, 2, 0, 20), "a.csv   50%  1 B of…");
}

}  // namespace
}  // namespace descent::cli
