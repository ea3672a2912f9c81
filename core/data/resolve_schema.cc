#include "core/data/resolve_schema.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/base/suggest.h"
#include "core/data/data_problems.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

constexpr size_t kMaxViolations = 100;
// Looking for a similar name compares with every name; more than this is not worth it.
constexpr size_t kMaxCandidates = 500;

std::string GivenPath(size_t column, absl::string_view field) {
  return absl::StrCat("schema.columns[", column, "].", field);
}

// What is given of a column whose cells are sparse vectors, or are none.
void CheckSparse(const ColumnSchema& column, size_t index, bool is_sparse, Violations* violations) {
  if (!is_sparse && column.type == ColumnType::kSparseVector) {
    violations->Add(GivenPath(index, "type"),
                    absl::StrCat("is sparse_vector, but the cells of ", Quoted(column.name),
                                 " are single values; leave it out, or upload a libsvm file"));
  } else if (!is_sparse && column.width != 0) {
    violations->Add(GivenPath(index, "width"),
                    absl::StrCat("only for a sparse vector, which ", Quoted(column.name), " is not; leave it out"));
  }
  if (!is_sparse) return;
  if (column.type != ColumnType::kUnknown && column.type != ColumnType::kSparseVector) {
    violations->Add(GivenPath(index, "type"),
                    absl::StrCat("is ", TypeName(column.type), ", but the cells of ", Quoted(column.name),
                                 " are sparse vectors; make it sparse_vector or leave it out"));
  }
  if (column.role == ColumnRole::kTarget || column.role == ColumnRole::kWeight) {
    const absl::string_view role = column.role == ColumnRole::kTarget ? "target" : "weight";
    violations->Add(GivenPath(index, "role"), absl::StrCat("is ", role, ", but ", Quoted(column.name),
                                                           " is a sparse vector; choose another column"));
  }
  if (column.width < 0 || column.width > kMaxSparseWidth) {
    violations->Add(GivenPath(index, "width"),
                    absl::StrCat("must be in [1, ", kMaxSparseWidth, "], or 0 for the largest index that occurs, was ",
                                 column.width));
  }
}

void CheckCategories(const ColumnSchema& column, size_t index, Violations* violations) {
  const std::string path = GivenPath(index, "categories");
  if (column.categories.empty()) return;
  if (column.type != ColumnType::kUnknown && column.type != ColumnType::kCategorical) {
    violations->Add(path, absl::StrCat("only for a categorical column, but the type of ", Quoted(column.name), " is ",
                                       TypeName(column.type), "; leave them out or change the type"));
    return;
  }
  if (static_cast<int64_t>(column.categories.size()) > kMaxCategories) {
    violations->Add(path, absl::StrCat("has ", column.categories.size(), " categories, at most ", kMaxCategories,
                                       " are allowed; ignore the column or merge categories"));
    return;
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i < column.categories.size(); ++i) {
    const std::string& category = column.categories[i];
    const std::string element = absl::StrCat(path, "[", i, "]");
    if (category.empty()) {
      violations->Add(element, "must not be empty: an empty cell is a missing value; leave it out");
      return;
    }
    if (!seen.insert(category).second) {
      violations->Add(element, absl::StrCat("is ", Quoted(category), " a second time; list each category once"));
      return;
    }
  }
}

// Copies what is given onto the columns of that name.
void ApplyGiven(const std::vector<std::string>& names, const std::vector<bool>& sparse, const Schema& given,
                std::vector<ColumnSchema>* columns, Violations* violations) {
  absl::flat_hash_map<absl::string_view, size_t> index;
  for (size_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i < given.columns.size() && violations->list().size() < kMaxViolations; ++i) {
    const ColumnSchema& column = given.columns[i];
    const auto found = index.find(column.name);
    if (found == index.end()) {
      const bool few = names.size() <= kMaxCandidates && violations->list().size() < 10;
      violations->Add(GivenPath(i, "name"),
                      absl::StrCat("is ", Quoted(column.name), ", which is no column of the data",
                                   few ? Suggestion(column.name, names) : "; use the names in the data"));
    } else if (!seen.insert(column.name).second) {
      violations->Add(GivenPath(i, "name"),
                      absl::StrCat("is ", Quoted(column.name), " a second time; list each column once"));
    } else {
      const bool is_sparse = !sparse.empty() && sparse[found->second];
      CheckSparse(column, i, is_sparse, violations);
      ColumnSchema& applied = (*columns)[found->second];
      applied = column;
      if (is_sparse || applied.type == ColumnType::kSparseVector) {
        applied.type = is_sparse ? ColumnType::kSparseVector : ColumnType::kUnknown;
      }
      CheckCategories(applied, i, violations);
      if (!is_sparse && !column.categories.empty()) applied.type = ColumnType::kCategorical;
    }
  }
}

void CheckRoles(const Schema& given, Violations* violations) {
  const ColumnSchema* weight = nullptr;
  for (size_t i = 0; i < given.columns.size() && violations->list().size() < kMaxViolations; ++i) {
    const ColumnSchema& column = given.columns[i];
    if (column.role != ColumnRole::kWeight) continue;
    if (weight != nullptr) {
      violations->Add(GivenPath(i, "role"), absl::StrCat(Quoted(column.name), " is a weight besides ",
                                                         Quoted(weight->name), "; name one column of weights only"));
    } else if (column.type == ColumnType::kCategorical) {
      violations->Add(GivenPath(i, "type"),
                      absl::StrCat("must be numeric for a weight, which ", Quoted(column.name), " is"));
    }
    weight = &column;
  }
}

void ResolveRoles(std::vector<ColumnSchema>* columns, Violations* violations) {
  const auto has_role = [](ColumnRole role) {
    return [role](const ColumnSchema& column) { return column.role == role; };
  };
  const bool has_target = std::any_of(columns->begin(), columns->end(), has_role(ColumnRole::kTarget));
  const int64_t in_use = static_cast<int64_t>(columns->size()) -
                         std::count_if(columns->begin(), columns->end(), has_role(ColumnRole::kIgnored));
  if (in_use == 0) {
    violations->Add("schema.columns", "ignores every column; use at least one");
  } else if (!has_target && in_use > 1) {
    const auto last = std::find_if(columns->rbegin(), columns->rend(), [](const ColumnSchema& column) {
      return column.role == ColumnRole::kUnknown && column.type != ColumnType::kSparseVector;
    });
    if (last == columns->rend()) {
      violations->Add("schema.columns", "names no target; give one column the role target");
    } else {
      last->role = ColumnRole::kTarget;
    }
  }
  for (ColumnSchema& column : *columns) {
    if (column.role == ColumnRole::kUnknown) column.role = ColumnRole::kFeature;
  }
}

// Index of `given`'s column of that name, to name it in a path.
size_t GivenIndex(const Schema& given, const std::string& name) {
  const int64_t index = given.Find(name);
  return index < 0 ? 0 : static_cast<size_t>(index);
}

}  // namespace

std::vector<ColumnSchema> ResolveColumns(const std::vector<std::string>& names, const std::vector<bool>& sparse,
                                         const Schema& given, Violations* violations) {
  std::vector<ColumnSchema> columns(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    columns[i].name = names[i];
    if (!sparse.empty() && sparse[i]) columns[i].type = ColumnType::kSparseVector;
  }
  ApplyGiven(names, sparse, given, &columns, violations);
  CheckRoles(given, violations);
  ResolveRoles(&columns, violations);
  for (const ColumnSchema& column : columns) {
    if (column.positive_class.empty() || column.role == ColumnRole::kTarget) continue;
    violations->Add(GivenPath(GivenIndex(given, column.name), "positive_class"),
                    absl::StrCat("only for the target, which ", Quoted(column.name),
                                 " is not; leave it out or give the column the role target"));
    if (violations->list().size() >= kMaxViolations) break;
  }
  return columns;
}

void ResolvePositiveClass(const Schema& given, Table* table, Violations* violations) {
  const int64_t target = table->schema.Target();
  if (target < 0) return;
  ColumnSchema& column = table->schema.columns[static_cast<size_t>(target)];
  std::string& positive = column.positive_class;
  const std::vector<std::string> classes = ClassesOf(*table, target);
  if (positive.empty()) {
    if (classes.size() == 2) positive = classes[1];
    return;
  }
  const std::string path = GivenPath(GivenIndex(given, column.name), "positive_class");
  if (classes.size() != 2) {
    violations->Add(
        path, absl::StrCat("only for a target of two classes; ", Quoted(column.name),
                           classes.empty() ? " is numeric without classes" : absl::StrCat(" has ", classes.size()),
                           "; leave it out"));
    return;
  }
  double value = 0;
  const bool is_number = ParseNumber(positive, &value) == NumberKind::kNumber;
  if (column.type == ColumnType::kNumeric && is_number) positive = NumberText(value);
  if (positive != classes[0] && positive != classes[1]) {
    violations->Add(path, absl::StrCat("must be a class of ", Quoted(column.name), ", was ", Quoted(positive),
                                       Suggestion(positive, classes)));
  }
}

}  // namespace descent::core
