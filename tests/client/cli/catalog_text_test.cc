#include "client/cli/catalog_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace descent::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CatalogTextTest, PresetsAreATableOfTheirOwn) {
  v1::CatalogEntry entry;
  entry.set_kind(v1::CATALOG_KIND_OPTIMIZER);
  entry.set_name("adam");
  entry.add_fields()->set_name("epsilon");
  EXPECT_THAT(CatalogEntryText(entry), Not(HasSubstr("PRESET")));
  entry.add_presets()->set_name("torch");
  v1::CatalogPreset* keras = entry.add_presets();
  keras->set_name("keras");
  for (const auto& [field, value] : {std::pair{"epsilon", "1e-07"}, {"epsilon_placement", "\"uncorrected\""}}) {
    v1::CatalogPresetValue* added = keras->add_values();
    added->set_field(field);
    added->set_value_json(value);
  }
  EXPECT_THAT(CatalogEntryText(entry), HasSubstr("\nPRESET  OTHER DEFAULTS\n"
                                                 "torch   -\n"
                                                 "keras   epsilon: 1e-07, epsilon_placement: \"uncorrected\"\n"));
}

}  // namespace
}  // namespace descent::cli
