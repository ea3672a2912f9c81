#include "core/training/guard.h"

#include <cstddef>
#include <cstdint>

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Integer("max_rollbacks", "How often a run may go back before it ends after all.", 3, Closed(1, 1000)),
    Number("learning_rate_factor", "Multiplied into the learning rate at each rollback.", 0.5, Range{0, 1, true, true}),
    IntervalField("save_every", "Steps from one state that is kept to the next.", Default::kValue, 100),
};
constexpr KindInfo kGuard = {
    .name = "guard",
    .summary =
        "Where a row is not finite or has diverged the run does not end: its update goes back to the last state "
        "kept, with a smaller learning rate. A warning in the log says so.",
    .fields = kFields};

}  // namespace

const KindInfo& GuardInfo() { return kGuard; }

template <typename T>
void GuardState<T>::Write(ByteWriter* writer) const {
  writer->PutI64(good_step);
  writer->PutI64(rollbacks);
  writer->PutDouble(factor);
  writer->PutArray(absl::Span<const T>(parameters));
  writer->PutArray(absl::Span<const T>(answer));
  optimizer.Write(writer);
}

template <typename T>
GuardState<T> GuardState<T>::Read(ByteReader* reader) {
  GuardState state;
  state.good_step = reader->GetI64();
  state.rollbacks = reader->GetI64();
  state.factor = reader->GetDouble();
  const std::vector<T> parameters = reader->GetArray<T>();
  state.parameters.assign(parameters.begin(), parameters.end());
  const std::vector<T> answer = reader->GetArray<T>();
  state.answer.assign(answer.begin(), answer.end());
  state.optimizer = OptimizerState<T>::Read(reader);
  return state;
}

template <typename T>
Guard<T>::Guard(const Config& config) {
  if (config.info() == nullptr) return;
  max_rollbacks_ = config.integer("max_rollbacks");
  factor_ = config.number("learning_rate_factor");
  save_every_ = config.steps("save_every");
}

template <typename T>
void Guard<T>::Keep(int64_t step, const AlignedVector<T>& parameters, const AlignedVector<T>& answer,
                    Optimizer<T>* optimizer, GuardState<T>* state) const {
  state->good_step = step;
  state->parameters = parameters;
  state->answer = answer;
  state->optimizer.CopyFrom(optimizer);
}

template <typename T>
void Guard<T>::RollBack(GuardState<T>* state, AlignedVector<T>* parameters, AlignedVector<T>* answer,
                        Optimizer<T>* optimizer) const {
  *parameters = state->parameters;
  *answer = state->answer;
  state->optimizer.PutInto(optimizer);
  state->factor *= factor_;
  ++state->rollbacks;
}

template class Guard<float>;
template class Guard<double>;
template struct GuardState<float>;
template struct GuardState<double>;

}  // namespace descent::core
