// Blocks of rows on their way to the wire: a small prefix and slices of the stored columns, which are not encoded
// again.
#ifndef DESCENT_SERVER_CONVERT_ROWS_H_
#define DESCENT_SERVER_CONVERT_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/jobs/log_store.h"
#include "server/jobs/records.h"

namespace descent::convert {

// What a watcher asked to see of a row.
struct ColumnChoice {
  bool loss = true;
  bool objective = true;
  bool learning_rate = true;
  bool gradient_norm = true;
  bool parameters = true;
};

// A piece of an encoded message: bytes of its own, or a view into the stored payload.
struct WirePart {
  std::string own;
  absl::string_view stored;
};

// The bytes of a LogRecord with rows [first_row, end_row) of a stored block, in parts. It begins at sequence
// `first_sequence`, that of its first row. Views point into the payload behind `rows`.
std::vector<WirePart> RowsToWire(absl::string_view job_name, int64_t first_sequence, const jobs::RowsView& rows,
                                 int64_t first_row, int64_t end_row, const ColumnChoice& columns);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_ROWS_H_
