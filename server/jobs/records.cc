#include "server/jobs/records.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/bytes.h"
#include "core/base/errors.h"

namespace descent::jobs {
namespace {

using core::ByteReader;
using core::ByteWriter;

absl::Status Damaged(absl::string_view what) {
  return core::MakeError(core::ErrorReason::kStoredDataDamaged,
                         absl::StrCat("a stored ", what, " of the step log is damaged"));
}

// What a decoder returns: the value, or the news that the bytes are damaged.
template <typename T>
absl::StatusOr<T> Finish(const ByteReader& reader, T value, absl::string_view what) {
  if (reader.failed() || reader.remaining() != 0) return Damaged(what);
  return value;
}

void PutEvaluation(const core::Evaluation& evaluation, ByteWriter* out) {
  out->PutDouble(evaluation.loss);
  out->PutI64(evaluation.rows);
  out->PutU32(static_cast<uint32_t>(evaluation.metrics.size()));
  for (const core::Metric& metric : evaluation.metrics) {
    out->PutString(metric.name);
    out->PutDouble(metric.value);
  }
  out->PutArray<int64_t>(evaluation.confusion_counts);
}

core::Evaluation GetEvaluation(ByteReader* in) {
  core::Evaluation evaluation;
  evaluation.loss = in->GetDouble();
  evaluation.rows = in->GetI64();
  const uint32_t metrics = in->GetU32();
  for (uint32_t i = 0; i < metrics && !in->failed(); ++i) {
    std::string name = in->GetString();
    evaluation.metrics.push_back({std::move(name), in->GetDouble()});
  }
  evaluation.confusion_counts = in->GetArray<int64_t>();
  return evaluation;
}

}  // namespace

void PutTime(absl::Time time, ByteWriter* out) { out->PutI64(absl::ToUnixMicros(time)); }

absl::Time GetTime(ByteReader* in) { return absl::FromUnixMicros(in->GetI64()); }

void PutTermination(const std::optional<core::Termination>& termination, ByteWriter* out) {
  out->PutBool(termination.has_value());
  if (termination.has_value()) termination->Write(out);
}

std::optional<core::Termination> GetTermination(ByteReader* in, bool with_certificates) {
  if (!in->GetBool()) return std::nullopt;
  return core::Termination::Read(in, with_certificates);
}

std::string EncodeStateChange(const StateChange& event) {
  ByteWriter out;
  out.PutU8(static_cast<uint8_t>(event.previous));
  out.PutU8(static_cast<uint8_t>(event.state));
  out.PutU8(static_cast<uint8_t>(event.reason));
  out.PutString(event.message);
  PutTime(event.time, &out);
  out.PutI64(event.step);
  out.PutU32(static_cast<uint32_t>(event.attempt));
  PutTermination(event.termination, &out);
  return out.TakeBytes();
}

absl::StatusOr<StateChange> DecodeStateChange(absl::string_view payload) {
  // A record of 0.1.0 ends where the certificates begin.
  for (const bool with_certificates : {true, false}) {
    ByteReader in(payload);
    StateChange event;
    event.previous = static_cast<JobState>(in.GetU8());
    event.state = static_cast<JobState>(in.GetU8());
    event.reason = static_cast<StateReason>(in.GetU8());
    event.message = in.GetString();
    event.time = GetTime(&in);
    event.step = in.GetI64();
    event.attempt = static_cast<int32_t>(in.GetU32());
    event.termination = GetTermination(&in, with_certificates);
    if (!in.failed() && in.remaining() == 0) return event;
  }
  return Damaged("state change");
}

std::string EncodeEvaluation(const core::EvaluationPoint& event) {
  ByteWriter out;
  out.PutI64(event.step);
  PutEvaluation(event.training, &out);
  out.PutBool(event.held_out.has_value());
  if (event.held_out.has_value()) PutEvaluation(*event.held_out, &out);
  out.PutDouble(event.objective);
  out.PutBool(event.best);
  return out.TakeBytes();
}

absl::StatusOr<core::EvaluationPoint> DecodeEvaluation(absl::string_view payload) {
  ByteReader in(payload);
  core::EvaluationPoint event;
  event.step = in.GetI64();
  event.training = GetEvaluation(&in);
  if (in.GetBool()) event.held_out = GetEvaluation(&in);
  event.objective = in.GetDouble();
  event.best = in.GetBool();
  return Finish(in, std::move(event), "evaluation");
}

std::string EncodeCheckpoint(const CheckpointEvent& event) {
  ByteWriter out;
  out.PutI64(event.step);
  out.PutI64(event.size_bytes);
  out.PutU32(event.crc32);
  return out.TakeBytes();
}

absl::StatusOr<CheckpointEvent> DecodeCheckpoint(absl::string_view payload) {
  ByteReader in(payload);
  CheckpointEvent event;
  event.step = in.GetI64();
  event.size_bytes = in.GetI64();
  event.crc32 = in.GetU32();
  return Finish(in, event, "checkpoint event");
}

std::string EncodeWarning(const Warning& event) {
  ByteWriter out;
  out.PutString(event.code);
  out.PutString(event.message);
  out.PutI64(event.step);
  return out.TakeBytes();
}

absl::StatusOr<Warning> DecodeWarning(absl::string_view payload) {
  ByteReader in(payload);
  Warning event;
  event.code = in.GetString();
  event.message = in.GetString();
  event.step = in.GetI64();
  return Finish(in, std::move(event), "warning");
}

std::string EncodeMultiStart(const core::MultiStart& event) {
  ByteWriter out;
  out.PutArray<double>(event.objectives);
  out.PutI64(event.chosen);
  return out.TakeBytes();
}

absl::StatusOr<core::MultiStart> DecodeMultiStart(absl::string_view payload) {
  ByteReader in(payload);
  core::MultiStart event;
  event.objectives = in.GetArray<double>();
  event.chosen = in.GetI64();
  return Finish(in, std::move(event), "comparison of starts");
}

namespace {

// First bytes of a rows payload; the columns follow without gaps.
struct RowsHeader {
  int64_t first_step;
  int64_t step_stride;
  int64_t rows;
  int64_t parameters_first_step;
  int64_t parameters_step_stride;
  int64_t parameter_width;
  int64_t parameter_vectors;
  double elapsed_seconds;
  uint32_t attempt;
  uint32_t parameters_inline;
};
static_assert(sizeof(RowsHeader) == 72);

absl::string_view RawBytes(const core::AlignedVector<double>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)};
}

std::string Assemble(const RowsHeader& header, const std::array<absl::string_view, kRowColumns>& columns,
                     absl::string_view parameters) {
  std::string payload;
  payload.reserve(sizeof header + kRowColumns * columns[0].size() + parameters.size());
  payload.append(reinterpret_cast<const char*>(&header), sizeof header);
  for (const absl::string_view column : columns) payload.append(column.data(), column.size());
  payload.append(parameters.data(), parameters.size());
  return payload;
}

}  // namespace

double RowsView::value(RowColumn column, int64_t row) const {
  double value = 0;
  std::memcpy(&value, columns[static_cast<size_t>(column)].data() + row * sizeof value, sizeof value);
  return value;
}

std::string EncodeRows(const core::StepBlock& block, int32_t attempt, double elapsed_seconds, bool parameters_inline) {
  const RowsHeader header = {
      .first_step = block.first_step,
      .step_stride = block.step_stride,
      .rows = block.rows(),
      .parameters_first_step = block.parameters_first_step,
      .parameters_step_stride = block.parameters_step_stride,
      .parameter_width = block.parameter_width,
      .parameter_vectors = block.parameter_vectors,
      .elapsed_seconds = elapsed_seconds,
      .attempt = static_cast<uint32_t>(attempt),
      .parameters_inline = parameters_inline ? 1u : 0u,
  };
  return Assemble(
      header,
      {RawBytes(block.loss), RawBytes(block.objective), RawBytes(block.learning_rate), RawBytes(block.gradient_norm)},
      parameters_inline ? RawBytes(block.parameters) : absl::string_view());
}

absl::StatusOr<RowsView> ParseRows(absl::string_view payload) {
  constexpr int64_t kMost = int64_t{1} << 40;
  RowsHeader header;
  if (payload.size() < sizeof header) return Damaged("block of rows");
  std::memcpy(&header, payload.data(), sizeof header);
  payload.remove_prefix(sizeof header);
  if (header.rows < 1 || header.rows > kMost || header.step_stride < 1 || header.parameter_width < 0 ||
      header.parameter_width > kMost || header.parameter_vectors < 0 || header.parameter_vectors > header.rows ||
      header.parameters_step_stride < 1) {
    return Damaged("block of rows");
  }
  const size_t column_bytes = static_cast<size_t>(header.rows) * sizeof(double);
  const unsigned __int128 parameter_bytes = header.parameters_inline == 0
                                                ? 0
                                                : static_cast<unsigned __int128>(header.parameter_vectors) *
                                                      static_cast<uint64_t>(header.parameter_width) * sizeof(double);
  if (payload.size() / kRowColumns < column_bytes || payload.size() - kRowColumns * column_bytes != parameter_bytes) {
    return Damaged("block of rows");
  }
  RowsView view;
  view.first_step = header.first_step;
  view.step_stride = header.step_stride;
  view.rows = header.rows;
  view.attempt = static_cast<int32_t>(header.attempt);
  view.elapsed_seconds = header.elapsed_seconds;
  view.parameters_first_step = header.parameters_first_step;
  view.parameters_step_stride = header.parameters_step_stride;
  view.parameter_width = header.parameter_width;
  view.parameter_vectors = header.parameter_vectors;
  view.parameters_inline = header.parameters_inline != 0;
  for (absl::string_view& column : view.columns) {
    column = payload.substr(0, column_bytes);
    payload.remove_prefix(column_bytes);
  }
  view.parameters = payload;
  return view;
}

std::string ThinRows(const RecordHeader& header, absl::string_view payload) {
  if (header.kind != RecordKind::kRows) return std::string(payload);
  const absl::StatusOr<RowsView> view = ParseRows(payload);
  if (!view.ok()) return std::string(payload);
  RowsHeader thin;
  std::memcpy(&thin, payload.data(), sizeof thin);
  thin.parameter_vectors = 0;
  thin.parameters_inline = 1;
  return Assemble(thin, view->columns, {});
}

std::string EncodeParameterPart(int64_t step, int64_t offset, absl::Span<const double> values) {
  std::string payload;
  payload.reserve(2 * sizeof(int64_t) + values.size() * sizeof(double));
  payload.append(reinterpret_cast<const char*>(&step), sizeof step);
  payload.append(reinterpret_cast<const char*>(&offset), sizeof offset);
  payload.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
  return payload;
}

absl::StatusOr<ParameterPart> ParseParameterPart(absl::string_view payload) {
  ParameterPart part;
  if (payload.size() < 2 * sizeof(int64_t) || payload.size() % sizeof(double) != 0) return Damaged("parameter vector");
  std::memcpy(&part.step, payload.data(), sizeof part.step);
  std::memcpy(&part.offset, payload.data() + sizeof part.step, sizeof part.offset);
  part.values = payload.substr(2 * sizeof(int64_t));
  return part;
}

}  // namespace descent::jobs
