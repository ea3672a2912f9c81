// Sparse tables and formats between the wire and core.
#include "server/convert/dataset.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "core/data/table_reader.h"

namespace descent::convert {
namespace {

using ::testing::ElementsAre;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

TEST(ConvertDatasetTest, SchemasSurviveTheWire) {
  core::Schema schema;
  schema.columns = {{"label", core::ColumnType::kCategorical, core::ColumnRole::kTarget, {"ham", "spam"}, "spam"},
                    {"x", core::ColumnType::kNumeric, core::ColumnRole::kIgnored, {}, ""},
                    {"features", core::ColumnType::kSparseVector, core::ColumnRole::kFeature, {}, "", 1 << 25}};
  core::Violations violations;
  EXPECT_EQ(SchemaFromProto(SchemaToProto(schema), "schema", &violations), schema);
  EXPECT_TRUE(violations.empty());
}

TEST(ConvertDatasetTest, SparseCellsAreTakenAsTheyAre) {
  const core::InlineRows rows = RowsFromProto(Parse<v1::Table>(R"(
      row_count: 2
      columns { name: "x" sparse { nonzero_counts: [ 2, 0 ] indices: [ 0, 7 ] values: [ 0.5, -2 ] } }
      columns { name: "none" sparse {} }
      columns { name: "y" numbers: [ 1, 2 ] })"));
  ASSERT_TRUE(rows.columns[0].sparse.has_value());
  EXPECT_THAT(rows.columns[0].sparse->nonzero_counts, ElementsAre(2, 0));
  EXPECT_THAT(rows.columns[0].sparse->indices, ElementsAre(0, 7));
  EXPECT_THAT(rows.columns[0].sparse->values, ElementsAre(0.5, -2));
  EXPECT_TRUE(rows.columns[1].sparse.has_value());
  EXPECT_FALSE(rows.columns[2].sparse.has_value());
}

TEST(ConvertDatasetTest, OneFormatOrNone) {
  core::Violations violations;
  EXPECT_FALSE(FormatFromProto(v1::InspectUploadRequest(), &violations).has_value());
  const auto csv = FormatFromProto(Parse<v1::CreateDatasetRequest>("format { header: false }"), &violations);
  EXPECT_EQ(std::get<core::CsvFormat>(*csv).header, false);
  const auto libsvm = FormatFromProto(Parse<v1::InspectUploadRequest>("libsvm_format {}"), &violations);
  EXPECT_FALSE(std::get<core::LibsvmFormat>(*libsvm).zero_based.has_value());
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  FormatFromProto(Parse<v1::CreateDatasetRequest>("format {} libsvm_format { zero_based: true }"), &violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].field, "libsvm_format");
}

TEST(ConvertDatasetTest, AnInspectionShowsSparseRows) {
  datasets::Inspection inspection;
  core::Violations violations;
  inspection.result = core::ReadTable("1 1:0.5 17:1\n0 3:-1\n", "", {}, {}, 10, &violations);
  inspection.statistics = core::ComputeStatistics(inspection.result.table);
  v1::UploadInspection proto;
  InspectionToProto(inspection, &proto);
  EXPECT_FALSE(proto.has_format());
  EXPECT_TRUE(proto.libsvm_format().has_zero_based());
  EXPECT_EQ(proto.schema().columns(1).type(), v1::COLUMN_TYPE_SPARSE_VECTOR);
  EXPECT_EQ(proto.schema().columns(1).width(), 17);
  EXPECT_EQ(proto.statistics(1).nonzero_count(), 3);
  EXPECT_EQ(proto.statistics(1).minimum(), -1);
  EXPECT_FALSE(proto.statistics(1).has_mean());
  EXPECT_EQ(proto.preview().row_count(), 2);
  EXPECT_THAT(proto.preview().columns(1).texts(), ElementsAre("1:0.5 17:1", "3:-1"));
}

}  // namespace
}  // namespace descent::convert
