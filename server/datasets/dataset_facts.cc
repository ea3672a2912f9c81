#include "server/datasets/dataset_facts.h"

#include <cstdint>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "core/data/table.h"

namespace descent::datasets {
namespace {

using core::ByteReader;
using core::ByteWriter;

void PutStatistics(const core::ColumnStatistics& statistics, ByteWriter* out) {
  out->PutI64(statistics.missing_count);
  out->PutI64(statistics.distinct_count);
  out->PutOptionalDouble(statistics.minimum);
  out->PutOptionalDouble(statistics.maximum);
  out->PutOptionalDouble(statistics.mean);
  out->PutOptionalDouble(statistics.standard_deviation);
  out->PutU64(statistics.classes.size());
  for (const core::ClassCount& count : statistics.classes) {
    out->PutString(count.label);
    out->PutI64(count.row_count);
  }
}

core::ColumnStatistics GetStatistics(ByteReader* in) {
  core::ColumnStatistics statistics;
  statistics.missing_count = in->GetI64();
  statistics.distinct_count = in->GetI64();
  statistics.minimum = in->GetOptionalDouble();
  statistics.maximum = in->GetOptionalDouble();
  statistics.mean = in->GetOptionalDouble();
  statistics.standard_deviation = in->GetOptionalDouble();
  for (uint64_t count = in->GetU64(); count > 0 && !in->failed(); --count) {
    std::string label = in->GetString();
    statistics.classes.push_back({std::move(label), in->GetI64()});
  }
  return statistics;
}

// A table without rows: its bytes are the schema's.
core::Table EmptyTable(const core::Schema& schema) {
  core::Table table;
  table.schema = schema;
  table.columns.resize(schema.columns.size());
  return table;
}

}  // namespace

std::string EncodeFacts(const DatasetFacts& facts) {
  ByteWriter out;
  out.PutU8(1);  // version
  out.PutString(core::EncodeTable(EmptyTable(facts.schema)));
  out.PutU64(facts.statistics.size());
  for (const core::ColumnStatistics& statistics : facts.statistics) PutStatistics(statistics, &out);
  out.PutBool(facts.format.has_value());
  if (facts.format.has_value()) {
    out.PutU8(static_cast<uint8_t>(facts.format->delimiter.value_or(',')));
    out.PutBool(facts.format->header.value_or(true));
    out.PutU64(facts.format->missing_tokens.size());
    for (const std::string& token : facts.format->missing_tokens) out.PutString(token);
  }
  return out.TakeBytes();
}

absl::StatusOr<DatasetFacts> DecodeFacts(absl::string_view bytes) {
  ByteReader in(bytes);
  DatasetFacts facts;
  const uint8_t version = in.GetU8();
  DESCENT_ASSIGN_OR_RETURN(core::Table table, core::DecodeTable(in.GetView()));
  facts.schema = std::move(table.schema);
  for (uint64_t count = in.GetU64(); count > 0 && !in.failed(); --count) facts.statistics.push_back(GetStatistics(&in));
  if (in.GetBool()) {
    facts.format.emplace();
    facts.format->delimiter = static_cast<char>(in.GetU8());
    facts.format->header = in.GetBool();
    for (uint64_t count = in.GetU64(); count > 0 && !in.failed(); --count) {
      facts.format->missing_tokens.push_back(in.GetString());
    }
  }
  if (version != 1 || in.failed() || in.remaining() != 0) {
    return core::MakeError(core::ErrorReason::kStoredDataDamaged, "the stored description of a dataset is damaged");
  }
  return facts;
}

}  // namespace descent::datasets
