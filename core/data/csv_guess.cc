#include "core/data/csv_guess.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "core/data/csv_tokenizer.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

constexpr char kDelimiters[] = {',', ';', '\t', '|'};
// A sample has at least a row, if there is one; it ends after so many, or with the row that exceeds so many bytes.
constexpr int64_t kSampleRows = 100;
constexpr int64_t kSampleBytes = int64_t{1} << 18;

// Calls take_row(cells) for the rows of the sample; cells beyond the most columns of a table are left out.
template <typename TakeRow>
void ReadSample(absl::string_view text, char delimiter, TakeRow take_row) {
  CsvTokenizer tokenizer(text, delimiter);
  std::vector<std::string> cells;
  for (int64_t row = 0; row == 0 || (row < kSampleRows && tokenizer.BytesFrom(text) < kSampleBytes);) {
    if (tokenizer.AtEnd()) return;
    if (tokenizer.SkipEmptyLine()) continue;
    cells.clear();
    do {
      const CsvCell cell = tokenizer.NextCell();
      if (static_cast<int64_t>(cells.size()) < kMaxColumns) cells.emplace_back(cell.text);
    } while (tokenizer.row_goes_on());
    take_row(cells);
    ++row;
  }
}

bool IsDecimalComma(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char character) {
    return (character >= '0' && character <= '9') ||
           absl::string_view("+-,.eE").find(character) != absl::string_view::npos;
  });
}

bool IsClean(absl::string_view cell) {
  return cell.find_first_of(absl::string_view(kDelimiters, sizeof kDelimiters)) == absl::string_view::npos ||
         IsDecimalComma(cell);
}

struct DelimiterScore {
  int64_t cells = 0;  // of most rows
  double quality = 0;
};

DelimiterScore Score(absl::string_view text, char delimiter) {
  std::map<size_t, int64_t> rows_by_cells;
  int64_t rows = 0;
  int64_t cells = 0;
  int64_t clean = 0;  // cells without other delimiters, but for commas in numbers
  ReadSample(text, delimiter, [&](const std::vector<std::string>& row) {
    ++rows;
    ++rows_by_cells[row.size()];
    cells += static_cast<int64_t>(row.size());
    for (const std::string& cell : row) clean += IsClean(cell) ? 1 : 0;
  });
  DelimiterScore score;
  int64_t most_rows = 0;
  for (const auto& [row_cells, count] : rows_by_cells) {
    if (row_cells == 1 || count < most_rows) continue;
    score.cells = static_cast<int64_t>(row_cells);
    most_rows = count;
  }
  if (most_rows == 0) return score;
  score.quality = static_cast<double>(most_rows) / static_cast<double>(rows) *
                  (1 + static_cast<double>(clean) / static_cast<double>(cells));
  return score;
}

// What the rows below the first hold in a column.
struct SampledColumn {
  std::string first;
  bool first_is_number = false;
  bool first_is_missing = false;
  bool has_numbers = false;
  bool has_texts = false;
  bool repeats_first = false;
};

void TakeCell(const std::string& cell, bool is_first, const MissingTokens& missing, SampledColumn* column) {
  const bool is_missing = missing.Contains(cell);
  double value = 0;
  const bool is_number = !is_missing && ParseNumber(cell, &value) != NumberKind::kNone;
  if (is_first) {
    column->first = cell;
    column->first_is_missing = is_missing;
    column->first_is_number = is_number;
    return;
  }
  column->has_numbers = column->has_numbers || is_number;
  column->has_texts = column->has_texts || (!is_number && !is_missing);
  column->repeats_first = column->repeats_first || cell == column->first;
}

bool LooksLikeHeader(const std::vector<SampledColumn>& columns, int64_t rows) {
  bool any_number = false;
  bool any_text = false;
  bool all_distinct = true;
  absl::flat_hash_set<absl::string_view> names;
  for (const SampledColumn& column : columns) {
    const bool is_text = !column.first_is_number && !column.first_is_missing;
    if (is_text && column.has_numbers && !column.has_texts) return true;
    any_text = any_text || is_text;
    any_number = any_number || column.first_is_number;
    all_distinct = all_distinct && is_text && !column.repeats_first && names.insert(column.first).second;
  }
  return any_text && !any_number && (rows == 1 || all_distinct);
}

}  // namespace

char GuessDelimiter(absl::string_view text) {
  char best = ',';
  DelimiterScore best_score;
  for (const char delimiter : kDelimiters) {
    const DelimiterScore score = Score(text, delimiter);
    const bool better =
        score.quality > best_score.quality || (score.quality == best_score.quality && score.cells > best_score.cells);
    if (!better) continue;
    best = delimiter;
    best_score = score;
  }
  return best;
}

CsvSample SampleRows(absl::string_view text, char delimiter, const MissingTokens& missing, std::optional<bool> header) {
  std::vector<SampledColumn> columns;
  int64_t rows = 0;
  ReadSample(text, delimiter, [&](const std::vector<std::string>& cells) {
    const bool is_first = rows++ == 0;
    if (is_first) columns.resize(cells.size());
    // Cells of a row of another width may stand in wrong columns.
    if (cells.size() != columns.size()) return;
    for (size_t i = 0; i < cells.size(); ++i) TakeCell(cells[i], is_first, missing, &columns[i]);
  });
  CsvSample sample;
  sample.has_header = header.value_or(LooksLikeHeader(columns, rows));
  for (const SampledColumn& column : columns) {
    const bool first_is_text = !column.first_is_number && !column.first_is_missing;
    sample.textual.push_back(column.has_texts || (!sample.has_header && first_is_text));
  }
  return sample;
}

}  // namespace descent::core
