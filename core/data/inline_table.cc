#include "core/data/inline_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/base/format.h"
#include "core/base/status.h"
#include "core/base/suggest.h"
#include "core/data/cell_violations.h"
#include "core/data/data_problems.h"
#include "core/data/number.h"
#include "core/data/resolve_schema.h"

namespace descent::core {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxTextBytes = size_t{1} << 20;

std::string ColumnPath(size_t column, absl::string_view field) {
  return absl::StrCat("rows.columns[", column, "].", field);
}

// The field that holds the cells, one a row.
absl::string_view CellsField(const InlineColumn& column) {
  if (column.sparse.has_value()) return "sparse.nonzero_counts";
  return column.texts.empty() ? "numbers" : "texts";
}

// The form of the rows: names and lengths. False when the cells cannot be looked at.
bool CheckShape(const InlineRows& rows, Violations* violations) {
  const size_t before = violations->list().size();
  if (rows.columns.empty()) violations->Add("rows.columns", "is empty; give at least one column");
  if (static_cast<int64_t>(rows.columns.size()) > kMaxColumns) {
    violations->Add("rows.columns", absl::StrCat("has ", rows.columns.size(), " columns, at most ", kMaxColumns,
                                                 " are allowed; give fewer"));
    return false;
  }
  if (rows.row_count < 1) violations->Add("rows.row_count", absl::StrCat("must be >= 1, was ", rows.row_count));
  if (violations->list().size() != before) return false;
  absl::flat_hash_map<absl::string_view, size_t> seen;
  for (size_t i = 0; i < rows.columns.size() && violations->list().size() < before + 100; ++i) {
    const InlineColumn& column = rows.columns[i];
    if (column.name.empty() || column.name.size() > kMaxNameBytes) {
      violations->Add(ColumnPath(i, "name"),
                      absl::StrCat("must have 1 to ", kMaxNameBytes, " bytes, has ", column.name.size()));
    } else if (const auto [found, is_new] = seen.emplace(column.name, i); !is_new) {
      violations->Add(ColumnPath(i, "name"), absl::StrCat("is ", Quoted(column.name), " like that of rows.columns[",
                                                          found->second, "]; rename one"));
    }
    if (!column.numbers.empty() && !column.texts.empty()) {
      violations->Add(ColumnPath(i, "texts"), "must be empty because numbers are given; leave out one of the two");
      continue;
    }
    size_t cells = std::max(column.numbers.size(), column.texts.size());
    if (column.sparse.has_value()) {
      if (cells > 0) {
        violations->Add(ColumnPath(i, "sparse"),
                        absl::StrCat("must be left out because ", column.texts.empty() ? "numbers" : "texts",
                                     " are given; leave out one of the two"));
        continue;
      }
      cells = column.sparse->nonzero_counts.size();
    }
    if (static_cast<int64_t>(cells) == rows.row_count) continue;
    violations->Add(ColumnPath(i, CellsField(column)),
                    absl::StrCat("must have rows.row_count = ", rows.row_count, " values, has ", cells));
  }
  return violations->list().size() == before;
}

bool CheckNumber(double value, size_t cell, CellViolations* violations) {
  if (!std::isinf(value)) return true;
  violations->Add(cell, absl::StrCat("must be finite, or NaN for a missing value, was ", ShortestText(value)));
  return false;
}

// The cells as numbers.
std::vector<double> Numbers(const InlineColumn& column, size_t index, Violations* violations) {
  CellViolations wrong(ColumnPath(index, column.texts.empty() ? "numbers" : "texts"), violations);
  std::vector<double> numbers;
  numbers.reserve(column.numbers.size() + column.texts.size());
  for (const double value : column.numbers) {
    CheckNumber(value, numbers.size(), &wrong);
    numbers.push_back(std::isnan(value) ? kMissing : value);
  }
  for (const std::string& text : column.texts) {
    double value = kMissing;
    const NumberKind kind = text.empty() ? NumberKind::kNan : ParseNumber(text, &value);
    if (kind != NumberKind::kNumber && kind != NumberKind::kNan) {
      wrong.Add(numbers.size(),
                absl::StrCat("must be a finite number, or empty for a missing value, because the column "
                             "is numeric; was ",
                             Quoted(text)));
    }
    numbers.push_back(value);
  }
  return numbers;
}

// The cells as texts; empty ones are missing.
std::vector<std::string> Texts(const InlineColumn& column, size_t index, Violations* violations) {
  if (!column.texts.empty()) return column.texts;
  CellViolations wrong(ColumnPath(index, "numbers"), violations);
  std::vector<std::string> texts;
  texts.reserve(column.numbers.size());
  for (const double value : column.numbers) {
    CheckNumber(value, texts.size(), &wrong);
    texts.push_back(std::isnan(value) ? "" : NumberText(value));
  }
  return texts;
}

// Texts as codes of the given categories.
std::vector<int32_t> CodesOf(const std::vector<std::string>& texts, const std::vector<std::string>& categories,
                             std::string path, absl::string_view column, Violations* violations) {
  absl::flat_hash_map<absl::string_view, int32_t> index;
  for (size_t i = 0; i < categories.size(); ++i) index.emplace(categories[i], static_cast<int32_t>(i));
  CellViolations wrong(std::move(path), violations);
  std::vector<int32_t> codes;
  codes.reserve(texts.size());
  for (const std::string& text : texts) {
    const auto found = index.find(text);
    if (found == index.end() && !text.empty()) {
      const bool few = wrong.detailed() && categories.size() <= 500;
      wrong.Add(codes.size(), absl::StrCat("is ", Quoted(text), ", which is no category of ", Quoted(column),
                                           few ? Suggestion(text, categories) : ""));
    }
    codes.push_back(found == index.end() ? -1 : found->second);
  }
  return codes;
}

// The texts that occur, ascending; violations when they are too many or too long.
std::vector<std::string> CategoriesOf(const std::vector<std::string>& texts, const std::string& path, bool is_target,
                                      Violations* violations) {
  std::vector<std::string> categories;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() > kMaxTextBytes) {
      violations->Add(absl::StrCat(path, "[", i, "]"), absl::StrCat("has ", texts[i].size(), " bytes, at most ",
                                                                    kMaxTextBytes, " are allowed; shorten it"));
      return {};
    }
    if (!texts[i].empty()) categories.push_back(texts[i]);
  }
  std::sort(categories.begin(), categories.end());
  categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
  const int64_t limit = is_target ? kMaxClasses : kMaxCategories;
  if (static_cast<int64_t>(categories.size()) > limit) {
    violations->Add(path, absl::StrCat("has ", categories.size(), " different values, at most ", limit, " are allowed ",
                                       is_target ? "as classes; choose another target"
                                                 : "as categories; leave the column out or merge values"));
  }
  return categories;
}

// Fills a column whose schema says what is given of it.
Column MakeColumn(const InlineColumn& source, size_t index, ColumnSchema* schema, Violations* violations) {
  Column column;
  if (schema->type == ColumnType::kSparseVector) {
    column.sparse =
        ReadInlineSparse(*source.sparse, schema->name, ColumnPath(index, "sparse"), &schema->width, violations);
    return column;
  }
  if (schema->type == ColumnType::kUnknown) {
    schema->type = source.texts.empty() ? ColumnType::kNumeric : ColumnType::kCategorical;
  }
  if (schema->type == ColumnType::kNumeric) {
    column.numbers = Numbers(source, index, violations);
    return column;
  }
  const std::string path = ColumnPath(index, source.texts.empty() ? "numbers" : "texts");
  const std::vector<std::string> texts = Texts(source, index, violations);
  if (schema->categories.empty()) {
    const size_t before = violations->list().size();
    schema->categories = CategoriesOf(texts, path, schema->role == ColumnRole::kTarget, violations);
    if (violations->list().size() != before) return column;
  }
  column.codes = CodesOf(texts, schema->categories, path, schema->name, violations);
  return column;
}

// Numbers as texts of the categories they stand for, where they stand for one.
std::vector<std::string> TextsLike(const std::vector<std::string>& categories, const InlineColumn& source, size_t index,
                                   Violations* violations) {
  std::vector<std::string> texts = Texts(source, index, violations);
  if (!source.texts.empty()) return texts;
  absl::flat_hash_map<double, const std::string*> by_value;
  absl::flat_hash_map<absl::string_view, const std::string*> by_text;
  for (const std::string& category : categories) {
    double value = 0;
    if (ParseNumber(category, &value) == NumberKind::kNumber) by_value.emplace(value, &category);
    by_text.emplace(category, &category);
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    if (by_text.contains(texts[i])) continue;
    const auto found = by_value.find(source.numbers[i]);
    if (found != by_value.end()) texts[i] = *found->second;
  }
  return texts;
}

// The cells as those of a column that a model was trained on.
Column ColumnForPrediction(const InlineColumn& source, size_t index, const ColumnSchema& training,
                           Violations* violations) {
  Column column;
  const bool is_sparse = training.type == ColumnType::kSparseVector;
  if (source.sparse.has_value() != is_sparse) {
    violations->Add(ColumnPath(index, "sparse"),
                    is_sparse ? absl::StrCat("is required: ", Quoted(training.name), " is a sparse vector of width ",
                                             training.width, "; give its cells there")
                              : absl::StrCat("is for sparse vectors, which ", Quoted(training.name),
                                             " is not; give its cells as numbers or texts"));
  } else if (is_sparse) {
    int64_t width = training.width;
    column.sparse = ReadInlineSparse(*source.sparse, training.name, ColumnPath(index, "sparse"), &width, violations);
  } else if (training.type == ColumnType::kNumeric) {
    column.numbers = Numbers(source, index, violations);
  } else {
    column.codes = CodesOf(TextsLike(training.categories, source, index, violations), training.categories,
                           ColumnPath(index, CellsField(source)), training.name, violations);
  }
  return column;
}

}  // namespace

Table TableFromRows(const InlineRows& rows, const Schema& given, Violations* violations) {
  Table table;
  const size_t before = violations->list().size();
  if (!CheckShape(rows, violations)) return table;
  std::vector<std::string> names;
  std::vector<bool> sparse;
  for (const InlineColumn& column : rows.columns) {
    names.push_back(column.name);
    sparse.push_back(column.sparse.has_value());
  }
  table.row_count = rows.row_count;
  table.schema.columns = ResolveColumns(names, sparse, given, violations);
  // What a wrong schema makes of the cells says nothing.
  if (violations->list().size() != before) return table;
  for (size_t i = 0; i < rows.columns.size() && violations->list().size() < before + 100; ++i) {
    table.columns.push_back(MakeColumn(rows.columns[i], i, &table.schema.columns[i], violations));
  }
  if (violations->list().size() == before) ResolvePositiveClass(given, &table, violations);
  return table;
}

absl::StatusOr<Table> TableForPrediction(const InlineRows& rows, const Schema& training, bool with_target) {
  Violations violations;
  CheckShape(rows, &violations);
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  absl::flat_hash_map<absl::string_view, size_t> index;
  std::vector<std::string> names;
  for (size_t i = 0; i < rows.columns.size(); ++i) {
    index.emplace(rows.columns[i].name, i);
    if (rows.columns.size() <= 500) names.push_back(rows.columns[i].name);
  }
  Table table;
  table.row_count = rows.row_count;
  for (const ColumnSchema& schema : training.columns) {
    const bool needed = schema.role == ColumnRole::kFeature ||
                        (with_target && (schema.role == ColumnRole::kTarget || schema.role == ColumnRole::kWeight));
    if (!needed || violations.list().size() >= 100) continue;
    const auto found = index.find(schema.name);
    if (found == index.end()) {
      violations.Add("rows.columns", absl::StrCat("has no column ", Quoted(schema.name), ", which is ",
                                                  schema.role == ColumnRole::kTarget   ? "the target"
                                                  : schema.role == ColumnRole::kWeight ? "the weight"
                                                                                       : "a feature",
                                                  " of the model; add it",
                                                  violations.list().size() < 10 ? Suggestion(schema.name, names) : ""));
      continue;
    }
    table.columns.push_back(ColumnForPrediction(rows.columns[found->second], found->second, schema, &violations));
    table.schema.columns.push_back(schema);
  }
  DESCENT_RETURN_IF_ERROR(violations.ToStatus());
  return table;
}

}  // namespace descent::core
