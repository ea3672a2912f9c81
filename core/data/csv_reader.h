// Delimited text (UTF-8, RFC 4180 quoting) to a table, with every problem named by line and column.
#ifndef DESCENT_CORE_DATA_CSV_READER_H_
#define DESCENT_CORE_DATA_CSV_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/errors.h"
#include "core/data/schema.h"
#include "core/data/table.h"

namespace descent::core {

// Something wrong at a place in the file.
struct DataProblem {
  int64_t line = 0;    // from 1; 0 when it concerns the whole
  int64_t column = 0;  // byte in the line, from 1; 0 when it concerns the line
  std::string column_name;
  std::string message;  // what, and what to do
  bool fatal = true;    // whether a dataset is refused; missing values are not fatal here
};

// What reading gave. When there are fatal problems the table holds the rows that could be read.
struct CsvResult {
  CsvFormat format;  // complete
  Table table;
  // First cells of the first rows, as texts, column by column: preview[column][row].
  std::vector<std::vector<std::string>> preview;
  std::vector<DataProblem> problems;  // in the order of the file, at most kMaxProblems
  int64_t problem_count = 0;          // those left out included
  int64_t fatal_count = 0;
};

inline constexpr int64_t kMaxProblems = 100;

// Reads all of `text`. `given` lists columns by name whose type, role, categories or positive class are fixed; the rest
// is guessed: numeric when every cell that is not missing is a number, otherwise categorical; the last column is the
// target unless `given` names one. Columns that `given` names and the file does not have, and settings that contradict
// each other, go to `violations` with paths under `schema` and `format`.
CsvResult ReadCsv(absl::string_view text, const CsvFormat& format, const Schema& given, int64_t preview_rows,
                  Violations* violations);

// INVALID_DATA with the first fatal problems in the message; OK if there are none.
absl::Status FatalProblems(const CsvResult& result);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_CSV_READER_H_
