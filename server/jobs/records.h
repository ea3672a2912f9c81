// What a step log holds: rows and events, and their encoding. docs/step_log_format.md describes the bytes.
#ifndef DESCENT_SERVER_JOBS_RECORDS_H_
#define DESCENT_SERVER_JOBS_RECORDS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/bytes.h"
#include "core/training/step_block.h"
#include "core/training/trainer.h"
#include "server/jobs/job_store.h"
#include "server/jobs/log_store.h"

namespace descent::jobs {

// Why a job is in its state. In the order of descent.v1.StateReason. Stored; never renumber.
enum class StateReason {
  kNone = 0,
  kRequested,
  kWaitsForCapacity,
  kServerRestarted,
  kServerDraining,
  kTerminated,
  kStorageError,
  kDataLoss,
  kInternal,
};

// The job changed its state.
struct StateChange {
  JobState previous = JobState::kQueued;
  JobState state = JobState::kQueued;
  StateReason reason = StateReason::kNone;
  std::string message;
  absl::Time time;
  int64_t step = 0;
  int32_t attempt = 0;
  std::optional<core::Termination> termination;  // terminal states of jobs that took a row
};

// A checkpoint became durable: the state before row `step`.
struct CheckpointEvent {
  int64_t step = 0;
  int64_t size_bytes = 0;
  uint32_t crc32 = 0;
};

// Something a user should know.
struct Warning {
  std::string code;  // upper snake case, docs/api.md lists them
  std::string message;
  int64_t step = 0;
};

std::string EncodeStateChange(const StateChange& event);
std::string EncodeEvaluation(const core::EvaluationPoint& event);
std::string EncodeCheckpoint(const CheckpointEvent& event);
std::string EncodeWarning(const Warning& event);
std::string EncodeMultiStart(const core::MultiStart& event);

// Damaged bytes are DATA_LOSS.
absl::StatusOr<StateChange> DecodeStateChange(absl::string_view payload);
absl::StatusOr<core::EvaluationPoint> DecodeEvaluation(absl::string_view payload);
absl::StatusOr<CheckpointEvent> DecodeCheckpoint(absl::string_view payload);
absl::StatusOr<Warning> DecodeWarning(absl::string_view payload);
absl::StatusOr<core::MultiStart> DecodeMultiStart(absl::string_view payload);

// Times and terminations inside other encodings.
void PutTime(absl::Time time, core::ByteWriter* out);
absl::Time GetTime(core::ByteReader* in);
void PutTermination(const std::optional<core::Termination>& termination, core::ByteWriter* out);
std::optional<core::Termination> GetTermination(core::ByteReader* in, bool with_certificates);

// The columns of one value a row, in the order of storage.
enum class RowColumn { kLoss = 0, kObjective, kLearningRate, kGradientNorm };
inline constexpr int kRowColumns = 4;

// A rows payload without a copy. The payload must outlive the view.
struct RowsView {
  int64_t first_step = 0;
  int64_t step_stride = 1;
  int64_t rows = 0;
  int32_t attempt = 0;
  double elapsed_seconds = 0;
  int64_t parameters_first_step = 0;
  int64_t parameters_step_stride = 1;
  int64_t parameter_width = 0;
  int64_t parameter_vectors = 0;  // 0: no row has parameters here
  bool parameters_inline = true;  // false: kParameters records go before
  // Raw little-endian doubles, `rows` each.
  std::array<absl::string_view, kRowColumns> columns;
  absl::string_view parameters;  // parameter_vectors * parameter_width doubles, if inline

  int64_t last_step() const { return first_step + (rows - 1) * step_stride; }
  double value(RowColumn column, int64_t row) const;
};

// `parameters_inline` says whether the block's parameters go into the payload.
std::string EncodeRows(const core::StepBlock& block, int32_t attempt, double elapsed_seconds, bool parameters_inline);
absl::StatusOr<RowsView> ParseRows(absl::string_view payload);
// The same rows without parameters: what retention leaves of an old block.
std::string ThinRows(const RecordHeader& header, absl::string_view payload);

// A part of a large vector: values [offset, offset + size) of the vector of `step`.
struct ParameterPart {
  int64_t step = 0;
  int64_t offset = 0;
  absl::string_view values;  // raw doubles
};
std::string EncodeParameterPart(int64_t step, int64_t offset, absl::Span<const double> values);
absl::StatusOr<ParameterPart> ParseParameterPart(absl::string_view payload);

}  // namespace descent::jobs

#endif  // DESCENT_SERVER_JOBS_RECORDS_H_
