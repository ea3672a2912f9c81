// Table columns to the numbers that models see: scaling, one-hot encoding, targets, weights. It is part of the trained
// model.
#ifndef DESCENT_CORE_DATA_FEATURES_H_
#define DESCENT_CORE_DATA_FEATURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/base/bytes.h"
#include "core/base/fields.h"
#include "core/data/matrix.h"
#include "core/data/table.h"

namespace descent::core {

enum class Scaling { kNone, kStandardize, kMinMax, kMaxAbs };

// What a model predicts.
enum class Task { kRegression, kBinary, kMulticlass };

// Fitted on the training rows, applied to all rows. Numeric columns give one feature, categorical columns one a
// category (1 or 0), sparse vectors their width, in the order of the schema. A numeric feature is (value - offset) *
// factor; a column that is constant on the training rows is only shifted (factor 1). With a sparse vector among the
// features the matrix is sparse, and scaling must leave 0 where it is.
//
// Thread-safety: immutable after Fit.
class FeatureEncoder {
 public:
  // Fits on the given rows of `table` (all, if `rows` is empty). The target must suit the task: numeric for regression,
  // two classes for binary, at least two for multiclass; there may be several for regression; else FAILED_PRECONDITION
  // in words. Encode refuses regression targets outside `target_range`.
  static absl::StatusOr<FeatureEncoder> Fit(const Table& table, absl::Span<const int64_t> rows, Scaling scaling,
                                            Task task, const Range& target_range = AnyFinite());

  // Encodes the given rows (all, if empty). `table` needs the feature columns by name and with the same types; unknown
  // categories, missing values and missing columns are INVALID_DATA with their column, row and count. With
  // `with_targets` it needs the targets as well, and the weights where the encoder was fitted on some.
  template <typename T>
  absl::StatusOr<Matrix<T>> Encode(const Table& table, absl::Span<const int64_t> rows, bool with_targets) const;

  // The class index of each of the given rows (all, if none are listed), for a classifier.
  absl::StatusOr<std::vector<double>> EncodeClasses(const Table& table, absl::Span<const int64_t> rows) const;

  int64_t feature_count() const { return static_cast<int64_t>(offsets_.size()); }
  // `age`, or `color=red` for a category. None with a sparse vector among the features.
  const std::vector<std::string>& feature_names() const { return feature_names_; }
  bool is_sparse() const { return is_sparse_; }
  // Empty for regression; for binary, the negative class first.
  const std::vector<std::string>& classes() const { return classes_; }
  Task task() const { return task_; }
  const std::vector<std::string>& target_names() const { return target_names_; }
  // Of the column of weights; empty: every row counts 1.
  const std::string& weight_name() const { return weight_name_; }
  // One a feature: the scaling that was applied, (0, 1) for categories. To get back to original units.
  const std::vector<double>& offsets() const { return offsets_; }
  const std::vector<double>& factors() const { return factors_; }

 private:
  struct Source {
    std::string column;
    ColumnType type = ColumnType::kNumeric;
    std::vector<std::string> categories;
    int64_t width = 1;  // features
  };

  absl::Status AddSource(const Table& table, size_t column, absl::Span<const int64_t> rows, Scaling scaling);

  template <typename T>
  absl::Status EncodeTargets(const Table& table, absl::Span<const int64_t> rows, Matrix<T>* matrix) const;
  template <typename T>
  absl::Status EncodeTarget(const Table& table, absl::Span<const int64_t> rows, size_t target, Matrix<T>* matrix) const;
  template <typename T>
  absl::Status EncodeWeights(const Table& table, absl::Span<const int64_t> rows, Matrix<T>* matrix) const;

  Task task_ = Task::kRegression;
  Range target_range_;
  std::vector<std::string> target_names_;
  std::string weight_name_;
  bool is_sparse_ = false;
  std::vector<Source> sources_;
  std::vector<std::string> feature_names_;
  std::vector<double> offsets_;
  std::vector<double> factors_;
  std::vector<std::string> classes_;
};

// Rows with a missing value in a feature, a target or the weight: how many, and the source lines of the first ten.
struct MissingRows {
  int64_t count = 0;
  std::vector<int64_t> first_lines;
};
MissingRows FindMissing(const Table& table);

// Splits rows for held-out evaluation: a seeded permutation, its first round(fraction * rows) rows (at least 1, at most
// rows - 1) held out. Both parts are in ascending order.
struct Split {
  std::vector<int64_t> training;
  std::vector<int64_t> held_out;
};
Split SplitRows(int64_t rows, double held_out_fraction, uint64_t seed);

}  // namespace descent::core

#endif  // DESCENT_CORE_DATA_FEATURES_H_
