#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/convert/job.h"

namespace descent::convert {
namespace {

using Field = jobs::JobCondition::Field;

std::string Refusal(absl::string_view filter) {
  core::Violations violations;
  ParseFilter(filter, &violations);
  return violations.empty() ? "" : violations.list()[0].description;
}

TEST(FilterTest, TermsAreReadInOrder) {
  core::Violations violations;
  const auto conditions =
      ParseFilter("state = running AND labels.team != \"a b\" and dataset=datasets/iris AND owner = x", &violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  ASSERT_EQ(conditions.size(), 4u);
  EXPECT_EQ(conditions[0].value, std::to_string(static_cast<int>(jobs::JobState::kRunning)));
  EXPECT_EQ(conditions[1].field, Field::kLabel);
  EXPECT_EQ(conditions[1].label, "team");
  EXPECT_EQ(conditions[1].value, "a b");
  EXPECT_TRUE(conditions[1].negated);
  EXPECT_EQ(conditions[2].value, "iris");
  EXPECT_EQ(conditions[3].field, Field::kOwner);
}

TEST(FilterTest, RefusalsNameTheByte) {
  EXPECT_THAT(Refusal("colour = red"),
              testing::HasSubstr("expected a field (state, owner, dataset or labels.KEY) at byte 1"));
  EXPECT_THAT(Refusal("state RUNNING"), testing::HasSubstr("expected = or != at byte 7"));
  EXPECT_THAT(Refusal("state = "), testing::HasSubstr("expected a value at byte 9 (the end"));
  EXPECT_THAT(Refusal("owner = \"x"), testing::HasSubstr("unterminated quote at byte 9"));
  EXPECT_THAT(Refusal("state = RUNING"), testing::HasSubstr("did you mean \"RUNNING\""));
  EXPECT_THAT(Refusal("state = RUNNING OR owner = x"), testing::HasSubstr("expected AND or the end at byte 17"));
  EXPECT_THAT(Refusal(std::string(5000, ' ') + "x"), testing::HasSubstr("at most 4096"));
  EXPECT_EQ(Refusal("   "), "");
}

}  // namespace
}  // namespace descent::convert
