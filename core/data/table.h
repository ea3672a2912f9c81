// A table in memory: columns of numbers or of categories.
#ifndef DESCENT_CORE_DATA_TABLE_H_
#define DESCENT_CORE_DATA_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/data/schema.h"

namespace descent::core {

// Rows of numbers of which most are 0, in compressed form (CSR). Row r has values[k] at position indices[k], from 0,
// for k in [starts[r], starts[r+1]); positions ascend and no value is 0 or not finite.
struct SparseRows {
  std::vector<int64_t> starts;  // [rows + 1]; empty when there are no rows
  std::vector<int32_t> indices;
  std::vector<double> values;

  bool operator==(const SparseRows&) const = default;
};

// Cells of one column; which member is used says ColumnSchema.type. Ignored columns keep their cells.
struct Column {
  std::vector<double> numbers;  // numeric: NaN is missing
  std::vector<int32_t> codes;   // categorical: index into ColumnSchema.categories, -1 is missing
  SparseRows sparse = {};       // sparse vectors: none is missing
};

// Thread-safety: like a plain struct; immutable once it is a dataset.
struct Table {
  Schema schema;
  std::vector<Column> columns;  // one a column of the schema
  int64_t row_count = 0;
  // Line of the source where each row began, from 1; empty for inline rows, whose line is row + 1.
  std::vector<int64_t> lines;

  int64_t LineOf(int64_t row) const { return lines.empty() ? row + 1 : lines[static_cast<size_t>(row)]; }
};

// One a column. The target's classes are counted too when it is numeric and holds whole numbers only.
std::vector<ColumnStatistics> ComputeStatistics(const Table& table);

// Classes of a column used as a classification target: the categories, or the distinct whole numbers in ascending order
// as texts. Empty when it is numeric with fractions, missing values or more than kMaxClasses values.
std::vector<std::string> ClassesOf(const Table& table, int64_t column);

// The table as bytes, the form datasets are stored in, and back. Decode refuses damaged bytes with
// STORED_DATA_DAMAGED and never reads outside them.
std::string EncodeTable(const Table& table);
absl::StatusOr<Table> DecodeTable(absl::string_view bytes);

// `sha256:` and 64 digits over schema and cells: lines and the file's looks do not count.
std::string ContentHash(const Table& table);

// 64 hexadecimal digits of SHA-256.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_TABLE_H_
