#include "core/data/csv_tokenizer.h"

#include <cstdint>

namespace descent::core {

bool CsvTokenizer::SkipEmptyLine() {
  if (AtEnd() || (*position_ != '\n' && *position_ != '\r')) return false;
  EndLine();
  return true;
}

CsvCell CsvTokenizer::NextCell() {
  CsvCell cell;
  cell.begin = Here();
  const char* first = position_;
  while (first != end_ && IsBlank(*first)) ++first;
  if (first != end_ && *first == '"') {
    position_ = first;
    ReadQuoted(&cell);
  } else {
    ReadUnquoted(&cell);
  }
  if (static_cast<int64_t>(cell.text.size()) > kMaxCellBytes) {
    cell.text = cell.text.substr(0, kMaxCellBytes);
    if (cell.flaw != CellFlaw::kUnterminatedQuote) {
      cell.flaw = CellFlaw::kTooLong;
      cell.flaw_position = cell.begin;
    }
  }
  EndCell();
  return cell;
}

const char* CsvTokenizer::SkipUnquoted() {
  const char* quote = nullptr;
  for (; position_ != end_; ++position_) {
    const char character = *position_;
    if (character == delimiter_ || character == '\n' || character == '\r') break;
    if (character == '"' && quote == nullptr) quote = position_;
  }
  return quote;
}

void CsvTokenizer::ReadUnquoted(CsvCell* cell) {
  const char* begin = position_;
  const char* quote = SkipUnquoted();
  if (quote != nullptr) {
    cell->flaw = CellFlaw::kBareQuote;
    cell->flaw_position = {line_, quote - line_begin_ + 1};
  }
  const char* end = position_;
  while (begin != end && IsBlank(*begin)) ++begin;
  while (begin != end && IsBlank(*(end - 1))) --end;
  cell->text = absl::string_view(begin, static_cast<size_t>(end - begin));
}

void CsvTokenizer::ReadQuoted(CsvCell* cell) {
  const TextPosition opening = Here();
  const char* part = ++position_;  // what has not been copied to unescaped_
  bool escaped = false;
  while (true) {
    while (position_ != end_ && *position_ != '"') {
      if (*position_ == '\n' || *position_ == '\r') {
        EndLine();
      } else {
        ++position_;
      }
    }
    const bool doubled = end_ - position_ >= 2 && position_[1] == '"';
    if (!doubled && !escaped) {
      cell->text = absl::string_view(part, static_cast<size_t>(position_ - part));
      break;
    }
    if (!escaped) unescaped_.clear();
    escaped = true;
    unescaped_.append(part, static_cast<size_t>(position_ - part) + (doubled ? 1 : 0));
    if (!doubled) {
      cell->text = unescaped_;
      break;
    }
    position_ += 2;
    part = position_;
  }
  if (position_ == end_) {
    cell->flaw = CellFlaw::kUnterminatedQuote;
    cell->flaw_position = opening;
    return;
  }
  ++position_;
  while (position_ != end_ && IsBlank(*position_)) ++position_;
  if (position_ != end_ && *position_ != delimiter_ && *position_ != '\n' && *position_ != '\r') {
    cell->flaw = CellFlaw::kBytesAfterQuote;
    cell->flaw_position = Here();
    SkipUnquoted();
  }
}

}  // namespace descent::core
