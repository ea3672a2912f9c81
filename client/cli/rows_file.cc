#include "client/cli/rows_file.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/utf8.h"
#include "core/base/status.h"

namespace descent::cli {
namespace {

// Takes lines off a text.
class LineReader {
 public:
  LineReader(absl::string_view name, absl::string_view text, char delimiter)
      : name_(name), text_(text), delimiter_(delimiter) {}

  bool at_end() const { return at_ >= text_.size(); }
  // Number of the line that Next read, or that its first cell stands in.
  int64_t line() const { return line_; }

  absl::StatusOr<std::vector<std::string>> Next() {
    line_ = next_line_;
    std::vector<std::string> cells;
    for (;;) {
      DESCENT_ASSIGN_OR_RETURN(std::string cell, NextCell());
      cells.push_back(std::move(cell));
      if (at_end()) return cells;
      if (text_[at_++] == delimiter_) continue;
      // Otherwise this was the end of a line, `\n` or `\r\n`.
      if (text_[at_ - 1] == '\r') ++at_;
      ++next_line_;
      return cells;
    }
  }

 private:
  bool AtLineEnd() const {
    return text_[at_] == '\n' || (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
  }

  // Reads up to a delimiter, the end of a line or of the text.
  absl::StatusOr<std::string> NextCell() {
    std::string cell;
    if (at_end() || text_[at_] != '"') {
      while (!at_end() && text_[at_] != delimiter_ && !AtLineEnd()) cell.push_back(text_[at_++]);
      return cell;
    }
    for (++at_;; ++at_) {
      if (at_end()) return Error("a quoted cell is not closed");
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      }
      if (text_[at_] == '\n') ++next_line_;
      cell.push_back(text_[at_]);
    }
    ++at_;
    if (!at_end() && text_[at_] != delimiter_ && !AtLineEnd()) return Error("a quoted cell goes on after its quote");
    return cell;
  }

  absl::Status Error(absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(name_, ":", line_, ": ", message));
  }

  const absl::string_view name_;
  const absl::string_view text_;
  const char delimiter_;
  size_t at_ = 0;
  int64_t line_ = 1;
  int64_t next_line_ = 1;
};

char GuessDelimiter(absl::string_view text) {
  const absl::string_view line = text.substr(0, text.find('\n'));
  char best = ',';
  for (const char candidate : {',', ';', '\t', '|'}) {
    if (std::count(line.begin(), line.end(), candidate) > std::count(line.begin(), line.end(), best)) best = candidate;
  }
  return best;
}

// A packed number and its position take at most so many bytes.
constexpr size_t kBytesAPair = 13;

void AddSparseRow(const SparseRow& row, v1::SparseRows* cells) {
  cells->add_nonzero_counts(static_cast<int64_t>(row.indices.size()));
  cells->mutable_indices()->Add(row.indices.begin(), row.indices.end());
  cells->mutable_values()->Add(row.values.begin(), row.values.end());
}

}  // namespace

v1::Table RowsFile::Slice(size_t begin, size_t max_rows, size_t max_bytes, size_t* end) const {
  v1::Table table;
  for (const std::string& column : columns) table.add_columns()->set_name(column);
  size_t bytes = 0;
  size_t row = begin;
  for (; row < row_count() && row - begin < max_rows; ++row) {
    if (!sparse_rows.empty()) {
      bytes += kBytesAPair * sparse_rows[row].indices.size() + 2;
    } else {
      for (const std::string& cell : rows[row]) bytes += cell.size() + 2;
    }
    if (row > begin && bytes > max_bytes) break;
    if (!sparse_rows.empty()) {
      AddSparseRow(sparse_rows[row], table.mutable_columns(0)->mutable_sparse());
      continue;
    }
    for (size_t column = 0; column < columns.size(); ++column) {
      table.mutable_columns(static_cast<int>(column))->add_texts(rows[row][column]);
    }
  }
  table.set_row_count(static_cast<int64_t>(row - begin));
  *end = row;
  return table;
}

absl::StatusOr<RowsFile> ParseRows(absl::string_view name, absl::string_view text, const RowsFormat& format) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  if (const size_t bad = client::FirstInvalidUtf8(text); bad < text.size()) {
    const int64_t line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(bad), '\n');
    return absl::InvalidArgumentError(absl::StrCat(name, ":", line, ": is not UTF-8 text; save the file as UTF-8"));
  }
  LineReader reader(name, text, format.delimiter == 0 ? GuessDelimiter(text) : format.delimiter);
  RowsFile file;
  while (!reader.at_end()) {
    DESCENT_ASSIGN_OR_RETURN(std::vector<std::string> cells, reader.Next());
    const bool is_blank = cells.size() == 1 && cells[0].empty();
    if (file.columns.empty()) {
      for (size_t i = 0; i < cells.size(); ++i) {
        file.columns.push_back(format.has_header ? cells[i] : absl::StrCat("column_", i + 1));
      }
      if (format.has_header) continue;
    } else if (is_blank && file.columns.size() > 1) {
      continue;
    } else if (cells.size() != file.columns.size()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ":", reader.line(), ": has ", cells.size(), " cells, but ",
                                                     format.has_header ? "the header" : "the first line", " has ",
                                                     file.columns.size()));
    }
    file.rows.push_back(std::move(cells));
  }
  if (!file.rows.empty()) return file;
  return absl::InvalidArgumentError(absl::StrCat(name, ": has no rows", format.has_header ? " below the header" : ""));
}

}  // namespace descent::cli
