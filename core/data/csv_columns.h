// Gathers the cells of a column while a file is read.
#ifndef DESCENT_CORE_DATA_CSV_COLUMNS_H_
#define DESCENT_CORE_DATA_CSV_COLUMNS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "core/data/data_problems.h"
#include "core/data/schema.h"
#include "core/data/table.h"

namespace descent::core {

// Texts that mean "missing". The empty one always does.
class MissingTokens {
 public:
  explicit MissingTokens(const std::vector<std::string>& tokens);
  bool Contains(absl::string_view text) const { return text.empty() || tokens_.contains(text); }
  // Whether one of them reads as a number, so that numbers must be compared as well.
  bool has_number() const { return has_number_; }

 private:
  absl::flat_hash_set<std::string> tokens_;
  bool has_number_ = false;
};

// Cells of the same kind: how many and where the first stands.
struct Occurrences {
  int64_t count = 0;
  TextPosition first;
  std::string example;

  void Add(TextPosition position, absl::string_view text);
};

// One column. Starts numeric or categorical. A numeric column of no given type that meets a text must become
// categorical, but its first cells are not texts any more: it collects nothing further and the file is read once more
// for it. Thread-safety: like a plain struct.
class ColumnBuilder {
 public:
  // `schema` has its role, and its type if it is given. `looks_textual`: a sample of the cells holds a text.
  ColumnBuilder(const ColumnSchema& schema, bool looks_textual, const MissingTokens* missing);

  // Makes room for so many rows.
  void Reserve(int64_t rows);
  // Whether AddNumber may be called.
  bool takes_numbers() const { return state_ == State::kNumeric && !skipping_; }
  bool needs_second_reading() const { return state_ == State::kToReadAgain; }
  void AddNumber(double value) { numbers_.push_back(value); }
  // A cell in any state. Cells that cannot be taken become missing and are reported.
  void AddCell(absl::string_view text, TextPosition position, ProblemCollector* problems);
  // Takes back the cell of the row after the first `rows`, if it is there.
  void ReturnTo(int64_t rows);
  // Afterwards only columns that need the second reading take cells, from the first row on.
  void PrepareSecondReading();

  // Ends reading: moves the cells and the completed schema to `table` and reports what concerns the whole column.
  void Finish(ColumnSchema* schema, Column* column, ProblemCollector* problems);

 private:
  enum class State { kNumeric, kCategorical, kToReadAgain };

  int64_t size() const { return static_cast<int64_t>(state_ == State::kNumeric ? numbers_.size() : codes_.size()); }
  void AddMissing(TextPosition position);
  void AddNumberText(absl::string_view text, TextPosition position, ProblemCollector* problems);
  void AddCategory(absl::string_view text, TextPosition position, ProblemCollector* problems);
  std::string Nearest(absl::string_view text, const ProblemCollector& problems) const;
  void SortCategories();
  void ReportColumn(ProblemCollector* problems);
  void ReportMissing(ProblemCollector* problems) const;
  void ReportAlmostNumeric(ProblemCollector* problems) const;
  void ReportTooManyCategories(ProblemCollector* problems);

  ColumnSchema schema_;
  bool type_given_;
  bool categories_given_;
  const MissingTokens* missing_;
  State state_;
  bool skipping_ = false;
  std::vector<double> numbers_;
  std::vector<int32_t> codes_;
  absl::flat_hash_map<std::string, int32_t> index_;  // code of a text

  Occurrences missing_cells_;
  int64_t last_missing_row_ = -1;
  int64_t first_text_row_ = -1;
  Occurrences infinite_;
  Occurrences out_of_range_;
  Occurrences too_many_;    // with a category beyond the last one possible
  Occurrences texts_seen_;  // of a column whose type is guessed, different texts that are no numbers
};

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_CSV_COLUMNS_H_
