#include "client/cli/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace descent::cli {
namespace {

TEST(TextTest, Counts) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(1234567), "1,234,567");
  EXPECT_EQ(CountText(-1234567), "-1,234,567");
  EXPECT_EQ(CountText(-123), "-123");
  EXPECT_EQ(CountText(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(TextTest, ShortCounts) {
  EXPECT_EQ(ShortCountText(0), "0");
  EXPECT_EQ(ShortCountText(3.25), "3.2");
  EXPECT_EQ(ShortCountText(950), "950");
  EXPECT_EQ(ShortCountText(999.6), "1.0k");
  EXPECT_EQ(ShortCountText(12'345), "12.3k");
  EXPECT_EQ(ShortCountText(2'100'000), "2.1M");
  EXPECT_EQ(ShortCountText(345e6), "345M");
  EXPECT_EQ(ShortCountText(5e15), "5000T");
}

TEST(TextTest, Bytes) {
  EXPECT_EQ(BytesText(12), "12 B");
  EXPECT_EQ(BytesText(1023), "1023 B");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText(int64_t{20} << 20), "20.0 MiB");
}

TEST(TextTest, Durations) {
  EXPECT_EQ(DurationText(0.31), "0.3 s");
  EXPECT_EQ(DurationText(42), "42 s");
  EXPECT_EQ(DurationText(59.7), "1 min 0 s");
  EXPECT_EQ(DurationText(185), "3 min 5 s");
  EXPECT_EQ(DurationText(7440), "2 h 4 min");
  EXPECT_EQ(DurationText(266400), "3 d 2 h");
  EXPECT_EQ(DurationText(1e300), "very long");
  EXPECT_EQ(DurationText(std::nan("")), "-");
  EXPECT_EQ(DurationText(-1), "-");
}

TEST(TextTest, Times) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(TimeText(time), "-");
  time.set_seconds(1714566896);
  EXPECT_EQ(TimeText(time, absl::UTCTimeZone()), "2024-05-01 12:34:56");
}

TEST(TextTest, NumbersAndEnums) {
  EXPECT_EQ(NumberText(0.066360186), "0.06636");
  EXPECT_EQ(NumberText(1.2e-9), "1.2e-09");
  EXPECT_EQ(NumberText(std::nan("")), "nan");
  EXPECT_EQ(StateText(v1::JOB_STATE_RUNNING), "running");
  EXPECT_EQ(ReasonText(v1::STATE_REASON_WAITS_FOR_CAPACITY), "waits for capacity");
  EXPECT_EQ(ReasonText(v1::STATE_REASON_UNSPECIFIED), "");
  EXPECT_EQ(ReasonText(v1::TERMINATION_REASON_TARGET_REACHED), "target reached");
  // A state that a newer server has.
  EXPECT_EQ(StateText(static_cast<v1::JobState>(99)), "");
}

TEST(TextTest, CommandsAreQuotedForTheShell) {
  EXPECT_EQ(ShellCommand({"descent", "dataset", "upload", "/tmp/a b.csv", "--type", "zip=categorical", "it's", ""}),
            "descent dataset upload '/tmp/a b.csv' --type zip=categorical 'it'\\''s' ''");
}

TEST(TextTest, WidthsCountCharacters) {
  EXPECT_EQ(DisplayWidth("größe"), 5);
  EXPECT_EQ(DisplayWidth("⠑⢄"), 2);
  EXPECT_EQ(Shorten("größe", 5), "größe");
  EXPECT_EQ(Shorten("größer", 5), "größ…");
  EXPECT_EQ(Shorten("abc", 1), "…");
  EXPECT_EQ(Shorten("abc", 0), "");
}

}  // namespace
}  // namespace descent::cli
