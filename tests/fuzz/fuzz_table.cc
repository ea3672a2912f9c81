// Any bytes as a stored table: decoding refuses them or gives a table that is sound. The checksum is made right first,
// or nothing would ever get past it. DEPENDS: descent_core ZLIB::ZLIB
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/data/features.h"
#include "core/data/table.h"

namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace core = descent::core;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(core::DecodeTable(bytes));
  if (size < sizeof(uint32_t)) return 0;
  const uint32_t crc = static_cast<uint32_t>(crc32_z(0, data, size - sizeof(uint32_t)));
  std::memcpy(bytes.data() + size - sizeof crc, &crc, sizeof crc);
  const absl::StatusOr<core::Table> table = core::DecodeTable(bytes);
  if (!table.ok()) return 0;
  Require(core::EncodeTable(*table) == bytes, "what was decoded encodes to the same bytes");
  Require(core::ComputeStatistics(*table).size() == table->columns.size(), "every column has statistics");
  Require(!core::ContentHash(*table).empty(), "the table has a hash");
  static_cast<void>(core::FindMissing(*table));
  core::Scaling scaling = core::Scaling::kMinMax;
  for (const core::ColumnSchema& column : table->schema.columns) {
    if (column.type != core::ColumnType::kSparseVector) continue;
    scaling = core::Scaling::kMaxAbs;
    // The encoder keeps two numbers a position: no memory for that here.
    if (column.width > 65536) return 0;
  }
  for (const core::Task task : {core::Task::kRegression, core::Task::kMulticlass}) {
    const auto encoder = core::FeatureEncoder::Fit(*table, {}, scaling, task);
    if (encoder.ok()) static_cast<void>(encoder->Encode<float>(*table, {}, true));
  }
  return 0;
}
