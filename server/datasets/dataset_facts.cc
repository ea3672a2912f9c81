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

void PutOptional(const std::optional<double>& value, ByteWriter* out) {
  out->PutBool(value.has_value());
  out->PutDouble(value.value_or(0));
}

std::optional<double> GetOptional(ByteReader* in) {
  const bool has_value = in->GetBool();
  const double value = in->GetDouble();
  return has_value ? std::optional<double>(value) : std::nullopt;
}

void PutStatistics(const core::ColumnStatistics& statistics, ByteWriter* out) {
  out->PutI64(statistics.missing_count);
  out->PutI64(statistics.distinct_count);
  PutOptional(statistics.minimum, out);
  PutOptional(statistics.maximum, out);
  PutOptional(statistics.mean, out);
  PutOptional(statistics.standard_deviation, out);
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
  statistics.minimum = GetOptional(in);
  statistics.maximum = GetOptional(in);
  statistics.mean = GetOptional(in);
  statistics.standard_deviation = GetOptional(in);
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
