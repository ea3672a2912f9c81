#include "core/data/table.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/bytes.h"
#include "core/base/errors.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

// SHA-256 of bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void Update(const void* data, size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  void Update(absl::string_view bytes) { Update(bytes.data(), bytes.size()); }
  std::string FinishHex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

bool IsWhole(double value) { return std::floor(value) == value; }

// Distinct whole numbers of a column, ascending; empty when there are others, missing ones or more than kMaxClasses.
std::vector<double> WholeClasses(const Column& column) {
  std::set<double> distinct;
  for (const double value : column.numbers) {
    if (std::isnan(value) || !IsWhole(value)) return {};
    distinct.insert(value);
    if (static_cast<int64_t>(distinct.size()) > kMaxClasses) return {};
  }
  return {distinct.begin(), distinct.end()};
}

std::vector<ClassCount> CountWholeClasses(const Column& column) {
  const std::vector<double> values = WholeClasses(column);
  std::vector<ClassCount> classes;
  for (const double value : values) classes.push_back({NumberText(value), 0});
  if (classes.empty()) return classes;
  for (const double value : column.numbers) {
    ++classes[static_cast<size_t>(std::lower_bound(values.begin(), values.end(), value) - values.begin())].row_count;
  }
  return classes;
}

int64_t CountDistinct(const std::vector<double>& numbers) {
  absl::flat_hash_set<double> distinct;
  for (const double value : numbers) {
    if (std::isnan(value)) continue;
    distinct.insert(value);
    if (static_cast<int64_t>(distinct.size()) == kMaxCategories) break;
  }
  return static_cast<int64_t>(distinct.size());
}

ColumnStatistics NumericStatistics(const Column& column, bool is_target) {
  ColumnStatistics statistics;
  const Moments moments = ComputeMoments(column.numbers);
  statistics.missing_count = static_cast<int64_t>(column.numbers.size()) - moments.count;
  statistics.distinct_count = CountDistinct(column.numbers);
  if (moments.count > 0) {
    statistics.minimum = moments.minimum;
    statistics.maximum = moments.maximum;
    statistics.mean = moments.mean;
    statistics.standard_deviation = moments.standard_deviation;
  }
  if (is_target) statistics.classes = CountWholeClasses(column);
  return statistics;
}

ColumnStatistics CategoricalStatistics(const Column& column, const ColumnSchema& schema) {
  ColumnStatistics statistics;
  std::vector<int64_t> counts(schema.categories.size());
  for (const int32_t code : column.codes) {
    if (code < 0) {
      ++statistics.missing_count;
    } else {
      ++counts[static_cast<size_t>(code)];
    }
  }
  for (const int64_t count : counts) statistics.distinct_count += count > 0 ? 1 : 0;
  if (static_cast<int64_t>(counts.size()) <= kMaxClasses) {
    for (size_t i = 0; i < counts.size(); ++i) statistics.classes.push_back({schema.categories[i], counts[i]});
  }
  return statistics;
}

// Over all numbers of all rows, the zeros that are not kept included.
ColumnStatistics SparseStatistics(const Column& column, const ColumnSchema& schema, int64_t rows) {
  ColumnStatistics statistics;
  const std::vector<double>& values = column.sparse.values;
  statistics.nonzero_count = static_cast<int64_t>(values.size());
  if (rows == 0) return statistics;
  // Both factors are below 2^53, and the product is close enough to tell whether it is larger.
  const bool has_zero =
      static_cast<double>(rows) * static_cast<double>(schema.width) > static_cast<double>(values.size());
  statistics.distinct_count = std::min(CountDistinct(values) + (has_zero ? 1 : 0), kMaxCategories);
  double minimum = has_zero ? 0 : values[0];
  double maximum = minimum;
  for (const double value : values) {
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
  }
  statistics.minimum = minimum;
  statistics.maximum = maximum;
  return statistics;
}

constexpr uint32_t kMagic = 0x6c627444;  // "Dtbl"
// Version 2 is version 1 with sparse vectors, and tables without them are still written as version 1.
constexpr uint32_t kVersion = 1;
constexpr uint32_t kSparseVersion = 2;

bool HasSparse(const Schema& schema) {
  return std::any_of(schema.columns.begin(), schema.columns.end(),
                     [](const ColumnSchema& column) { return column.type == ColumnType::kSparseVector; });
}

void PutColumnSchema(const ColumnSchema& column, ByteWriter* writer) {
  writer->PutString(column.name);
  writer->PutU8(static_cast<uint8_t>(column.type));
  writer->PutU8(static_cast<uint8_t>(column.role));
  writer->PutU64(column.categories.size());
  for (const std::string& category : column.categories) writer->PutString(category);
  writer->PutString(column.positive_class);
  if (column.type == ColumnType::kSparseVector) writer->PutI64(column.width);
}

ColumnSchema GetColumnSchema(ByteReader* reader) {
  ColumnSchema column;
  column.name = reader->GetString();
  column.type = static_cast<ColumnType>(reader->GetU8());
  column.role = static_cast<ColumnRole>(reader->GetU8());
  const uint64_t categories = reader->GetU64();
  // Each category takes at least its length, so a false count ends with the bytes.
  for (uint64_t i = 0; i < categories && !reader->failed(); ++i) column.categories.push_back(reader->GetString());
  column.positive_class = reader->GetString();
  if (column.type == ColumnType::kSparseVector) column.width = reader->GetI64();
  return column;
}

uint32_t Crc32(absl::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

absl::Status Damaged(absl::string_view what) {
  return MakeError(ErrorReason::kStoredDataDamaged,
                   absl::StrCat("a stored table is damaged: ", what, "; delete the dataset and upload it again"));
}

bool IsSound(const SparseRows& sparse, int64_t width, int64_t rows) {
  const int64_t cells = static_cast<int64_t>(sparse.values.size());
  if (width < 1 || width > kMaxSparseWidth || sparse.indices.size() != sparse.values.size()) return false;
  if (rows == 0) return sparse.starts.empty() && cells == 0;
  // Not rows + 1, which may overflow.
  if (static_cast<int64_t>(sparse.starts.size()) - 1 != rows) return false;
  if (sparse.starts.front() != 0 || sparse.starts.back() != cells) return false;
  for (size_t row = 0; row + 1 < sparse.starts.size(); ++row) {
    if (sparse.starts[row] > sparse.starts[row + 1] || sparse.starts[row + 1] > cells) return false;
    int64_t least = 0;  // that the next index may be
    for (int64_t k = sparse.starts[row]; k < sparse.starts[row + 1]; ++k) {
      const int64_t index = sparse.indices[static_cast<size_t>(k)];
      if (index < least || index >= width) return false;
      least = index + 1;
    }
  }
  return std::all_of(sparse.values.begin(), sparse.values.end(),
                     [](double value) { return std::isfinite(value) && value != 0; });
}

bool IsSound(const ColumnSchema& schema, const Column& column, int64_t rows) {
  if (schema.role == ColumnRole::kUnknown || schema.role > ColumnRole::kWeight) return false;
  if (schema.type == ColumnType::kSparseVector) {
    return schema.role != ColumnRole::kTarget && schema.role != ColumnRole::kWeight && column.numbers.empty() &&
           column.codes.empty() && IsSound(column.sparse, schema.width, rows);
  }
  if (schema.type == ColumnType::kNumeric) {
    return column.codes.empty() && static_cast<int64_t>(column.numbers.size()) == rows;
  }
  if (schema.type != ColumnType::kCategorical) return false;
  const int64_t categories = static_cast<int64_t>(schema.categories.size());
  return column.numbers.empty() && static_cast<int64_t>(column.codes.size()) == rows && categories <= kMaxCategories &&
         std::all_of(column.codes.begin(), column.codes.end(),
                     [categories](int32_t code) { return code >= -1 && code < categories; });
}

}  // namespace

std::vector<ColumnStatistics> ComputeStatistics(const Table& table) {
  std::vector<ColumnStatistics> statistics;
  statistics.reserve(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnSchema& schema = table.schema.columns[i];
    const Column& column = table.columns[i];
    if (schema.type == ColumnType::kSparseVector) {
      statistics.push_back(SparseStatistics(column, schema, table.row_count));
    } else if (schema.type == ColumnType::kCategorical) {
      statistics.push_back(CategoricalStatistics(column, schema));
    } else {
      statistics.push_back(NumericStatistics(column, schema.role == ColumnRole::kTarget));
    }
  }
  return statistics;
}

std::vector<std::string> ClassesOf(const Table& table, int64_t column) {
  const ColumnSchema& schema = table.schema.columns[static_cast<size_t>(column)];
  if (schema.type == ColumnType::kCategorical) return schema.categories;
  std::vector<std::string> classes;
  for (const double value : WholeClasses(table.columns[static_cast<size_t>(column)])) {
    classes.push_back(NumberText(value));
  }
  return classes;
}

// Layout: magic, version, rows, columns, then a column at a time its schema, numbers, codes and, of a sparse vector,
// starts, indices and values, then the lines (none or one a row), then the CRC-32 of all before.
std::string EncodeTable(const Table& table) {
  ByteWriter writer;
  writer.PutU32(kMagic);
  writer.PutU32(HasSparse(table.schema) ? kSparseVersion : kVersion);
  writer.PutI64(table.row_count);
  writer.PutU64(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    PutColumnSchema(table.schema.columns[i], &writer);
    writer.PutArray<double>(table.columns[i].numbers);
    writer.PutArray<int32_t>(table.columns[i].codes);
    if (table.schema.columns[i].type != ColumnType::kSparseVector) continue;
    const SparseRows& sparse = table.columns[i].sparse;
    writer.PutArray<int64_t>(sparse.starts);
    writer.PutArray<int32_t>(sparse.indices);
    writer.PutArray<double>(sparse.values);
  }
  writer.PutArray<int64_t>(table.lines);
  writer.PutU32(Crc32(writer.bytes()));
  return writer.TakeBytes();
}

absl::StatusOr<Table> DecodeTable(absl::string_view bytes) {
  constexpr size_t kTrailer = sizeof(uint32_t);
  if (bytes.size() < kTrailer) return Damaged("it is too short");
  const absl::string_view body = bytes.substr(0, bytes.size() - kTrailer);
  if (ByteReader(bytes.substr(body.size())).GetU32() != Crc32(body)) return Damaged("its checksum is wrong");
  ByteReader reader(body);
  if (reader.GetU32() != kMagic) return Damaged("it does not begin as a table");
  const uint32_t version = reader.GetU32();
  if (version != kVersion && version != kSparseVersion) {
    return Damaged(absl::StrCat("its format version is ", version, ", this server reads 1 to ", kSparseVersion));
  }
  Table table;
  table.row_count = reader.GetI64();
  const uint64_t columns = reader.GetU64();
  if (table.row_count < 0 || columns > static_cast<uint64_t>(kMaxColumns)) return Damaged("its size is impossible");
  for (uint64_t i = 0; i < columns && !reader.failed(); ++i) {
    ColumnSchema schema = GetColumnSchema(&reader);
    Column column;
    column.numbers = reader.GetArray<double>();
    column.codes = reader.GetArray<int32_t>();
    if (schema.type == ColumnType::kSparseVector) {
      column.sparse.starts = reader.GetArray<int64_t>();
      column.sparse.indices = reader.GetArray<int32_t>();
      column.sparse.values = reader.GetArray<double>();
    }
    if (reader.failed() || !IsSound(schema, column, table.row_count)) return Damaged(absl::StrCat("column ", i + 1));
    table.schema.columns.push_back(std::move(schema));
    table.columns.push_back(std::move(column));
  }
  table.lines = reader.GetArray<int64_t>();
  const bool lines_fit = table.lines.empty() || static_cast<int64_t>(table.lines.size()) == table.row_count;
  if (reader.failed() || reader.remaining() != 0 || !lines_fit) return Damaged("its parts do not fit");
  if (HasSparse(table.schema) != (version == kSparseVersion)) return Damaged("its version does not fit its columns");
  if (columns == 0 && table.row_count != 0) return Damaged("it has rows without columns");
  return table;
}

std::string ContentHash(const Table& table) {
  Sha256 hash;
  ByteWriter header;
  header.PutString("descent table 1");
  header.PutI64(table.row_count);
  header.PutU64(table.schema.columns.size());
  for (const ColumnSchema& column : table.schema.columns) PutColumnSchema(column, &header);
  hash.Update(header.bytes());
  for (const Column& column : table.columns) {
    // One NaN stands for all: which one a reader made of a missing cell is not content.
    std::vector<double> block;
    for (size_t begin = 0; begin < column.numbers.size(); begin += 4096) {
      const size_t end = std::min(column.numbers.size(), begin + 4096);
      block.assign(column.numbers.begin() + static_cast<ptrdiff_t>(begin),
                   column.numbers.begin() + static_cast<ptrdiff_t>(end));
      for (double& value : block) {
        if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
      }
      hash.Update(block.data(), block.size() * sizeof(double));
    }
    hash.Update(column.codes.data(), column.codes.size() * sizeof(int32_t));
    // One form of a row only: indices ascend, zeros are left out.
    const SparseRows& sparse = column.sparse;
    hash.Update(sparse.starts.data(), sparse.starts.size() * sizeof(int64_t));
    hash.Update(sparse.indices.data(), sparse.indices.size() * sizeof(int32_t));
    hash.Update(sparse.values.data(), sparse.values.size() * sizeof(double));
  }
  return absl::StrCat("sha256:", hash.FinishHex());
}

std::string Sha256Hex(absl::string_view bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.FinishHex();
}

}  // namespace descent::core
