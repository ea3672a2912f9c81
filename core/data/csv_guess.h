// Guesses how delimited text is to be read from its beginning.
#ifndef DESCENT_CORE_DATA_CSV_GUESS_H_
#define DESCENT_CORE_DATA_CSV_GUESS_H_

#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/data/csv_columns.h"

namespace descent::core {

// Comma, semicolon, tab or bar: the one that cuts the first rows into equally many cells, more than one, with the least
// of the others left over in them; comma when none cuts anything.
char GuessDelimiter(absl::string_view text);

// What the first rows look like.
struct CsvSample {
  // The first row names the columns: it has a text where the rows below have numbers; or all of it are distinct texts
  // that do not occur again below.
  bool has_header = false;
  // One a column: whether a row (below the header, if there is one) has a cell that is neither missing nor a number.
  std::vector<bool> textual;
};

// `header`: whether the first row is one, if that is known.
CsvSample SampleRows(absl::string_view text, char delimiter, const MissingTokens& missing, std::optional<bool> header);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_CSV_GUESS_H_
