// What reading a file gave: a table, its first rows as they stand in the file, and what is wrong with it.
#ifndef DESCENT_CORE_DATA_READ_RESULT_H_
#define DESCENT_CORE_DATA_READ_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
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

inline constexpr int64_t kMaxProblems = 100;
// A preview is for looking at: longer cells are cut, and rows end where it becomes large.
inline constexpr size_t kMaxPreviewCellBytes = 200;
inline constexpr size_t kMaxPreviewBytes = size_t{1} << 20;

// When there are fatal problems the table holds the rows that could be read.
struct ReadResult {
  Table table;
  // First cells of the first rows, as texts, column by column: preview[column][row].
  std::vector<std::vector<std::string>> preview;
  std::vector<DataProblem> problems;  // in the order of the file, at most kMaxProblems
  int64_t problem_count = 0;          // those left out included
  int64_t fatal_count = 0;
};

// INVALID_DATA with the first fatal problems in the message; OK if there are none.
absl::Status FatalProblems(const ReadResult& result);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_READ_RESULT_H_
