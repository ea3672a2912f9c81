// Any bytes as delimited text: reading ends, in bounds, with a table that is sound and survives being stored.
// DEPENDS: descent_core
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/data/csv_reader.h"
#include "core/data/data_problems.h"
#include "core/data/features.h"
#include "core/data/table.h"
#include "core/data/text_check.h"

namespace {

namespace core = descent::core;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const int length = core::Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(static_cast<size_t>(length));
  }
  return true;
}

void CheckTable(const core::Table& table) {
  const absl::StatusOr<core::Table> decoded = core::DecodeTable(core::EncodeTable(table));
  Require(decoded.ok(), "a table that was read can be stored and loaded");
  Require(decoded->schema == table.schema && decoded->lines == table.lines, "the loaded table is the same");
  Require(core::ContentHash(*decoded) == core::ContentHash(table), "the loaded table has the same hash");
  const std::vector<core::ColumnStatistics> statistics = core::ComputeStatistics(table);
  Require(statistics.size() == table.columns.size(), "every column has statistics");
  for (const core::ColumnStatistics& column : statistics) {
    if (!column.mean.has_value()) continue;
    Require(*column.minimum <= *column.mean && *column.mean <= *column.maximum, "the mean lies between the extremes");
    Require(*column.standard_deviation >= 0, "the standard deviation is a number");
  }
}

// Whatever was read and has no missing values can be trained on, or is refused in words.
void CheckFeatures(const core::Table& table) {
  if (core::FindMissing(table).count > 0) return;
  for (const core::Task task : {core::Task::kRegression, core::Task::kBinary, core::Task::kMulticlass}) {
    const auto encoder = core::FeatureEncoder::Fit(table, {}, core::Scaling::kStandardize, task);
    if (!encoder.ok()) continue;
    const auto matrix = encoder->Encode<double>(table, {}, true);
    Require(matrix.ok(), "what an encoder was fitted on it encodes");
    Require(matrix->rows == table.row_count && matrix->columns == encoder->feature_count(), "the matrix has its shape");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  core::CsvFormat format;
  core::Schema given;
  // The first byte chooses how much is known in advance.
  if (size > 0 && (data[0] & 1) != 0) format.header = (data[0] & 2) != 0;
  if (size > 0 && (data[0] & 4) != 0) format.delimiter = (data[0] & 8) != 0 ? ';' : ' ';
  if (size > 0 && (data[0] & 16) != 0) {
    given.columns.push_back({"column_1",
                             (data[0] & 32) != 0 ? core::ColumnType::kNumeric : core::ColumnType::kCategorical,
                             core::ColumnRole::kUnknown,
                             {},
                             ""});
  }
  core::Violations violations;
  const core::CsvResult result = core::ReadCsv(text, format, given, 5, &violations);
  const int64_t lines = 1 + std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r');
  Require(result.table.row_count <= lines, "there are no more rows than lines");
  Require(result.problem_count >= static_cast<int64_t>(result.problems.size()), "all problems are counted");
  for (const core::DataProblem& problem : result.problems) {
    Require(IsUtf8(problem.message), "messages are UTF-8");
    Require(problem.line <= lines && problem.column <= static_cast<int64_t>(size) + 1, "places are in the text");
  }
  Require(core::FatalProblems(result).ok() == (result.fatal_count == 0), "fatal problems give an error");
  CheckTable(result.table);
  if (result.fatal_count == 0 && violations.empty()) CheckFeatures(result.table);
  return 0;
}
