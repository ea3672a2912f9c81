// Consecutive rows of a run, by column: what the trainer fills, the step log stores and watchers read.
#ifndef DESCENT_CORE_TRAINING_STEP_BLOCK_H_
#define DESCENT_CORE_TRAINING_STEP_BLOCK_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/base/aligned.h"

namespace descent::core {

// Row i is step first_step + i * step_stride: the state after that many updates, with loss, objective and gradient norm
// at those very parameters on the batch that the step draws, and the learning rate of the update that leaves them.
// Parameters have their own, coarser stride; both are arithmetic progressions inside a block.
struct StepBlock {
  int64_t first_step = 0;
  int64_t step_stride = 1;
  AlignedVector<double> loss;       // mean data loss
  AlignedVector<double> objective;  // loss + penalties
  AlignedVector<double> learning_rate;
  AlignedVector<double> gradient_norm;  // of the objective
  int64_t parameters_first_step = 0;
  int64_t parameters_step_stride = 1;
  int64_t parameter_width = 0;  // values in a vector
  int64_t parameter_vectors = 0;
  AlignedVector<double> parameters;  // vectors one after another

  int64_t rows() const { return static_cast<int64_t>(loss.size()); }
  int64_t last_step() const { return first_step + (rows() - 1) * step_stride; }
  // Forgets the rows, keeps the memory.
  void Clear();
};

// Columns in the names of the catalog, in the order of storage.
struct ColumnInfo {
  const char* name;
  const char* summary;
  const char* unit;
};
absl::Span<const ColumnInfo> Columns();

// Most bytes of one block's columns, so that a message with it stays below 1 MiB.
inline constexpr int64_t kMaxBlockBytes = (int64_t{1} << 20) - 4096;
// A parameter vector of more bytes than this is announced in its row and kept apart.
inline constexpr int64_t kMaxInlineParameterBytes = 256 << 10;

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_STEP_BLOCK_H_
