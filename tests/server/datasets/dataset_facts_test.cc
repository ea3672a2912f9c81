// What is stored of a dataset besides its cells.
#include "server/datasets/dataset_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/data/table.h"

namespace descent::datasets {
namespace {

using ::testing::ElementsAre;

// The description of a dataset as 0.1.0 stored it.
TEST(DatasetFactsTest, ReadsTheFirstVersion) {
  core::Table schema;
  schema.schema.columns = {{"x", core::ColumnType::kNumeric, core::ColumnRole::kTarget, {}, ""}};
  schema.columns.resize(1);
  core::ByteWriter out;
  out.PutU8(1);
  out.PutString(core::EncodeTable(schema));
  out.PutU64(1);
  out.PutI64(2);  // missing
  out.PutI64(3);  // distinct
  for (int i = 0; i < 4; ++i) out.PutOptionalDouble(i);
  out.PutU64(1);
  out.PutString("7");
  out.PutI64(4);
  out.PutBool(true);
  out.PutU8(';');
  out.PutBool(false);
  out.PutU64(1);
  out.PutString("NA");
  const absl::StatusOr<DatasetFacts> facts = DecodeFacts(out.bytes());
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->schema, schema.schema);
  EXPECT_EQ(facts->statistics[0].distinct_count, 3);
  EXPECT_EQ(facts->statistics[0].maximum, 1);
  EXPECT_EQ(facts->statistics[0].nonzero_count, 0);
  EXPECT_EQ(facts->statistics[0].classes[0].row_count, 4);
  const auto& format = std::get<core::CsvFormat>(*facts->format);
  EXPECT_EQ(format.delimiter, ';');
  EXPECT_EQ(format.header, false);
  EXPECT_THAT(format.missing_tokens, ElementsAre("NA"));
  // What is written now differs, and reads the same.
  const std::string again = EncodeFacts(*facts);
  EXPECT_NE(again, out.bytes());
  EXPECT_EQ(EncodeFacts(*DecodeFacts(again)), again);
  EXPECT_EQ(core::GetErrorInfo(DecodeFacts(again + "x").status()).reason, core::ErrorReason::kStoredDataDamaged);
}

}  // namespace
}  // namespace descent::datasets
