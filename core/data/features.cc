#include "core/data/features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "core/base/format.h"
#include "core/base/random.h"
#include "core/base/status.h"
#include "core/data/number.h"

namespace descent::core {
namespace {

// Most features of a model: one-hot encoding gives one a category.
constexpr int64_t kMaxFeatures = int64_t{1} << 20;

// The first few of a list in words.
std::string Few(const std::vector<std::string>& names) {
  constexpr size_t kShown = 8;
  if (names.size() <= kShown) return absl::StrJoin(names, ", ");
  return absl::StrCat(absl::StrJoin(names.begin(), names.begin() + kShown, ", "), " and ", names.size() - kShown,
                      " more");
}

absl::Status Unsuitable(absl::string_view column, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("target column \"", column, "\" ", what));
}

absl::Status CheckNumericTarget(const ColumnSchema& target) {
  if (target.type == ColumnType::kNumeric) return absl::OkStatus();
  const size_t classes = target.categories.size();
  return Unsuitable(target.name,
                    absl::StrCat("is categorical with ", classes, classes == 1 ? " class" : " classes", "; use a ",
                                 classes == 2 ? "logistic" : "softmax", " model or choose a numeric target"));
}

// Why a numeric column has no classes.
absl::Status ExplainNoClasses(const Table& table, size_t target) {
  const std::string& name = table.schema.columns[target].name;
  const std::vector<double>& numbers = table.columns[target].numbers;
  for (size_t row = 0; row < numbers.size(); ++row) {
    const int64_t line = table.LineOf(static_cast<int64_t>(row));
    if (std::isnan(numbers[row])) {
      return Unsuitable(name, absl::StrCat("has a missing value in line ", line, "; remove or fill such rows"));
    }
    if (std::floor(numbers[row]) != numbers[row]) {
      return Unsuitable(name,
                        absl::StrCat("is numeric and holds ", ShortestText(numbers[row]), " in line ", line,
                                     ", which is no class; use a linear model or declare the column categorical"));
    }
  }
  return Unsuitable(name, absl::StrCat("has more than ", kMaxClasses,
                                       " distinct whole numbers, too many for classes; use a linear model"));
}

// The classes of a classification target; of two, the negative one first.
absl::StatusOr<std::vector<std::string>> TargetClasses(const Table& table, size_t target, Task task) {
  const ColumnSchema& schema = table.schema.columns[target];
  std::vector<std::string> classes = ClassesOf(table, static_cast<int64_t>(target));
  const int64_t count = static_cast<int64_t>(classes.size());
  if (count == 0 && schema.type == ColumnType::kNumeric) return ExplainNoClasses(table, target);
  if (count > kMaxClasses) {
    return Unsuitable(schema.name, absl::StrCat("has ", count, " classes, at most ", kMaxClasses,
                                                " are possible; choose another target"));
  }
  if (count < 2) {
    return Unsuitable(schema.name,
                      absl::StrCat("has only ", count, count == 1 ? " class (" + classes[0] + ")" : " classes",
                                   ", there must be at least two; choose another target or add rows"));
  }
  if (task == Task::kMulticlass) return classes;
  if (count > 2) {
    return Unsuitable(schema.name, absl::StrCat("has ", count, " classes (", Few(classes),
                                                ") and a logistic model tells two apart; use softmax"));
  }
  if (!schema.positive_class.empty() && schema.positive_class == classes[0]) std::swap(classes[0], classes[1]);
  return classes;
}

struct Scale {
  double offset = 0;
  double factor = 1;
};

// A factor that brings `spread` to 1; `moments` are for the message.
absl::StatusOr<Scale> ScaleTo(const std::string& column, Scale scale, double spread, const Moments& moments) {
  if (spread == 0) return scale;
  scale.factor = 1 / spread;
  // 1 / spread is 0 or infinite when the spread leaves the range of doubles or is hardly above zero.
  if (!std::isnormal(scale.factor) || !std::isfinite(moments.maximum - moments.minimum)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "column \"", column, "\" runs from ", ShortestText(moments.minimum), " to ", ShortestText(moments.maximum),
        ", which cannot be scaled; change its unit, ignore it, or use no scaling"));
  }
  return scale;
}

absl::StatusOr<Scale> FitScale(const std::string& column, absl::Span<const double> values, Scaling scaling) {
  if (scaling == Scaling::kNone) return Scale{};
  const Moments moments = ComputeMoments(values);
  if (scaling == Scaling::kMaxAbs) {
    const double largest = std::max(std::abs(moments.minimum), std::abs(moments.maximum));
    return ScaleTo(column, Scale{}, largest, moments);
  }
  Scale scale{scaling == Scaling::kStandardize ? moments.mean : moments.minimum, 1};
  if (moments.minimum == moments.maximum) return scale;
  const double spread =
      scaling == Scaling::kStandardize ? moments.standard_deviation : moments.maximum - moments.minimum;
  return ScaleTo(column, scale, spread, moments);
}

// Of a column of sparse vectors: one factor a position, that of max_abs or 1.
absl::StatusOr<std::vector<double>> FitSparseFactors(const ColumnSchema& schema, const SparseRows& sparse,
                                                     absl::Span<const int64_t> rows, Scaling scaling) {
  std::vector<double> factors(static_cast<size_t>(schema.width), 1);
  if (scaling == Scaling::kNone) return factors;
  if (scaling != Scaling::kMaxAbs) {
    return absl::FailedPreconditionError(
        absl::StrCat("column \"", schema.name,
                     "\" is a sparse vector, and preprocessing.scaling would shift its zeros, so that "
                     "none would be left; use the scaling max_abs or none"));
  }
  std::vector<double> largest(factors.size(), 0);
  const auto take = [&](int64_t row) {
    for (int64_t k = sparse.starts[static_cast<size_t>(row)]; k < sparse.starts[static_cast<size_t>(row) + 1]; ++k) {
      double& most = largest[static_cast<size_t>(sparse.indices[static_cast<size_t>(k)])];
      most = std::max(most, std::abs(sparse.values[static_cast<size_t>(k)]));
    }
  };
  for (const int64_t row : rows) take(row);
  for (int64_t row = 0; rows.empty() && row + 1 < static_cast<int64_t>(sparse.starts.size()); ++row) take(row);
  for (size_t i = 0; i < factors.size(); ++i) {
    if (largest[i] == 0) continue;
    const absl::StatusOr<Scale> scale =
        ScaleTo(absl::StrCat(schema.name, "[", i, "]"), Scale{}, largest[i], {.minimum = 0, .maximum = largest[i]});
    DESCENT_RETURN_IF_ERROR(scale.status());
    factors[i] = scale->factor;
  }
  return factors;
}

}  // namespace

absl::StatusOr<FeatureEncoder> FeatureEncoder::Fit(const Table& table, absl::Span<const int64_t> rows, Scaling scaling,
                                                   Task task, const Range& target_range) {
  if (table.row_count == 0) return absl::FailedPreconditionError("the dataset has no rows; add some");
  FeatureEncoder encoder;
  encoder.task_ = task;
  encoder.target_range_ = target_range;
  for (const ColumnSchema& schema : table.schema.columns) {
    if (schema.role == ColumnRole::kWeight) encoder.weight_name_ = schema.name;
    if (schema.role == ColumnRole::kTarget) encoder.target_names_.push_back(schema.name);
  }
  const std::vector<std::string>& targets = encoder.target_names_;
  if (targets.empty()) {
    return absl::FailedPreconditionError("the dataset has no target column; create it again with one named as target");
  }
  if (targets.size() > 1 && task != Task::kRegression) {
    return Unsuitable(targets[1], absl::StrCat("is a target besides \"", targets[0],
                                               "\", and a classifier has one; use a linear model or an mlp with a loss "
                                               "for regression, or name one target only"));
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.schema.columns[i].role != ColumnRole::kTarget) continue;
    if (task == Task::kRegression) {
      DESCENT_RETURN_IF_ERROR(CheckNumericTarget(table.schema.columns[i]));
    } else {
      DESCENT_ASSIGN_OR_RETURN(encoder.classes_, TargetClasses(table, i, task));
    }
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.schema.columns[i].role == ColumnRole::kFeature) {
      DESCENT_RETURN_IF_ERROR(encoder.AddSource(table, i, rows, scaling));
    }
  }
  if (encoder.is_sparse_) encoder.feature_names_.clear();
  return encoder;
}

absl::Status FeatureEncoder::AddSource(const Table& table, size_t column, absl::Span<const int64_t> rows,
                                       Scaling scaling) {
  const ColumnSchema& schema = table.schema.columns[column];
  int64_t width = 1;
  if (schema.type == ColumnType::kSparseVector) {
    width = schema.width;
    is_sparse_ = true;
    DESCENT_ASSIGN_OR_RETURN(const std::vector<double> factors,
                             FitSparseFactors(schema, table.columns[column].sparse, rows, scaling));
    factors_.insert(factors_.end(), factors.begin(), factors.end());
  } else if (schema.type == ColumnType::kCategorical) {
    width = static_cast<int64_t>(schema.categories.size());
    for (const std::string& category : schema.categories) {
      feature_names_.push_back(absl::StrCat(schema.name, "=", category));
    }
  } else {
    absl::Span<const double> values = table.columns[column].numbers;
    std::vector<double> chosen;
    if (!rows.empty()) {
      for (const int64_t row : rows) chosen.push_back(values[static_cast<size_t>(row)]);
      values = chosen;
    }
    DESCENT_ASSIGN_OR_RETURN(const Scale scale, FitScale(schema.name, values, scaling));
    feature_names_.push_back(schema.name);
    offsets_.push_back(scale.offset);
    factors_.push_back(scale.factor);
  }
  sources_.push_back({schema.name, schema.type, schema.categories, width});
  const size_t features = factors_.size() + static_cast<size_t>(schema.type == ColumnType::kCategorical ? width : 0);
  offsets_.resize(features, 0);
  factors_.resize(features, 1);
  const int64_t most = is_sparse_ ? kMaxSparseWidth : kMaxFeatures;
  if (feature_count() <= most) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the columns up to \"", schema.name, "\" give more than ", most,
                   " features; ignore columns with many categories or positions, or make categories numeric"));
}

MissingRows FindMissing(const Table& table) {
  std::vector<bool> missing(static_cast<size_t>(table.row_count));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnRole role = table.schema.columns[i].role;
    if (role == ColumnRole::kIgnored) continue;
    const Column& column = table.columns[i];
    for (size_t row = 0; row < column.numbers.size(); ++row) {
      if (std::isnan(column.numbers[row])) missing[row] = true;
    }
    for (size_t row = 0; row < column.codes.size(); ++row) {
      if (column.codes[row] < 0) missing[row] = true;
    }
  }
  MissingRows result;
  constexpr size_t kShownLines = 10;
  for (size_t row = 0; row < missing.size(); ++row) {
    if (!missing[row]) continue;
    ++result.count;
    if (result.first_lines.size() < kShownLines) result.first_lines.push_back(table.LineOf(static_cast<int64_t>(row)));
  }
  return result;
}

Split SplitRows(int64_t rows, double held_out_fraction, uint64_t seed) {
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), int64_t{0});
  const int64_t held_out =
      rows < 2 ? 0 : std::clamp<int64_t>(std::llround(held_out_fraction * static_cast<double>(rows)), 1, rows - 1);
  // The first part of Fisher and Yates' shuffle: later swaps do not touch it.
  const RandomStream random(seed, "held_out");
  for (int64_t i = 0; i < held_out; ++i) {
    const uint64_t other =
        static_cast<uint64_t>(i) + random.Below(static_cast<uint64_t>(i), static_cast<uint64_t>(rows - i));
    std::swap(order[static_cast<size_t>(i)], order[other]);
  }
  Split split;
  split.held_out.assign(order.begin(), order.begin() + held_out);
  split.training.assign(order.begin() + held_out, order.end());
  std::sort(split.held_out.begin(), split.held_out.end());
  std::sort(split.training.begin(), split.training.end());
  return split;
}

}  // namespace descent::core
