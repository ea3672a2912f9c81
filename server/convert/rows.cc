#include "server/convert/rows.h"

#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "descent/v1/step_log.pb.h"

namespace descent::convert {
namespace {

using google::protobuf::internal::WireFormatLite;

// Writes tags, numbers and lengths; proto3 leaves zeros out.
class WireWriter {
 public:
  void Integer(int field, int64_t value) {
    if (value == 0) return;
    Varint(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT));
    Varint(static_cast<uint64_t>(value));
  }
  void Double(int field, double value) {
    if (value == 0) return;
    Varint(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_FIXED64));
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  // Tag and length of what follows.
  void Header(int field, size_t size) {
    Varint(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
    Varint(size);
  }
  void Text(int field, absl::string_view value) {
    if (value.empty()) return;
    Header(field, value.size());
    bytes_.append(value.data(), value.size());
  }
  std::string Take() { return std::exchange(bytes_, {}); }

 private:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }

  std::string bytes_;
};

size_t SizeOf(const std::vector<WirePart>& parts) {
  size_t size = 0;
  for (const WirePart& part : parts) size += part.own.size() + part.stored.size();
  return size;
}

void AddColumn(int field, absl::string_view column, int64_t first_row, int64_t end_row, std::vector<WirePart>* parts) {
  const absl::string_view slice = column.substr(static_cast<size_t>(first_row) * sizeof(double),
                                                static_cast<size_t>(end_row - first_row) * sizeof(double));
  WireWriter header;
  header.Header(field, slice.size());
  parts->push_back({header.Take(), slice});
}

// Vectors that belong to the chosen rows.
void AddParameters(const jobs::RowsView& rows, int64_t first_row, int64_t end_row, std::vector<WirePart>* parts) {
  using Column = v1::ParameterColumn;
  const int64_t first_step = rows.first_step + first_row * rows.step_stride;
  const int64_t last_step = rows.first_step + (end_row - 1) * rows.step_stride;
  const int64_t stride = rows.parameters_step_stride;
  const int64_t from = std::max<int64_t>(0, (first_step - rows.parameters_first_step + stride - 1) / stride);
  const int64_t to = last_step < rows.parameters_first_step
                         ? 0
                         : std::min(rows.parameter_vectors, (last_step - rows.parameters_first_step) / stride + 1);
  if (from >= to) return;
  const size_t vector_bytes = static_cast<size_t>(rows.parameter_width) * sizeof(double);
  const absl::string_view values = rows.parameters_inline
                                       ? rows.parameters.substr(static_cast<size_t>(from) * vector_bytes,
                                                                static_cast<size_t>(to - from) * vector_bytes)
                                       : absl::string_view();
  WireWriter body;
  body.Integer(Column::kFirstStepFieldNumber, rows.parameters_first_step + from * stride);
  body.Integer(Column::kStepStrideFieldNumber, stride);
  body.Integer(Column::kWidthFieldNumber, rows.parameter_width);
  body.Integer(Column::kVectorCountFieldNumber, to - from);
  if (!values.empty()) body.Header(Column::kValuesFieldNumber, values.size());
  const std::string prefix = body.Take();
  WireWriter header;
  header.Header(v1::StepBlock::kParametersFieldNumber, prefix.size() + values.size());
  parts->push_back({header.Take() + prefix, values});
}

}  // namespace

std::vector<WirePart> RowsToWire(absl::string_view job_name, int64_t first_sequence, const jobs::RowsView& rows,
                                 int64_t first_row, int64_t end_row, const ColumnChoice& columns) {
  using Block = v1::StepBlock;
  using Record = v1::LogRecord;
  WireWriter block;
  block.Integer(Block::kFirstStepFieldNumber, rows.first_step + first_row * rows.step_stride);
  block.Integer(Block::kStepStrideFieldNumber, rows.step_stride);
  block.Integer(Block::kRowCountFieldNumber, end_row - first_row);
  block.Double(Block::kElapsedSecondsFieldNumber, rows.elapsed_seconds);
  block.Integer(Block::kAttemptFieldNumber, rows.attempt);
  std::vector<WirePart> parts;
  parts.push_back({block.Take(), {}});
  const auto add = [&](bool wanted, int field, jobs::RowColumn column) {
    if (wanted) AddColumn(field, rows.columns[static_cast<size_t>(column)], first_row, end_row, &parts);
  };
  add(columns.loss, Block::kLossFieldNumber, jobs::RowColumn::kLoss);
  add(columns.learning_rate, Block::kLearningRateFieldNumber, jobs::RowColumn::kLearningRate);
  add(columns.gradient_norm, Block::kGradientNormFieldNumber, jobs::RowColumn::kGradientNorm);
  if (columns.parameters) AddParameters(rows, first_row, end_row, &parts);
  add(columns.objective, Block::kObjectiveFieldNumber, jobs::RowColumn::kObjective);

  WireWriter record;
  record.Text(Record::kJobFieldNumber, job_name);
  record.Integer(Record::kFirstSequenceFieldNumber, first_sequence);
  record.Integer(Record::kNextSequenceFieldNumber, first_sequence + end_row - first_row);
  record.Header(Record::kStepsFieldNumber, SizeOf(parts));
  parts.front().own.insert(0, record.Take());
  return parts;
}

}  // namespace descent::convert
