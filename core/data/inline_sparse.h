// Sparse vectors that come in a request, to rows of a table.
#ifndef DESCENT_CORE_DATA_INLINE_SPARSE_H_
#define DESCENT_CORE_DATA_INLINE_SPARSE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/data/table.h"

namespace descent::core {

// Rows, one after another: how many numbers of each are given, and all of them.
struct InlineSparse {
  std::vector<int64_t> nonzero_counts;
  std::vector<int32_t> indices;  // from 0, ascending in a row
  std::vector<double> values;    // a zero is left out
};

// Checks and takes over the cells. `width` is that of the column, or 0 for the largest index that occurs, which it is
// set to then, at least 1. `path` is that of the cells: `rows.columns[0].sparse`.
SparseRows ReadInlineSparse(const InlineSparse& cells, absl::string_view column, const std::string& path,
                            int64_t* width, Violations* violations);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_INLINE_SPARSE_H_
