// StepLog's parameter vectors: in their rows, or, when they are large, in records of their own before them.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "core/base/status.h"
#include "server/jobs/step_log.h"

namespace descent::jobs {
namespace {

// Values of a large vector in one record.
constexpr int64_t kValuesAPart = (int64_t{1} << 17) - 1024;

// Index of the vector of exactly `step` in a block, or -1.
int64_t VectorIndex(const RowsView& rows, int64_t step) {
  const int64_t distance = step - rows.parameters_first_step;
  if (distance < 0 || distance % rows.parameters_step_stride != 0) return -1;
  const int64_t index = distance / rows.parameters_step_stride;
  return index < rows.parameter_vectors ? index : -1;
}

}  // namespace

absl::Status StepLog::AppendLargeParameters(const core::StepBlock& block) {
  for (int64_t vector = 0; vector < block.parameter_vectors; ++vector) {
    const int64_t step = block.parameters_first_step + vector * block.parameters_step_stride;
    const absl::Span<const double> values =
        absl::MakeConstSpan(block.parameters)
            .subspan(static_cast<size_t>(vector * block.parameter_width), static_cast<size_t>(block.parameter_width));
    for (int64_t offset = 0; offset < block.parameter_width; offset += kValuesAPart) {
      DESCENT_RETURN_IF_ERROR(
          Submit(RecordKind::kParameters, 0, step, step,
                 EncodeParameterPart(step, offset, values.subspan(static_cast<size_t>(offset), kValuesAPart))));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<core::ParameterVector>> StepLog::ParametersAt(int64_t step) const {
  RecordRef ref;
  {
    core::MutexLock lock(&mu_);
    const size_t index = IndexOfStep(step);
    if (index == records_.size() || records_[index].header.first_step > step) return std::nullopt;
    ref = records_[index];
  }
  const absl::StatusOr<std::optional<Piece>> piece = Read(ref.header.first_sequence);
  if (absl::IsOutOfRange(piece.status())) return std::nullopt;  // dropped meanwhile
  if (!piece.ok()) return piece.status();
  DESCENT_ASSIGN_OR_RETURN(const RowsView rows, ParseRows(*(*piece)->payload));
  const int64_t index = VectorIndex(rows, step);
  if (index < 0) return std::nullopt;
  if (!rows.parameters_inline) return ReadLargeParameters(rows, ref.header.first_sequence);
  core::ParameterVector vector;
  vector.step = step;
  vector.values.resize(static_cast<size_t>(rows.parameter_width));
  const size_t bytes = vector.values.size() * sizeof(double);
  std::memcpy(vector.values.data(), rows.parameters.data() + static_cast<size_t>(index) * bytes, bytes);
  return vector;
}

absl::StatusOr<std::optional<core::ParameterVector>> StepLog::ReadLargeParameters(const RowsView& rows,
                                                                                  int64_t sequence) const {
  core::ParameterVector vector;
  vector.step = rows.parameters_first_step;
  vector.values.resize(static_cast<size_t>(rows.parameter_width));
  std::vector<RecordRef> parts;
  {
    core::MutexLock lock(&mu_);
    const auto rows_ref = records_.begin() + static_cast<std::ptrdiff_t>(IndexOf(sequence));
    auto first = rows_ref;
    while (first != records_.begin() && std::prev(first)->header.kind == RecordKind::kParameters) --first;
    parts.assign(first, rows_ref);
  }
  int64_t read = 0;
  for (const RecordRef& ref : parts) {
    const absl::StatusOr<std::shared_ptr<const std::string>> payload = store_->Read(uid_, ref);
    if (absl::IsNotFound(payload.status())) return std::nullopt;  // thinned or dropped meanwhile
    if (!payload.ok()) return payload.status();
    DESCENT_ASSIGN_OR_RETURN(const ParameterPart part, ParseParameterPart(**payload));
    const auto count = static_cast<int64_t>(part.values.size() / sizeof(double));
    if (part.step != vector.step || part.offset != read || read + count > rows.parameter_width) break;
    std::memcpy(vector.values.data() + read, part.values.data(), part.values.size());
    read += count;
  }
  // Incomplete: retention took the segment before this one.
  if (read != rows.parameter_width) return std::nullopt;
  return vector;
}

}  // namespace descent::jobs
