#include "core/base/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace descent::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::string_view kColors[] = {"red", "green"};
constexpr FieldInfo kFields[] = {
    Number("rate", "Rate.", 0.5, Positive()),
    Number("share", "Share.", 0, ClosedOpen(0, 1)),
    RequiredNumber("strength", "Strength.", NonNegative()),
    OptionalNumber("gain", "Gain.", AnyFinite()),
    Integer("rounds", "Rounds.", 3, AtLeast(1)),
    Boolean("loud", "Loud.", true),
    Choice("color", "Color.", 1, kColors),
    IntervalField("period", "Period.", Default::kValue, 10),
    OptionalText("note", "Note."),
    NumberList("values", "Values.", Default::kDepends, AnyFinite(), 3),
    IntegerList("sizes", "Sizes.", Default::kDepends, Closed(1, 64), 2),
};

void CheckRate(const Config& config, absl::string_view path, Violations* violations) {
  if (config.number("rate") < config.number("share")) violations->Add(FieldPath(path, "rate"), "is below share");
}

constexpr KindInfo kKind = {.name = "kind", .summary = "A kind.", .fields = kFields, .check = CheckRate};

std::vector<Violation> Validate(const Config& config) {
  Violations violations;
  config.Validate("spec.kind", &violations);
  return violations.list();
}

Config Valid() {
  Config config(&kKind);
  config.SetNumber("strength", 0);
  return config;
}

std::string Complaint(const Config& config) {
  const std::vector<Violation> list = Validate(config);
  return list.size() == 1 ? list[0].field + ": " + list[0].description : std::to_string(list.size()) + " violations";
}

TEST(ConfigTest, StartsWithTheDefaults) {
  const Config config(&kKind);
  EXPECT_EQ(config.name(), "kind");
  EXPECT_EQ(config.number("rate"), 0.5);
  EXPECT_EQ(config.integer("rounds"), 3);
  EXPECT_TRUE(config.boolean("loud"));
  EXPECT_EQ(config.choice("color"), 1);
  EXPECT_EQ(config.steps("period"), 10);
  for (const char* field : {"strength", "gain", "note", "values", "sizes"}) EXPECT_FALSE(config.has(field)) << field;
  EXPECT_EQ(Config().info(), nullptr);
  EXPECT_EQ(Config().name(), "");
}

TEST(ConfigTest, SettersAndEquality) {
  Config config = Valid();
  EXPECT_EQ(config, Valid());
  config.SetChoice("color", "red");
  config.SetText("note", "n");
  config.SetNumbers("values", {1, 2});
  config.SetIntegers("sizes", {3});
  config.SetBoolean("loud", false);
  EXPECT_NE(config, Valid());
  EXPECT_EQ(config.choice("color"), 0);
  EXPECT_EQ(config.text("note"), "n");
  EXPECT_THAT(config.numbers("values"), ElementsAre(1, 2));
  EXPECT_THAT(config.integers("sizes"), ElementsAre(3));
  EXPECT_FALSE(config.boolean("loud"));
  EXPECT_THAT(Validate(config), IsEmpty());
}

TEST(ConfigTest, UnknownNamesAreBugs) { EXPECT_DEATH(Config(&kKind).number("rte"), "kind has no field rte"); }

TEST(ConfigTest, ComplaintsNameFieldAndValueAndWhatIsAllowed) {
  EXPECT_EQ(Complaint(Config(&kKind)), "spec.kind.strength: is required");
  Config config = Valid();
  config.SetNumber("rate", 0);
  EXPECT_EQ(Complaint(config), "spec.kind.rate: must be > 0, was 0");
  config = Valid();
  config.SetNumber("share", 1);
  EXPECT_EQ(Complaint(config), "spec.kind.share: must be in [0, 1), was 1");
  config = Valid();
  config.SetNumber("gain", std::nan(""));
  EXPECT_EQ(Complaint(config), "spec.kind.gain: must be finite, was nan");
  config = Valid();
  config.SetNumber("strength", kInfinity);
  EXPECT_EQ(Complaint(config), "spec.kind.strength: must be finite and >= 0, was inf");
  config = Valid();
  config.SetInteger("rounds", 0);
  EXPECT_EQ(Complaint(config), "spec.kind.rounds: must be a whole number in [1, 9007199254740992], was 0");
  config = Valid();
  config.SetInteger("rounds", std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Complaint(config),
            "spec.kind.rounds: must be a whole number in [1, 9007199254740992], was 9223372036854775807");
  config = Valid();
  config.SetNumbers("values", {1, kInfinity});
  EXPECT_EQ(Complaint(config), "spec.kind.values[1]: must be finite, was inf");
  config.SetNumbers("values", {1, 2, 3, 4});
  EXPECT_EQ(Complaint(config), "spec.kind.values: has 4 values, at most 3 are allowed");
  config = Valid();
  config.SetIntegers("sizes", {65});
  EXPECT_EQ(Complaint(config), "spec.kind.sizes[0]: must be a whole number in [1, 64], was 65");
  config = Valid();
  config.SetSteps("period", 0);
  EXPECT_EQ(Complaint(config), "spec.kind.period.steps: must be a whole number in [1, 9007199254740992], was 0");
}

TEST(ConfigTest, AllIsSaidAtOnceAndRulesBetweenFieldsOnlyThen) {
  Config config(&kKind);
  config.SetNumber("rate", -1);
  config.SetNumber("share", 2);
  EXPECT_EQ(Complaint(config), "3 violations");
  config = Valid();
  config.SetNumber("share", 0.75);
  EXPECT_EQ(Complaint(config), "spec.kind.rate: is below share");
}

TEST(ConfigTest, EpochsBecomeWholeSteps) {
  Config config = Valid();
  Value& period = config.value(7);
  period.in_epochs = true;
  for (const double bad : {0.0, -1.0, kInfinity, std::nan("")}) {
    period.number = bad;
    EXPECT_EQ(Validate(config).size(), 1) << bad;
  }
  period.number = 2.5;
  EXPECT_THAT(Validate(config), IsEmpty());
  config.ResolveEpochs(3);
  EXPECT_EQ(config.steps("period"), 8);
  period.in_epochs = true;
  period.number = 1e-9;
  config.ResolveEpochs(3);
  EXPECT_EQ(config.steps("period"), 1);
}

TEST(RangeTest, Texts) {
  EXPECT_EQ(RangeText(AnyFinite()), "finite");
  EXPECT_EQ(RangeText(Positive()), "> 0");
  EXPECT_EQ(RangeText(NonNegative()), ">= 0");
  EXPECT_EQ(RangeText(AtLeast(1)), ">= 1");
  EXPECT_EQ(RangeText(ClosedOpen(0, 1)), "in [0, 1)");
  EXPECT_EQ(RangeText(OpenClosed(0, 1)), "in (0, 1]");
  EXPECT_EQ(RangeText(Closed(-0.5, 1e-9)), "in [-0.5, 1e-09]");
}

}  // namespace
}  // namespace descent::core
