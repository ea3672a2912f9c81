#include "core/training/step_block.h"

namespace descent::core {
namespace {

constexpr ColumnInfo kColumns[] = {
    {"loss", "Mean data loss on the step's batch.", "loss"},
    {"objective", "Loss plus penalties.", "loss"},
    {"learning_rate", "Learning rate of the update that leaves the row, schedule included.", ""},
    {"gradient_norm", "Euclidean norm of the gradient of the objective.", "loss per parameter unit"},
    {"parameters", "Parameter vector at which the row was measured.", ""},
};

}  // namespace

void StepBlock::Clear() {
  first_step = 0;
  step_stride = 1;
  parameters_first_step = 0;
  parameters_step_stride = 1;
  parameter_width = 0;
  parameter_vectors = 0;
  for (AlignedVector<double>* column : {&loss, &objective, &learning_rate, &gradient_norm, &parameters}) {
    column->clear();
  }
}

absl::Span<const ColumnInfo> Columns() { return kColumns; }

}  // namespace descent::core
