// What SAG and SAGA remember: the last derivative of every row.
#ifndef DESCENT_CORE_OPTIMIZERS_ROW_TABLE_H_
#define DESCENT_CORE_OPTIMIZERS_ROW_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/optimizers/linear_rows.h"

namespace descent::core {

// The gradient of a row's loss is a number, the derivative by its output, times the row: one number a row is kept, 0
// before the row was first seen, and the sum of those gradients in double. Thread-safety: one thread at a time.
template <typename T>
class RowTable {
 public:
  explicit RowTable(size_t parameters) : numbers_(parameters + 1) {}

  // Takes all memory.
  void Prepare(int64_t rows) {
    entries_.resize(static_cast<size_t>(rows));
    seen_.resize(entries_.size());
    slopes_.resize(entries_.size());
  }

  // The derivatives of the batch's rows, for the two below.
  void Measure(const LinearRows<T>& rows, absl::Span<const T> parameters) {
    for (int64_t place = 0; place < rows.batch_size(); ++place) {
      slopes_[static_cast<size_t>(place)] = rows.Slope(rows.batch_row(place), parameters);
    }
  }
  // to += factor * (the sum of the batch's gradients less those remembered).
  void AddChanges(const LinearRows<T>& rows, double factor, absl::Span<double> to) const {
    for (int64_t place = 0; place < rows.batch_size(); ++place) {
      const int64_t row = rows.batch_row(place);
      rows.AddRow(row, factor * ChangeOf(place, row), to);
    }
  }
  // Remembers the batch's gradients.
  void Keep(const LinearRows<T>& rows) {
    for (int64_t place = 0; place < rows.batch_size(); ++place) {
      const int64_t row = rows.batch_row(place);
      rows.AddRow(row, ChangeOf(place, row), absl::MakeSpan(numbers_).subspan(1));
      entries_[static_cast<size_t>(row)] = slopes_[static_cast<size_t>(place)];
      if (seen_[static_cast<size_t>(row)] == 0) numbers_[0] += 1;
      seen_[static_cast<size_t>(row)] = 1;
    }
  }

  // Of all gradients remembered.
  absl::Span<const double> sum() const { return absl::MakeConstSpan(numbers_).subspan(1); }
  // Rows that were seen.
  double seen() const { return numbers_[0]; }

  std::vector<absl::Span<T>> State() { return {absl::MakeSpan(entries_), absl::MakeSpan(seen_)}; }
  std::vector<absl::Span<double>> Numbers() { return {absl::MakeSpan(numbers_)}; }

 private:
  double ChangeOf(int64_t place, int64_t row) const {
    return static_cast<double>(slopes_[static_cast<size_t>(place)]) -
           static_cast<double>(entries_[static_cast<size_t>(row)]);
  }

  AlignedVector<T> entries_;
  AlignedVector<T> seen_;        // 1 or 0
  std::vector<double> numbers_;  // rows seen, then the sum
  AlignedVector<T> slopes_;      // scratch, by place in the batch
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_ROW_TABLE_H_
