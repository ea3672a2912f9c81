#include "core/training/recorder.h"

#include <algorithm>
#include <cstdint>

namespace descent::core {
namespace {

constexpr int64_t kMostRows = 65536;
constexpr int64_t kRowBytes = 4 * sizeof(double);

}  // namespace

Recorder::Recorder(const Config& record, int64_t parameter_count)
    : every_steps_(record.integer("every_steps")),
      parameters_every_steps_(record.integer("parameters_every_steps")),
      parameter_count_(parameter_count) {
  const int64_t vector_bytes = parameter_count * static_cast<int64_t>(sizeof(double));
  const bool apart = vector_bytes > kMaxInlineParameterBytes;
  inline_vector_bytes_ = apart ? 0 : vector_bytes;
  most_vectors_ = apart ? 1 : kMostRows;
}

void Recorder::Begin(int64_t updates, StepBlock* block) const {
  block->Clear();
  block->step_stride = every_steps_;
  block->parameters_step_stride = std::max<int64_t>(1, parameters_every_steps_);
  block->parameter_width = parameter_count_;
  const int64_t rows = std::min({updates / every_steps_ + 1, kMostRows, kMaxBlockBytes / kRowBytes});
  for (AlignedVector<double>* column :
       {&block->loss, &block->objective, &block->learning_rate, &block->gradient_norm}) {
    column->reserve(static_cast<size_t>(rows));
  }
  if (parameters_every_steps_ == 0) return;
  int64_t vectors = std::min(updates / parameters_every_steps_ + 1, most_vectors_);
  if (inline_vector_bytes_ > 0) vectors = std::min(vectors, kMaxBlockBytes / (inline_vector_bytes_ + kRowBytes) + 1);
  block->parameters.reserve(static_cast<size_t>(vectors * parameter_count_));
}

bool Recorder::Takes(int64_t step, bool last, const StepBlock& block) const {
  if (!RecordsRow(step, last)) return true;
  const int64_t rows = block.rows() + 1;
  const int64_t vectors = block.parameter_vectors + (RecordsParameters(step, last) ? 1 : 0);
  if (rows > kMostRows || vectors > most_vectors_) return false;
  if (rows * kRowBytes + vectors * inline_vector_bytes_ > kMaxBlockBytes) return false;
  if (rows > 1 && step != block.first_step + (rows - 1) * every_steps_) return false;
  return vectors == block.parameter_vectors || block.parameter_vectors == 0 ||
         step == block.parameters_first_step + block.parameter_vectors * parameters_every_steps_;
}

template <typename T>
void Recorder::Record(const Row& row, absl::Span<const T> parameters, bool last, StepBlock* block) const {
  if (!RecordsRow(row.step, last)) return;
  if (block->rows() == 0) block->first_step = row.step;
  block->loss.push_back(row.loss);
  block->objective.push_back(row.objective);
  block->learning_rate.push_back(row.learning_rate);
  block->gradient_norm.push_back(row.gradient_norm);
  if (!RecordsParameters(row.step, last)) return;
  if (block->parameter_vectors == 0) block->parameters_first_step = row.step;
  block->parameters.insert(block->parameters.end(), parameters.begin(), parameters.end());
  ++block->parameter_vectors;
}

template void Recorder::Record(const Row& row, absl::Span<const float> parameters, bool last, StepBlock* block) const;
template void Recorder::Record(const Row& row, absl::Span<const double> parameters, bool last, StepBlock* block) const;

}  // namespace descent::core
