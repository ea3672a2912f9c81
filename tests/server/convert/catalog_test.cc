#include "server/convert/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace descent::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::CatalogEntry Optimizer(const std::string& name) {
  const v1::Catalog catalog = MakeCatalog(v1::CATALOG_KIND_OPTIMIZER);
  for (const v1::CatalogEntry& entry : catalog.entries()) {
    if (entry.name() == name) return entry;
  }
  ADD_FAILURE() << "no optimizer " << name;
  return {};
}

// `name: field=value field=value`, one a preset.
std::vector<std::string> Presets(const v1::CatalogEntry& entry) {
  std::vector<std::string> texts;
  for (const v1::CatalogPreset& preset : entry.presets()) {
    std::string text = preset.name() + ":";
    for (const v1::CatalogPresetValue& value : preset.values()) {
      absl::StrAppend(&text, " ", value.field(), "=", value.value_json());
    }
    texts.push_back(text);
  }
  return texts;
}

TEST(CatalogTest, PresetsSayWhatTheyChange) {
  EXPECT_THAT(Presets(Optimizer("adam")),
              ElementsAre("torch:", "keras: epsilon=1e-07 epsilon_placement=\"uncorrected\"",
                          "optax:", "paper: epsilon_placement=\"uncorrected\""));
  EXPECT_THAT(Presets(Optimizer("nadam")),
              ElementsAre("torch:", "keras: learning_rate=0.001 epsilon=1e-07 momentum_decay=1",
                          "optax: learning_rate=0.001 momentum_schedule=false", "paper:"));
  EXPECT_THAT(Presets(Optimizer("rprop")), IsEmpty());
}

}  // namespace
}  // namespace descent::convert
