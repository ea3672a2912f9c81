// Any bytes as libsvm text: reading ends, in bounds, with a table that is sound and survives being stored.
// DEPENDS: descent_core
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/data/data_problems.h"
#include "core/data/libsvm_reader.h"
#include "core/data/table.h"
#include "core/data/table_reader.h"
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
  // Decoding checks what sparse rows promise.
  const absl::StatusOr<core::Table> decoded = core::DecodeTable(core::EncodeTable(table));
  Require(decoded.ok(), "a table that was read can be stored and loaded");
  Require(decoded->schema == table.schema && decoded->lines == table.lines, "the loaded table is the same");
  Require(core::ContentHash(*decoded) == core::ContentHash(table), "the loaded table has the same hash");
  const std::vector<core::ColumnStatistics> statistics = core::ComputeStatistics(table);
  Require(statistics.size() == 2, "every column has statistics");
  Require(statistics[1].nonzero_count == static_cast<int64_t>(table.columns[1].sparse.values.size()),
          "numbers that are not 0 are counted");
  Require(statistics[1].minimum.has_value() == (table.row_count > 0), "there are extremes when there are rows");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(core::LooksLikeLibsvm(text));
  core::LibsvmFormat format;
  core::Schema given;
  // The last byte chooses how much is known in advance.
  const uint8_t choice = size > 0 ? data[size - 1] : 0;
  if ((choice & 1) != 0) format.zero_based = true;
  if ((choice & 2) != 0) {
    given.columns.push_back({"features", core::ColumnType::kSparseVector, core::ColumnRole::kUnknown, {}, "", 10});
  }
  if ((choice & 4) != 0) {
    given.columns.push_back({"label", core::ColumnType::kCategorical, core::ColumnRole::kUnknown, {}, ""});
  }
  core::Violations violations;
  const core::LibsvmResult result = core::ReadLibsvm(text, format, given, 5, &violations);
  Require(violations.empty(), "nothing contradicts what is given");
  const int64_t lines = 1 + std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r');
  Require(result.table.row_count <= lines, "there are no more rows than lines");
  Require(result.problem_count >= static_cast<int64_t>(result.problems.size()), "all problems are counted");
  for (const core::DataProblem& problem : result.problems) {
    Require(IsUtf8(problem.message), "messages are UTF-8");
    Require(problem.line <= lines && problem.column <= static_cast<int64_t>(size) + 1, "places are in the text");
  }
  for (const auto& column : result.preview) {
    for (const std::string& cell : column) Require(IsUtf8(cell), "previews are UTF-8");
  }
  Require(core::FatalProblems(result).ok() == (result.fatal_count == 0), "fatal problems give an error");
  CheckTable(result.table);
  return 0;
}
