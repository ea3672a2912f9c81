// Rows to predict: the cells of delimited text as they are, column by column, of which the server makes numbers; or
// sparse vectors.
#ifndef DESCENT_CLIENT_CLI_ROWS_FILE_H_
#define DESCENT_CLIENT_CLI_ROWS_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "descent/v1/dataset.pb.h"

namespace descent::cli {

// A sparse vector: positions, from 0 and ascending, and the numbers there.
struct SparseRow {
  std::vector<int32_t> indices;
  std::vector<double> values;
};

// Text cells by row, or sparse vectors of one column.
struct RowsFile {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<SparseRow> sparse_rows;

  size_t row_count() const { return rows.size() + sparse_rows.size(); }
  // Rows [begin, end), with end as large as `max_bytes` of text or numbers and `max_rows` allow, at least one row.
  v1::Table Slice(size_t begin, size_t max_rows, size_t max_bytes, size_t* end) const;
};

struct RowsFormat {
  // Default 0: of comma, semicolon, tab and bar the one that occurs most in the first line.
  char delimiter = 0;
  // Without a header, columns are called column_1, column_2...
  bool has_header = true;
};

// RFC 4180: quoted cells may hold delimiters, line ends and doubled quotes. Errors are `name:line: ...`.
absl::StatusOr<RowsFile> ParseRows(absl::string_view name, absl::string_view text, const RowsFormat& format);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_ROWS_FILE_H_
