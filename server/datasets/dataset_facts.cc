#include "server/datasets/dataset_facts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/base/status.h"
#include "core/data/table.h"

namespace descent::datasets {
namespace {

using core::ByteReader;
using core::ByteWriter;

// Version 2 has sparse vectors and libsvm text; 0.1.0 wrote version 1.
constexpr uint8_t kVersion = 2;

// What stands before a format.
enum class FormatKind : uint8_t { kNone = 0, kCsv = 1, kLibsvm = 2 };

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
  out->PutI64(statistics.nonzero_count);
}

core::ColumnStatistics GetStatistics(ByteReader* in, uint8_t version) {
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
  if (version > 1) statistics.nonzero_count = in->GetI64();
  return statistics;
}

void PutFormat(const std::optional<core::TextFormat>& format, ByteWriter* out) {
  if (!format.has_value()) return out->PutU8(static_cast<uint8_t>(FormatKind::kNone));
  if (const auto* libsvm = std::get_if<core::LibsvmFormat>(&*format); libsvm != nullptr) {
    out->PutU8(static_cast<uint8_t>(FormatKind::kLibsvm));
    out->PutBool(libsvm->zero_based.value_or(false));
    return;
  }
  const auto& csv = std::get<core::CsvFormat>(*format);
  out->PutU8(static_cast<uint8_t>(FormatKind::kCsv));
  out->PutU8(static_cast<uint8_t>(csv.delimiter.value_or(',')));
  out->PutBool(csv.header.value_or(true));
  out->PutStrings(csv.missing_tokens);
}

std::optional<core::TextFormat> GetFormat(ByteReader* in) {
  const auto kind = static_cast<FormatKind>(in->GetU8());
  if (kind == FormatKind::kLibsvm) return core::LibsvmFormat{in->GetBool()};
  if (kind != FormatKind::kCsv) return std::nullopt;
  core::CsvFormat csv;
  csv.delimiter = static_cast<char>(in->GetU8());
  csv.header = in->GetBool();
  csv.missing_tokens = in->GetStrings();
  return csv;
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
  out.PutU8(kVersion);
  out.PutString(core::EncodeTable(EmptyTable(facts.schema)));
  out.PutU64(facts.statistics.size());
  for (const core::ColumnStatistics& statistics : facts.statistics) PutStatistics(statistics, &out);
  PutFormat(facts.format, &out);
  return out.TakeBytes();
}

absl::StatusOr<DatasetFacts> DecodeFacts(absl::string_view bytes) {
  ByteReader in(bytes);
  DatasetFacts facts;
  const uint8_t version = in.GetU8();
  DESCENT_ASSIGN_OR_RETURN(core::Table table, core::DecodeTable(in.GetView()));
  facts.schema = std::move(table.schema);
  for (uint64_t count = in.GetU64(); count > 0 && !in.failed(); --count) {
    facts.statistics.push_back(GetStatistics(&in, version));
  }
  facts.format = GetFormat(&in);
  if (version < 1 || version > kVersion || in.failed() || in.remaining() != 0) {
    return core::MakeError(core::ErrorReason::kStoredDataDamaged, "the stored description of a dataset is damaged");
  }
  return facts;
}

}  // namespace descent::datasets
