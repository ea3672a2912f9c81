#include "core/data/libsvm_reader.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/data/csv_columns.h"
#include "core/data/data_problems.h"
#include "core/data/number.h"
#include "core/data/resolve_schema.h"
#include "core/data/text_check.h"

namespace descent::core {
namespace {

constexpr absl::string_view kQueryId = "qid:";

bool IsBlank(char character) { return character == ' ' || character == '\t'; }
bool IsLineEnd(char character) { return character == '\n' || character == '\r'; }
bool IsDigit(char character) { return static_cast<unsigned char>(character - '0') < 10; }
// After a label, an index:value pair or the data of a line.
bool EndsToken(char character) { return IsBlank(character) || IsLineEnd(character) || character == '#'; }

// Reads one file: construct, Read, done.
class Reader {
 public:
  Reader(absl::string_view text, const std::vector<ColumnSchema>& schema, int64_t preview_rows, LibsvmResult* result,
         ProblemCollector* problems)
      : at_(text.data()),
        end_(text.data() + text.size()),
        line_begin_(at_),
        first_index_(*result->format.zero_based ? 0 : 1),
        width_given_(schema[1].width),
        last_index_((schema[1].width > 0 ? schema[1].width : kMaxSparseWidth) - 1 + first_index_),
        preview_rows_(preview_rows),
        features_schema_(schema[1]),
        numeric_label_(schema[0].type != ColumnType::kCategorical),
        no_missing_({}),
        labels_(WithType(schema[0]), /*looks_textual=*/false, &no_missing_),
        result_(result),
        problems_(problems) {}

  void Read();

 private:
  static ColumnSchema WithType(ColumnSchema label) {
    if (label.type == ColumnType::kUnknown) label.type = ColumnType::kNumeric;
    return label;
  }

  // At the beginning of a line that has data: its row. Ends behind the data.
  void ReadRow();
  bool ReadLabel(double* value);
  // One index:value pair into the row that is being read. False after reporting what is wrong with it.
  bool ReadPair();
  // The rest of an index that is not plain; what is wrong with it otherwise.
  bool ReadOddIndex(const char* begin, int64_t* index);
  // The value behind the colon of the pair that begins at `begin`; for spellings that are not plain, and mistakes.
  bool ReadOddValue(const char* begin, const char* value_begin, double* value);
  bool CheckIndex(const char* begin, int64_t index);
  void AddPreview(absl::string_view label, absl::string_view features);
  void SkipBlanks() {
    while (at_ != end_ && IsBlank(*at_)) ++at_;
  }
  void SkipToken() {
    while (at_ != end_ && !EndsToken(*at_)) ++at_;
  }
  void EndLine();
  bool AtDataEnd() const { return at_ == end_ || IsLineEnd(*at_) || *at_ == '#'; }
  absl::string_view From(const char* begin) const { return absl::string_view(begin, static_cast<size_t>(at_ - begin)); }
  TextPosition PlaceOf(const char* byte) const { return {line_, byte - line_begin_ + 1}; }
  // `message()` is only asked for as long as problems are kept: there may be one every few bytes.
  template <typename Message>
  bool Refuse(const char* byte, absl::string_view column, Message message) {
    problems_->AddFatal(PlaceOf(byte), column, problems_->fatal_count() < kMaxProblems ? message() : "");
    return false;
  }

  const char* at_;
  const char* const end_;
  const char* line_begin_;
  int64_t line_ = 1;
  const int64_t first_index_;
  const int64_t width_given_;
  const int64_t last_index_;  // that the file may have
  const int64_t preview_rows_;
  size_t preview_bytes_ = 0;
  ColumnSchema features_schema_;
  const bool numeric_label_;
  const MissingTokens no_missing_;
  ColumnBuilder labels_;
  SparseRows rows_;
  int64_t row_count_ = 0;
  int64_t greatest_index_ = -1;  // of all rows
  int64_t previous_index_ = -1;  // in the row
  LibsvmResult* const result_;
  ProblemCollector* const problems_;
};

void Reader::EndLine() {
  while (at_ != end_ && !IsLineEnd(*at_)) ++at_;
  if (at_ == end_) return;
  const bool carriage_return = *at_ == '\r';
  ++at_;
  if (carriage_return && at_ != end_ && *at_ == '\n') ++at_;
  ++line_;
  line_begin_ = at_;
}

bool Reader::ReadLabel(double* value) {
  const char* const begin = at_;
  if (numeric_label_) {
    const char* const after = ReadPlainNumber(at_, end_, value);
    if (after != nullptr && (after == end_ || EndsToken(*after))) {
      at_ = after;
      return true;
    }
  }
  SkipToken();
  const absl::string_view text = From(begin);
  if (text.find(':') != absl::string_view::npos) {
    return Refuse(begin, kLibsvmLabel, [&] {
      return absl::StrCat("the line begins with ", Quoted(text),
                          " and has no label; write one before its features, 0 if none is known");
    });
  }
  if (text.find(',') != absl::string_view::npos) {
    return Refuse(begin, kLibsvmLabel, [&] {
      return absl::StrCat(Quoted(text), " is a list of labels, and a row has one; keep one of them");
    });
  }
  if (!numeric_label_) return true;
  switch (ParseNumber(text, value)) {
    case NumberKind::kNumber:
      return true;
    case NumberKind::kNan:
    case NumberKind::kInfinite:
      return Refuse(begin, kLibsvmLabel, [&] {
        return absl::StrCat("the label is ", Quoted(text), "; write a finite number, or remove the row");
      });
    case NumberKind::kOutOfRange:
      return Refuse(begin, kLibsvmLabel, [&] {
        return absl::StrCat("the label ", Quoted(text),
                            " is beyond the range of 64-bit floating point (1.8e308); change its unit");
      });
    case NumberKind::kNone:
      break;
  }
  return Refuse(begin, kLibsvmLabel, [&] {
    return absl::StrCat("the label ", Quoted(text), " is no number; correct it, or give the column ",
                        Quoted(kLibsvmLabel), " the type categorical");
  });
}

bool Reader::ReadOddIndex(const char* begin, int64_t* index) {
  // However many digits follow, the index is too great as it is, but for zeros before it.
  for (; at_ != end_ && IsDigit(*at_); ++at_) *index = std::min(10 * *index + (*at_ - '0'), 10 * kMaxSparseWidth);
  if (at_ != begin && at_ != end_ && *at_ == ':') return true;
  SkipToken();
  const absl::string_view text = From(begin);
  const size_t colon = text.find(':');
  if (absl::StartsWith(text, kQueryId)) {
    return Refuse(begin, kLibsvmFeatures, [&] {
      return absl::StrCat(Quoted(text), " groups rows for ranking, which cannot be trained here; remove every qid");
    });
  }
  if (colon == absl::string_view::npos) {
    return Refuse(begin, kLibsvmFeatures,
                  [&] { return absl::StrCat(Quoted(text), " is no index:value pair; write for example 3:0.5"); });
  }
  return Refuse(begin, kLibsvmFeatures, [&] {
    return absl::StrCat("the index ", Quoted(text.substr(0, colon)), " is no whole number from ", first_index_,
                        "; number the features");
  });
}

bool Reader::ReadOddValue(const char* begin, const char* value_begin, double* value) {
  at_ = value_begin;
  SkipToken();
  const absl::string_view text = From(value_begin);
  const absl::string_view index(begin, static_cast<size_t>(value_begin - begin) - 1);
  switch (ParseNumber(text, value)) {
    case NumberKind::kNumber:
      return true;
    case NumberKind::kNan:
    case NumberKind::kInfinite:
      return Refuse(value_begin, kLibsvmFeatures, [&] {
        return absl::StrCat("the value of index ", CutText(index, 20), " is ", Quoted(text),
                            "; write a finite number, or leave the pair out if it is 0");
      });
    case NumberKind::kOutOfRange:
      return Refuse(value_begin, kLibsvmFeatures, [&] {
        return absl::StrCat("the value ", Quoted(text), " of index ", CutText(index, 20),
                            " is beyond the range of 64-bit floating point (1.8e308); change its unit");
      });
    case NumberKind::kNone:
      break;
  }
  return Refuse(value_begin, kLibsvmFeatures, [&] {
    return absl::StrCat("the value ", Quoted(text), " of index ", CutText(index, 20),
                        " is no number; write index:value without spaces, with a decimal point");
  });
}

bool Reader::CheckIndex(const char* begin, int64_t index) {
  if (index < first_index_) {
    return Refuse(begin, kLibsvmFeatures, [] {
      return std::string("the index is 0, but indices count from 1; set zero_based if they count from 0");
    });
  }
  if (index > last_index_) {
    return Refuse(begin, kLibsvmFeatures, [&] {
      const absl::string_view digits(begin, static_cast<size_t>(std::find(begin, end_, ':') - begin));
      const bool given = width_given_ > 0;
      return absl::StrCat("the index ", CutText(digits, 20), " is greater than ", last_index_,
                          given
                              ? absl::StrCat(", the last of the width ", width_given_, " given; give a larger width")
                              : absl::StrCat(", the greatest possible; number the features from ", first_index_, " on"),
                          ", or leave it out");
    });
  }
  if (index > previous_index_) return true;
  return Refuse(begin, kLibsvmFeatures, [&] {
    return index == previous_index_ ? absl::StrCat("the index ", index, " occurs a second time in the row; keep one")
                                    : absl::StrCat("the index ", index, " comes after ", previous_index_,
                                                   "; sort each row by index, the least first");
  });
}

bool Reader::ReadPair() {
  const char* const begin = at_;
  int64_t index = 0;
  // Ten digits are more than the greatest index has.
  for (; at_ != end_ && IsDigit(*at_) && at_ - begin < 10; ++at_) index = 10 * index + (*at_ - '0');
  if ((at_ == begin || at_ == end_ || *at_ != ':') && !ReadOddIndex(begin, &index)) return false;
  const char* const value_begin = ++at_;
  double value = 0;
  const char* const after = ReadPlainNumber(value_begin, end_, &value);
  if (after != nullptr && (after == end_ || EndsToken(*after))) {
    at_ = after;
  } else if (!ReadOddValue(begin, value_begin, &value)) {
    return false;
  }
  if (!CheckIndex(begin, index)) return false;
  previous_index_ = index;
  if (value == 0) return true;
  rows_.indices.push_back(static_cast<int32_t>(index - first_index_));
  rows_.values.push_back(value);
  return true;
}

void Reader::AddPreview(absl::string_view label, absl::string_view features) {
  std::vector<std::vector<std::string>>& preview = result_->preview;
  while (!features.empty() && IsBlank(features.front())) features.remove_prefix(1);
  while (!features.empty() && IsBlank(features.back())) features.remove_suffix(1);
  std::string shown;
  if (features.size() <= kMaxPreviewCellBytes) {
    shown = std::string(features);
  } else {
    // Not within a pair: half a number is another one.
    const size_t blank = features.substr(0, kMaxPreviewCellBytes).find_last_of(" \t");
    const absl::string_view part =
        blank == absl::string_view::npos ? CutText(features, kMaxPreviewCellBytes) : features.substr(0, blank);
    shown = absl::StrCat(part, " ...");
  }
  preview[0].emplace_back(CutText(label, kMaxPreviewCellBytes));
  preview[1].push_back(std::move(shown));
  preview_bytes_ += preview[0].back().size() + preview[1].back().size();
}

void Reader::ReadRow() {
  const char* const begin = at_;
  const size_t cells = rows_.values.size();
  double label = 0;
  bool sound = ReadLabel(&label);
  const absl::string_view label_text = From(begin);
  const char* const features = at_;
  previous_index_ = first_index_ - 1;
  for (SkipBlanks(); !AtDataEnd(); SkipBlanks()) sound = ReadPair() && sound;
  const bool has_room = preview_bytes_ < kMaxPreviewBytes;
  if (has_room && static_cast<int64_t>(result_->preview[0].size()) < preview_rows_) {
    AddPreview(label_text, From(features));
  }
  if (!sound) {
    rows_.indices.resize(cells);
    rows_.values.resize(cells);
    return;
  }
  if (numeric_label_) {
    labels_.AddNumber(label);
  } else {
    labels_.AddCell(label_text, PlaceOf(begin), problems_);
  }
  greatest_index_ = std::max(greatest_index_, previous_index_);
  if (rows_.starts.empty()) rows_.starts.push_back(0);
  rows_.starts.push_back(static_cast<int64_t>(rows_.values.size()));
  result_->table.lines.push_back(line_);
  ++row_count_;
}

void Reader::Read() {
  // The pairs are nearly all of the memory.
  const size_t pairs = static_cast<size_t>(std::count(at_, end_, ':'));
  rows_.indices.reserve(pairs);
  rows_.values.reserve(pairs);
  result_->preview.resize(2);
  for (; at_ != end_; EndLine()) {
    SkipBlanks();
    if (!AtDataEnd()) ReadRow();
  }
  if (row_count_ == 0 && problems_->fatal_count() == 0) {
    problems_->AddFatal({}, "", "the file has no rows; upload lines such as 1 3:0.5 17:2");
  }
  Table& table = result_->table;
  table.row_count = row_count_;
  table.schema.columns.resize(2);
  table.columns.resize(2);
  labels_.Finish(&table.schema.columns[0], &table.columns[0], problems_);
  if (features_schema_.width == 0) features_schema_.width = std::max<int64_t>(1, greatest_index_ - first_index_ + 1);
  table.schema.columns[1] = std::move(features_schema_);
  table.columns[1].sparse = std::move(rows_);
}

}  // namespace

LibsvmResult ReadLibsvm(absl::string_view text, const LibsvmFormat& format, const Schema& given, int64_t preview_rows,
                        Violations* violations) {
  LibsvmResult result;
  result.format.zero_based = format.zero_based.value_or(false);
  const size_t before = violations->list().size();
  const std::vector<ColumnSchema> schema =
      ResolveColumns({std::string(kLibsvmLabel), std::string(kLibsvmFeatures)}, {false, true}, given, violations);
  if (violations->list().size() != before) return result;
  ProblemCollector problems;
  std::string storage;
  text = CheckText(text, &storage, &problems);
  Reader(text, schema, preview_rows, &result, &problems).Read();
  if (problems.fatal_count() == 0) ResolvePositiveClass(given, &result.table, violations);
  problems.MoveTo(&result);
  return result;
}

}  // namespace descent::core
