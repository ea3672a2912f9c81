#include "core/training/job_spec.h"

#include <set>
#include <string>

#include "core/training/step_block.h"
#include "gtest/gtest.h"

namespace descent::core {
namespace {

// What the catalog, help and documentation are made of must be there.
void ExpectDocumented(const KindInfo& kind) {
  EXPECT_FALSE(kind.summary.empty()) << kind.name;
  std::set<std::string> names;
  for (const FieldInfo& field : kind.fields) {
    EXPECT_TRUE(names.emplace(field.name).second) << kind.name << " " << field.name;
    EXPECT_FALSE(field.summary.empty()) << kind.name << " " << field.name;
    if (field.default_kind == Default::kDepends && field.type != FieldType::kText) {
      EXPECT_TRUE(std::string(field.summary).find("unset") != std::string::npos) << kind.name << " " << field.name;
    }
  }
}

TEST(JobSpecTest, TablesAreDocumentedAndTheirDefaultsAreValid) {
  for (const absl::Span<const KindInfo* const> table : {Policies(), Batches()}) {
    for (const KindInfo* kind : table) {
      ExpectDocumented(*kind);
      Violations violations;
      Config(kind).Validate("spec", &violations);
      for (const Violation& violation : violations.list()) EXPECT_EQ(violation.description, "is required");
    }
  }
  EXPECT_EQ(Policies().size(), 10u);
  EXPECT_EQ(Batches().size(), 3u);
}

TEST(JobSpecTest, ColumnsAreDocumented) {
  ASSERT_EQ(Columns().size(), 5u);
  for (const ColumnInfo& column : Columns()) EXPECT_STRNE(column.summary, "");
}

}  // namespace
}  // namespace descent::core
