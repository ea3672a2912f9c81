// What the columns of a table are.
#ifndef DESCENT_CORE_DATA_SCHEMA_H_
#define DESCENT_CORE_DATA_SCHEMA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace descent::core {

// What cells are. kUnknown is "guess" in a request and never stands in a dataset. A sparse vector is a row of `width`
// numbers of which those that are not 0 are kept.
enum class ColumnType { kUnknown, kNumeric, kCategorical, kSparseVector };

// What a column is for. kUnknown is "guess" in a request and never stands in a dataset. A weight says how much a row
// counts.
enum class ColumnRole { kUnknown, kFeature, kTarget, kIgnored, kWeight };

// `numeric`, as schemas write it.
inline absl::string_view TypeName(ColumnType type) {
  if (type == ColumnType::kSparseVector) return "sparse_vector";
  return type == ColumnType::kCategorical ? "categorical" : "numeric";
}

struct ColumnSchema {
  std::string name;
  ColumnType type = ColumnType::kUnknown;
  ColumnRole role = ColumnRole::kUnknown;
  // For categorical columns: index -> text. In a request, empty means "those that occur, in ascending byte order".
  std::vector<std::string> categories;
  // For a target of two classes: the one that counts as 1. Empty: the last category, or the greater number.
  std::string positive_class;
  // For sparse vectors: numbers a row, from 1. In a request, 0 means "the largest index that occurs, and 1".
  int64_t width = 0;

  bool operator==(const ColumnSchema&) const = default;
};

struct Schema {
  std::vector<ColumnSchema> columns;

  // Index of the column of that name, or -1.
  int64_t Find(const std::string& name) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == name) return static_cast<int64_t>(i);
    }
    return -1;
  }
  // Index of the first column with a role, or -1.
  int64_t FindRole(ColumnRole role) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].role == role) return static_cast<int64_t>(i);
    }
    return -1;
  }
  // Index of the target, the first of several, or -1.
  int64_t Target() const { return FindRole(ColumnRole::kTarget); }
  bool operator==(const Schema&) const = default;
};

// How delimited text is read. Unset fields are guessed.
struct CsvFormat {
  std::optional<char> delimiter;
  std::optional<bool> header;
  // Texts that mean "missing", besides the empty one. Empty: NA, N/A, NaN, nan, null, NULL, ?.
  std::vector<std::string> missing_tokens;
};

// How libsvm text is read. Unset fields take their default.
struct LibsvmFormat {
  // Whether the first index is 0. Default false: it is 1.
  std::optional<bool> zero_based;
};

// How the bytes of a table are read.
using TextFormat = std::variant<CsvFormat, LibsvmFormat>;

struct ClassCount {
  std::string label;
  int64_t row_count = 0;
};

// A column in figures. The extremes are set for numeric columns with at least one value and for sparse vectors with at
// least one row, over all numbers of all rows; the moments for numeric columns.
struct ColumnStatistics {
  int64_t missing_count = 0;
  int64_t distinct_count = 0;  // counted to kMaxCategories
  int64_t nonzero_count = 0;   // of sparse vectors: numbers that are not 0
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<double> mean;
  std::optional<double> standard_deviation;  // population
  std::vector<ClassCount> classes;
};

// Most categories of a column.
inline constexpr int64_t kMaxCategories = 65536;
// Most classes of a target.
inline constexpr int64_t kMaxClasses = 1000;
// Most numbers a row of a sparse vector.
inline constexpr int64_t kMaxSparseWidth = int64_t{1} << 25;
// Most columns of a table.
inline constexpr int64_t kMaxColumns = 65536;

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_SCHEMA_H_
