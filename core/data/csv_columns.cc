#include "core/data/csv_columns.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/suggest.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// `1,5` or `1,234.5`: a number but for commas.
bool HasDecimalComma(absl::string_view text) {
  if (text.size() > 64 || text.find(',') == absl::string_view::npos) return false;
  std::string digits(text);
  digits.erase(std::remove(digits.begin(), digits.end(), ','), digits.end());
  double value = 0;
  return ParseNumber(digits, &value) == NumberKind::kNumber;
}

std::string Cells(int64_t count) { return count == 1 ? "1 cell" : absl::StrCat(count, " cells"); }

}  // namespace

MissingTokens::MissingTokens(const std::vector<std::string>& tokens) : tokens_(tokens.begin(), tokens.end()) {
  double value = 0;
  for (const std::string& token : tokens) {
    if (ParseNumber(token, &value) == NumberKind::kNumber) has_number_ = true;
  }
}

void Occurrences::Add(TextPosition position, absl::string_view text) {
  if (count++ > 0) return;
  first = position;
  example = Quoted(text);
}

ColumnBuilder::ColumnBuilder(const ColumnSchema& schema, bool looks_textual, const MissingTokens* missing)
    : schema_(schema),
      type_given_(schema.type != ColumnType::kUnknown),
      categories_given_(!schema.categories.empty()),
      missing_(missing) {
  const bool categorical = type_given_ ? schema.type == ColumnType::kCategorical : looks_textual;
  state_ = categorical ? State::kCategorical : State::kNumeric;
  for (const std::string& category : schema_.categories) {
    index_.emplace(category, static_cast<int32_t>(index_.size()));
  }
}

void ColumnBuilder::Reserve(int64_t rows) {
  if (state_ == State::kNumeric) {
    numbers_.reserve(static_cast<size_t>(rows));
  } else {
    codes_.reserve(static_cast<size_t>(rows));
  }
}

void ColumnBuilder::AddMissing(TextPosition position) {
  missing_cells_.Add(position, "");
  last_missing_row_ = size();
  if (state_ == State::kNumeric) {
    numbers_.push_back(kMissing);
  } else {
    codes_.push_back(-1);
  }
}

void ColumnBuilder::AddCell(absl::string_view text, TextPosition position, ProblemCollector* problems) {
  if (skipping_ || state_ == State::kToReadAgain) return;
  if (state_ == State::kCategorical) return AddCategory(text, position, problems);
  if (missing_->Contains(text)) return AddMissing(position);
  AddNumberText(text, position, problems);
}

void ColumnBuilder::AddNumberText(absl::string_view text, TextPosition position, ProblemCollector* problems) {
  double value = kMissing;
  switch (ParseNumber(text, &value)) {
    case NumberKind::kNumber:
      break;
    case NumberKind::kNan:
      return AddMissing(position);
    case NumberKind::kInfinite:
      infinite_.Add(position, text);
      break;
    case NumberKind::kOutOfRange:
      out_of_range_.Add(position, text);
      break;
    case NumberKind::kNone:
      if (!type_given_) {
        first_text_row_ = size();
        state_ = State::kToReadAgain;
        return;
      }
      problems->AddFatal(position, schema_.name,
                         absl::StrCat(Quoted(text), " in column ", Quoted(schema_.name), " is no number",
                                      HasDecimalComma(text) ? "; write it with a decimal point and without other commas"
                                                            : "; correct it, leave it empty, list it among the missing "
                                                              "tokens, or give the column the type categorical"));
      break;
  }
  numbers_.push_back(value);
}

void ColumnBuilder::AddCategory(absl::string_view text, TextPosition position, ProblemCollector* problems) {
  if (const auto found = index_.find(text); found != index_.end()) return codes_.push_back(found->second);
  if (missing_->Contains(text)) return AddMissing(position);
  if (categories_given_) {
    problems->AddFatal(
        position, schema_.name,
        absl::StrCat(Quoted(text), " in column ", Quoted(schema_.name),
                     " is none of its categories; correct it or add it to them", Nearest(text, *problems)));
    return codes_.push_back(-1);
  }
  if (static_cast<int64_t>(index_.size()) == kMaxCategories) {
    too_many_.Add(position, text);
    return codes_.push_back(-1);
  }
  double value = 0;
  if (!type_given_ && ParseNumber(text, &value) == NumberKind::kNone) texts_seen_.Add(position, text);
  const int32_t code = static_cast<int32_t>(index_.size());
  index_.emplace(text, code);
  codes_.push_back(code);
}

std::string ColumnBuilder::Nearest(absl::string_view text, const ProblemCollector& problems) const {
  // Comparing takes time; after a few problems the pattern is clear.
  if (problems.fatal_count() >= 20 || schema_.categories.size() > 500) return "";
  return Suggestion(text, schema_.categories);
}

void ColumnBuilder::ReturnTo(int64_t rows) {
  if (skipping_) return;
  if (last_missing_row_ == rows) {
    --missing_cells_.count;
    last_missing_row_ = -1;
  }
  if (first_text_row_ == rows) {
    state_ = State::kNumeric;
    first_text_row_ = -1;
  }
  if (static_cast<int64_t>(numbers_.size()) > rows) numbers_.resize(static_cast<size_t>(rows));
  if (static_cast<int64_t>(codes_.size()) > rows) codes_.resize(static_cast<size_t>(rows));
}

void ColumnBuilder::PrepareSecondReading() {
  skipping_ = state_ != State::kToReadAgain;
  if (skipping_) return;
  state_ = State::kCategorical;
  numbers_ = {};
  missing_cells_ = {};
  infinite_ = {};
  out_of_range_ = {};
}

void ColumnBuilder::SortCategories() {
  std::vector<std::pair<std::string, int32_t>> texts(index_.begin(), index_.end());
  std::sort(texts.begin(), texts.end());
  std::vector<int32_t> rank(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    rank[static_cast<size_t>(texts[i].second)] = static_cast<int32_t>(i);
    schema_.categories.push_back(std::move(texts[i].first));
  }
  for (int32_t& code : codes_) {
    if (code >= 0) code = rank[static_cast<size_t>(code)];
  }
}

void ColumnBuilder::Finish(ColumnSchema* schema, Column* column, ProblemCollector* problems) {
  const bool numeric = state_ == State::kNumeric;
  schema_.type = numeric ? ColumnType::kNumeric : ColumnType::kCategorical;
  if (!numeric && !categories_given_) SortCategories();
  ReportColumn(problems);
  *schema = std::move(schema_);
  column->numbers = std::move(numbers_);
  column->codes = std::move(codes_);
}

void ColumnBuilder::ReportColumn(ProblemCollector* problems) {
  if (infinite_.count > 0) {
    problems->AddFatal(infinite_.first, schema_.name,
                       absl::StrCat("column ", Quoted(schema_.name), " is infinite in ", Cells(infinite_.count),
                                    ", here ", infinite_.example, "; write a finite number or leave the cell empty"));
  }
  if (out_of_range_.count > 0) {
    problems->AddFatal(out_of_range_.first, schema_.name,
                       absl::StrCat("column ", Quoted(schema_.name), " has ", Cells(out_of_range_.count),
                                    " beyond the range of 64-bit floating point (1.8e308), here ",
                                    out_of_range_.example, "; change the unit or leave the cell empty"));
  }
  ReportMissing(problems);
  ReportAlmostNumeric(problems);
  ReportTooManyCategories(problems);
}

void ColumnBuilder::ReportMissing(ProblemCollector* problems) const {
  if (missing_cells_.count <= 0) return;
  problems->AddHint(missing_cells_.first, schema_.name,
                    absl::StrCat("column ", Quoted(schema_.name), " has ", missing_cells_.count,
                                 missing_cells_.count == 1 ? " missing value, here" : " missing values, the first here",
                                 "; fill or remove such rows before training, or ignore the column"));
}

void ColumnBuilder::ReportAlmostNumeric(ProblemCollector* problems) const {
  if (type_given_ || schema_.type != ColumnType::kCategorical || schema_.role == ColumnRole::kIgnored) return;
  int64_t numbers = 0;
  int64_t with_comma = 0;
  double value = 0;
  for (const std::string& category : schema_.categories) {
    if (HasDecimalComma(category)) {
      ++with_comma;
    } else if (ParseNumber(category, &value) != NumberKind::kNone) {
      ++numbers;
    }
  }
  const int64_t categories = static_cast<int64_t>(schema_.categories.size());
  if (with_comma > 0 && with_comma + numbers == categories) {
    problems->AddFatal(
        texts_seen_.first, schema_.name,
        absl::StrCat("column ", Quoted(schema_.name), " holds numbers written with commas, here ", texts_seen_.example,
                     "; write them with a decimal point and without other commas, or give the column "
                     "the type categorical"));
  } else if (2 * numbers > categories && texts_seen_.count > 0) {
    problems->AddHint(texts_seen_.first, schema_.name,
                      absl::StrCat("column ", Quoted(schema_.name), " is read as categorical because of ",
                                   texts_seen_.example, " here, though ", numbers, " of its ", categories,
                                   " different texts are numbers; if it is numeric, correct the cell or list its text "
                                   "among the missing tokens"));
  }
}

void ColumnBuilder::ReportTooManyCategories(ProblemCollector* problems) {
  const int64_t categories = static_cast<int64_t>(schema_.categories.size());
  if (too_many_.count > 0 && schema_.role == ColumnRole::kIgnored) {
    problems->AddHint(too_many_.first, schema_.name,
                      absl::StrCat("column ", Quoted(schema_.name), " has more than ", kMaxCategories,
                                   " different texts; as it is ignored, its cells are left out"));
    schema_.categories.clear();
    std::fill(codes_.begin(), codes_.end(), -1);
  } else if (too_many_.count > 0) {
    problems->AddFatal(
        too_many_.first, schema_.name,
        absl::StrCat("column ", Quoted(schema_.name), " has more than ", kMaxCategories, " different texts, here ",
                     too_many_.example, "; ignore the column or merge its texts into fewer"));
  } else if (schema_.role == ColumnRole::kTarget && categories > kMaxClasses) {
    problems->AddFatal(
        {}, schema_.name,
        absl::StrCat("the target column ", Quoted(schema_.name), " has ", categories, " classes, at most ", kMaxClasses,
                     " are possible; choose another target or merge classes"));
  }
}

}  // namespace descent::core
