// Cuts delimited text into cells (RFC 4180): quotes, doubled quotes, line breaks in quotes; lines end with LF, CRLF or
// CR.
#ifndef DESCENT_CORE_DATA_CSV_TOKENIZER_H_
#define DESCENT_CORE_DATA_CSV_TOKENIZER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "core/data/data_problems.h"
#include "core/data/number.h"

namespace descent::core {

// Most bytes of a cell.
inline constexpr int64_t kMaxCellBytes = int64_t{1} << 20;

enum class CellFlaw {
  kNone,
  kUnterminatedQuote,  // at the opening quote; the rest of the text is in the cell
  kBytesAfterQuote,    // at the first of them
  kBareQuote,          // a quote inside a cell that does not begin with one; it stands for itself
  kTooLong,            // more than kMaxCellBytes; the text is cut
};

struct CsvCell {
  // Without its quotes; without the spaces and tabs around it if it had no quotes. Valid until the next cell.
  absl::string_view text;
  TextPosition begin;
  CellFlaw flaw = CellFlaw::kNone;
  TextPosition flaw_position;
};

// Reads one cell after another; the caller asks after each whether the row goes on. Does not copy the text, which must
// outlive it. Spaces and tabs before an opening quote and after a closing one are skipped.
// Thread-safety: like a plain struct.
class CsvTokenizer {
 public:
  CsvTokenizer(absl::string_view text, char delimiter)
      : position_(text.data()), end_(text.data() + text.size()), line_begin_(position_), delimiter_(delimiter) {}

  // At the beginning of a row: whether there is no more.
  bool AtEnd() const { return position_ == end_; }
  // At the beginning of a row: steps over an empty line, if there is one.
  bool SkipEmptyLine();
  // The next cell of the row.
  CsvCell NextCell();
  // The next cell if it is plainly a finite number, without quotes, spaces or plus sign; otherwise nothing happens.
  bool NextNumber(double* value);
  // Whether the cell read last was followed by a delimiter.
  bool row_goes_on() const { return row_goes_on_; }

  // Line of the next cell, from 1.
  int64_t line() const { return line_; }
  // Bytes from the beginning of `text` to the next cell.
  int64_t BytesFrom(absl::string_view text) const { return position_ - text.data(); }

 private:
  TextPosition Here() const { return {line_, position_ - line_begin_ + 1}; }
  bool IsBlank(char character) const { return (character == ' ' || character == '\t') && character != delimiter_; }
  // Steps over a line end; `position_` is at it.
  void EndLine();
  // Ends a cell at a delimiter, line end or the end of the text.
  void EndCell();
  // To the next delimiter or line end; gives the first quote on the way, or null.
  const char* SkipUnquoted();
  void ReadQuoted(CsvCell* cell);
  void ReadUnquoted(CsvCell* cell);

  const char* position_;
  const char* end_;
  const char* line_begin_;
  int64_t line_ = 1;
  char delimiter_;
  bool row_goes_on_ = false;
  std::string unescaped_;  // text of a cell with doubled quotes
};

inline bool CsvTokenizer::NextNumber(double* value) {
  const char* const after = ReadPlainNumber(position_, end_, value);
  if (after == nullptr || after - position_ > kMaxCellBytes) return false;
  if (after != end_ && *after != delimiter_ && *after != '\n' && *after != '\r') return false;
  position_ = after;
  EndCell();
  return true;
}

inline void CsvTokenizer::EndLine() {
  const bool carriage_return = *position_ == '\r';
  ++position_;
  if (carriage_return && position_ != end_ && *position_ == '\n') ++position_;
  ++line_;
  line_begin_ = position_;
}

inline void CsvTokenizer::EndCell() {
  row_goes_on_ = position_ != end_ && *position_ == delimiter_;
  if (row_goes_on_) {
    ++position_;
  } else if (position_ != end_) {
    EndLine();
  }
}

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_CSV_TOKENIZER_H_
