#include "core/data/inline_sparse.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"
#include "core/data/cell_violations.h"
#include "core/data/data_problems.h"

namespace descent::core {
namespace {

// Whether the counts and the two lists fit together.
bool CheckCounts(const InlineSparse& cells, const std::string& path, Violations* violations) {
  const int64_t indices = static_cast<int64_t>(cells.indices.size());
  if (cells.values.size() != cells.indices.size()) {
    violations->Add(absl::StrCat(path, ".values"),
                    absl::StrCat("must have as many values as indices, ", indices, ", has ", cells.values.size()));
    return false;
  }
  int64_t rest = indices;
  for (size_t row = 0; row < cells.nonzero_counts.size(); ++row) {
    const int64_t count = cells.nonzero_counts[row];
    if (count < 0) {
      violations->Add(absl::StrCat(path, ".nonzero_counts[", row, "]"), absl::StrCat("must be >= 0, was ", count));
      return false;
    }
    if (count > rest) {
      violations->Add(absl::StrCat(path, ".nonzero_counts[", row, "]"),
                      absl::StrCat("is ", count, ", but only ", rest, " of the ", indices,
                                   " indices are left; the counts must add up to the number of indices"));
      return false;
    }
    rest -= count;
  }
  if (rest > 0) {
    violations->Add(absl::StrCat(path, ".nonzero_counts"),
                    absl::StrCat("add up to ", indices - rest, ", but there are ", indices,
                                 " indices; the counts must add up to the number of indices"));
  }
  return rest == 0;
}

}  // namespace

SparseRows ReadInlineSparse(const InlineSparse& cells, absl::string_view column, const std::string& path,
                            int64_t* width, Violations* violations) {
  SparseRows rows;
  if (!CheckCounts(cells, path, violations)) return rows;
  CellViolations wrong_indices(absl::StrCat(path, ".indices"), violations);
  CellViolations wrong_values(absl::StrCat(path, ".values"), violations);
  const int64_t end = *width > 0 ? *width : kMaxSparseWidth;
  int64_t used = 1;
  size_t k = 0;
  rows.starts.push_back(0);
  for (const int64_t count : cells.nonzero_counts) {
    int64_t previous = -1;
    for (const size_t row_end = k + static_cast<size_t>(count); k < row_end; ++k) {
      const int64_t index = cells.indices[k];
      const double value = cells.values[k];
      if (index < 0 || index >= end) {
        const std::string what = *width > 0 ? absl::StrCat("the width of ", Quoted(column)) : "the most numbers a row";
        wrong_indices.Add(k, absl::StrCat("must be in [0, ", end, "), ", what, ", was ", index));
      } else if (index <= previous) {
        wrong_indices.Add(k, absl::StrCat("is ", index, " after ", previous,
                                          "; give the numbers of a row by ascending index, each once"));
      } else {
        previous = index;
      }
      if (!std::isfinite(value)) wrong_values.Add(k, absl::StrCat("must be finite, was ", ShortestText(value)));
      used = std::max(used, index + 1);
      if (value == 0) continue;
      rows.indices.push_back(static_cast<int32_t>(index));
      rows.values.push_back(value);
    }
    rows.starts.push_back(static_cast<int64_t>(rows.values.size()));
  }
  if (*width == 0) *width = used;
  return rows;
}

}  // namespace descent::core
