#include "core/data/csv_reader.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/data/csv_columns.h"
#include "core/data/csv_guess.h"
#include "core/data/csv_tokenizer.h"
#include "core/data/data_problems.h"
#include "core/data/number.h"
#include "core/data/resolve_schema.h"
#include "core/data/text_check.h"

namespace descent::core {
namespace {

constexpr size_t kMaxNameBytes = 256;

bool IsDelimiter(char character) {
  const bool alphanumeric = (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
                            (character >= 'a' && character <= 'z');
  const bool printable = character == '\t' || (character >= ' ' && character < 0x7f);
  return printable && !alphanumeric && absl::string_view("\"+-.").find(character) == absl::string_view::npos;
}

void CheckFormat(const CsvFormat& format, Violations* violations) {
  if (format.delimiter.has_value() && !IsDelimiter(*format.delimiter)) {
    violations->Add(
        "format.delimiter",
        absl::StrCat("must be one ASCII character that is no letter, digit, quote, sign, point or line "
                     "break, was ",
                     Quoted(absl::string_view(&*format.delimiter, 1)), "; use a comma, semicolon, tab or bar"));
  }
  constexpr size_t kMaxTokens = 1000;
  if (format.missing_tokens.size() > kMaxTokens) {
    violations->Add("format.missing_tokens", absl::StrCat("has ", format.missing_tokens.size(), " texts, at most ",
                                                          kMaxTokens, " are allowed; list fewer"));
  }
}

int64_t CountLines(absl::string_view text) {
  int64_t lines = 0;
  for (size_t at = text.find('\n'); at != absl::string_view::npos; at = text.find('\n', at + 1)) ++lines;
  return lines;
}

// Reads one file: construct, Read, done.
class Reader {
 public:
  Reader(absl::string_view text, const CsvFormat& format, const Schema& given, Violations* violations,
         CsvResult* result)
      : text_(text),
        given_(given),
        delimiter_(*format.delimiter),
        missing_(format.missing_tokens),
        header_given_(format.header),
        violations_(violations),
        result_(result) {}

  // `problems` holds those found so far.
  void Read(int64_t preview_rows, ProblemCollector* problems);

 private:
  bool ReadNames(CsvTokenizer* tokenizer, ProblemCollector* problems);
  void TakeHeaderName(const CsvCell& cell, ProblemCollector* problems);
  void MakePreview(CsvTokenizer tokenizer, int64_t rows);
  // All rows from where the tokenizer stands.
  void ReadRows(CsvTokenizer tokenizer, bool first_reading, ProblemCollector* problems);
  // One row; false when it cannot be taken.
  bool ReadRow(CsvTokenizer* tokenizer, ProblemCollector* problems);
  void ReportWidth(TextPosition position, int64_t cells, ProblemCollector* problems) const;
  // Reports what is wrong with the form of a cell; false when its row cannot be taken.
  bool CheckCell(const CsvCell& cell, absl::string_view column_name, ProblemCollector* problems);
  void Finish(ProblemCollector* problems);

  const absl::string_view text_;
  const Schema& given_;
  const char delimiter_;
  const MissingTokens missing_;
  const std::optional<bool> header_given_;
  Violations* const violations_;
  CsvResult* const result_;

  std::vector<std::string> names_;
  std::vector<ColumnBuilder> columns_;
  int64_t row_count_ = 0;
};

bool Reader::CheckCell(const CsvCell& cell, absl::string_view column_name, ProblemCollector* problems) {
  switch (cell.flaw) {
    case CellFlaw::kNone:
      return true;
    case CellFlaw::kBareQuote:
      problems->AddHint(cell.flaw_position, column_name,
                        absl::StrCat("a quote inside the unquoted cell ", Quoted(cell.text),
                                     " is taken as it is; if it should quote, quote the whole cell and double the "
                                     "quotes in it"));
      return true;
    case CellFlaw::kUnterminatedQuote:
      problems->AddFatal(
          cell.flaw_position, column_name,
          "the quote that opens here is never closed; close it, or double quotes that belong to the text");
      return false;
    case CellFlaw::kBytesAfterQuote:
      problems->AddFatal(cell.flaw_position, column_name,
                         absl::StrCat("there is text after the closing quote of ", Quoted(cell.text),
                                      "; remove it, or double quotes that belong to the text"));
      return false;
    case CellFlaw::kTooLong:
      problems->AddFatal(cell.flaw_position, column_name,
                         absl::StrCat("the cell has more than ", kMaxCellBytes,
                                      " bytes; shorten it, or look for a quote that is not closed"));
      return false;
  }
  return false;
}

void Reader::TakeHeaderName(const CsvCell& cell, ProblemCollector* problems) {
  double value = 0;
  if (cell.text.empty()) {
    problems->AddFatal(cell.begin, "",
                       absl::StrCat("column ", names_.size() + 1, " has no name in the header; name it"));
  } else if (cell.text.size() > kMaxNameBytes) {
    problems->AddFatal(cell.begin, "",
                       absl::StrCat("the column name ", Quoted(cell.text), " has ", cell.text.size(),
                                    " bytes, at most ", kMaxNameBytes, " are allowed; shorten it"));
  } else if (ParseNumber(cell.text, &value) == NumberKind::kNumber) {
    problems->AddHint(cell.begin, cell.text,
                      absl::StrCat("the column name ", Quoted(cell.text),
                                   " looks like data; if the file has no header, set header to false"));
  }
  names_.emplace_back(CutText(cell.text, kMaxNameBytes));
}

// Names from the header, or made up. The tokenizer is at the first row of data afterwards. False when there is nothing
// to read.
bool Reader::ReadNames(CsvTokenizer* tokenizer, ProblemCollector* problems) {
  while (tokenizer->SkipEmptyLine()) {
  }
  if (tokenizer->AtEnd()) {
    if (problems->fatal_count() == 0) problems->AddFatal({}, "", "the file is empty; upload rows of delimited text");
    return false;
  }
  const bool header = *result_->format.header;
  CsvTokenizer first_row = *tokenizer;
  const int64_t header_line = tokenizer->line();
  bool sound = true;
  absl::flat_hash_map<std::string, size_t> index;
  do {
    if (static_cast<int64_t>(names_.size()) == kMaxColumns) {
      problems->AddFatal(
          {first_row.line(), 0}, "",
          absl::StrCat("the line has more than ", kMaxColumns,
                       " cells, the most columns of a table; remove columns, or choose another delimiter"));
      return false;
    }
    const CsvCell cell = first_row.NextCell();
    if (!header) {
      names_.push_back(absl::StrCat("column_", names_.size() + 1));
      continue;
    }
    sound = CheckCell(cell, "", problems) && sound;
    TakeHeaderName(cell, problems);
    const auto [found, is_new] = index.emplace(names_.back(), names_.size());
    if (!is_new && !cell.text.empty()) {
      problems->AddFatal(cell.begin, names_.back(),
                         absl::StrCat("columns ", found->second, " and ", names_.size(), " are both named ",
                                      Quoted(names_.back()), "; rename one"));
    }
  } while (first_row.row_goes_on());
  if (!header) return true;
  *tokenizer = first_row;
  while (first_row.SkipEmptyLine()) {
  }
  if (sound && first_row.AtEnd()) {
    problems->AddFatal({header_line, 0}, "",
                       "the file has a header but no rows; add rows, or set header to false if the line is data");
  }
  return sound;
}

void Reader::MakePreview(CsvTokenizer tokenizer, int64_t rows) {
  result_->preview.resize(names_.size());
  size_t bytes = 0;
  std::vector<std::string> row;
  for (int64_t r = 0; r < rows && bytes < kMaxPreviewBytes;) {
    if (tokenizer.SkipEmptyLine()) continue;
    if (tokenizer.AtEnd()) return;
    row.clear();
    do {
      const CsvCell cell = tokenizer.NextCell();
      if (row.size() < names_.size()) row.emplace_back(CutText(cell.text, kMaxPreviewCellBytes));
    } while (tokenizer.row_goes_on());
    row.resize(names_.size());
    for (const std::string& cell : row) bytes += cell.size() + 2;
    if (bytes >= kMaxPreviewBytes) return;
    for (size_t i = 0; i < row.size(); ++i) result_->preview[i].push_back(std::move(row[i]));
    ++r;
  }
}

void Reader::ReportWidth(TextPosition position, int64_t cells, ProblemCollector* problems) const {
  const int64_t width = static_cast<int64_t>(names_.size());
  const absl::string_view where = *result_->format.header ? "the header" : "the first row";
  problems->AddFatal(
      position, "",
      absl::StrCat("the row has ", cells, cells == 1 ? " cell, " : " cells, ", where, " has ", width,
                   cells < width ? "; add the missing cells, or check the quotes"
                                 : "; remove the extra cells, or quote cells that contain the delimiter"));
}

bool Reader::ReadRow(CsvTokenizer* tokenizer, ProblemCollector* problems) {
  const TextPosition begin{tokenizer->line(), 0};
  const ProblemCollector::Mark mark = problems->mark();
  const bool plain_numbers = !missing_.has_number();
  TextPosition first_extra;
  int64_t cells = 0;
  bool sound = true;
  do {
    const bool fits = cells < static_cast<int64_t>(columns_.size());
    ColumnBuilder* column = fits ? &columns_[static_cast<size_t>(cells)] : nullptr;
    ++cells;
    double value = 0;
    if (fits && plain_numbers && column->takes_numbers() && tokenizer->NextNumber(&value)) {
      column->AddNumber(value);
      continue;
    }
    const CsvCell cell = tokenizer->NextCell();
    if (!CheckCell(cell, fits ? absl::string_view(names_[static_cast<size_t>(cells - 1)]) : "", problems)) {
      sound = false;
    } else if (fits && sound) {
      column->AddCell(cell.text, cell.begin, problems);
    } else if (cells == static_cast<int64_t>(columns_.size()) + 1) {
      first_extra = cell.begin;
    }
  } while (tokenizer->row_goes_on());
  const int64_t width = static_cast<int64_t>(columns_.size());
  if (sound && cells == width) return true;
  for (int64_t i = 0; i < std::min(cells, width); ++i) columns_[static_cast<size_t>(i)].ReturnTo(row_count_);
  if (!sound) return false;
  // Cells may have slipped into wrong columns: what they seem to be there says nothing.
  problems->ReturnTo(mark);
  ReportWidth(cells < width ? begin : first_extra, cells, problems);
  return false;
}

void Reader::ReadRows(CsvTokenizer tokenizer, bool first_reading, ProblemCollector* problems) {
  row_count_ = 0;
  while (!tokenizer.AtEnd()) {
    const int64_t line = tokenizer.line();
    if (tokenizer.SkipEmptyLine()) {
      while (tokenizer.SkipEmptyLine()) {
      }
      if (!tokenizer.AtEnd()) {
        problems->AddHint({line, 0}, "",
                          "the line is empty and is left out; if it stands for a missing value, write NA or \"\"");
      }
      continue;
    }
    if (ReadRow(&tokenizer, problems)) {
      if (first_reading) result_->table.lines.push_back(line);
      ++row_count_;
    }
  }
}

void Reader::Finish(ProblemCollector* problems) {
  Table& table = result_->table;
  table.row_count = row_count_;
  table.columns.resize(columns_.size());
  table.schema.columns.resize(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].Finish(&table.schema.columns[i], &table.columns[i], problems);
  }
  if (problems->fatal_count() == 0) ResolvePositiveClass(given_, &table, violations_);
}

void Reader::Read(int64_t preview_rows, ProblemCollector* problems) {
  const CsvSample sample = SampleRows(text_, delimiter_, missing_, header_given_);
  result_->format.header = sample.has_header;
  CsvTokenizer tokenizer(text_, delimiter_);
  if (!ReadNames(&tokenizer, problems)) return;
  MakePreview(tokenizer, preview_rows);
  const std::vector<ColumnSchema> schema = ResolveColumns(names_, {}, given_, violations_);
  columns_.reserve(schema.size());
  // A row takes a line and a byte a cell, so this bounds memory by the size of the text.
  const int64_t width = static_cast<int64_t>(schema.size());
  const int64_t most_rows = std::min(CountLines(text_), static_cast<int64_t>(text_.size()) / width) + 1;
  for (size_t i = 0; i < schema.size(); ++i) {
    columns_.emplace_back(schema[i], sample.textual[i], &missing_);
    columns_.back().Reserve(most_rows);
  }
  result_->table.lines.reserve(static_cast<size_t>(most_rows));
  ReadRows(tokenizer, true, problems);
  const auto again = [](const ColumnBuilder& column) { return column.needs_second_reading(); };
  if (std::any_of(columns_.begin(), columns_.end(), again)) {
    for (ColumnBuilder& column : columns_) column.PrepareSecondReading();
    ProblemCollector reported_before;
    ReadRows(tokenizer, false, &reported_before);
  }
  Finish(problems);
}

}  // namespace

CsvResult ReadCsv(absl::string_view text, const CsvFormat& format, const Schema& given, int64_t preview_rows,
                  Violations* violations) {
  CsvResult result;
  result.format = format;
  if (result.format.missing_tokens.empty()) {
    result.format.missing_tokens = {"NA", "N/A", "NaN", "nan", "null", "NULL", "?"};
  }
  Violations wrong_format;
  CheckFormat(result.format, &wrong_format);
  for (const Violation& violation : wrong_format.list()) violations->Add(violation.field, violation.description);
  if (!wrong_format.empty()) return result;
  ProblemCollector problems;
  std::string storage;
  text = CheckText(text, &storage, &problems);
  if (!result.format.delimiter.has_value()) result.format.delimiter = GuessDelimiter(text);
  Reader(text, result.format, given, violations, &result).Read(preview_rows, &problems);
  problems.MoveTo(&result);
  return result;
}

}  // namespace descent::core
