#include "core/training/rate_reduction.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("factor", "Multiplied into the learning rate at each reduction.", 0.1, Range{0, 1, true, true}),
    Integer("patience", "Evaluations without improvement that are let pass; the next one reduces.", 10, NonNegative(),
            "evaluations"),
    Number("threshold", "Improvement that counts, relative to the magnitude of the best.", 1e-4, NonNegative()),
    Integer("cooldown", "Evaluations after a reduction that do not count.", 0, NonNegative(), "evaluations"),
    Number("minimum_factor", "Least factor of the learning rate that reductions come to.", 0, ClosedOpen(0, 1)),
};
constexpr KindInfo kReduceOnPlateau = {
    .name = "schedule.reduce_on_plateau",
    .summary =
        "Reduces the learning rate while evaluations do not improve: their held-out loss, or the objective when "
        "nothing is held out. Besides the schedule; takes effect from the step after the evaluation.",
    .formula =
        "improved iff value < best - threshold*|best|; after more than `patience` others in a row: factor *= "
        "`factor`, at least minimum_factor",
    .reference = "In the form of torch.optim.lr_scheduler.ReduceLROnPlateau, mode min, relative threshold",
    .fields = kFields};

}  // namespace

const KindInfo& ReduceOnPlateauInfo() { return kReduceOnPlateau; }

void RateReductionState::Write(ByteWriter* writer) const {
  writer->PutDouble(factor);
  writer->PutDouble(best);
  writer->PutI64(bad_evaluations);
  writer->PutI64(cooldown);
}

RateReductionState RateReductionState::Read(ByteReader* reader) {
  RateReductionState state;
  state.factor = reader->GetDouble();
  state.best = reader->GetDouble();
  state.bad_evaluations = reader->GetI64();
  state.cooldown = reader->GetI64();
  return state;
}

RateReduction::RateReduction(const Config& config) {
  if (config.info() == nullptr) return;
  reduces_ = true;
  factor_ = config.number("factor");
  patience_ = config.integer("patience");
  threshold_ = config.number("threshold");
  cooldown_ = config.integer("cooldown");
  minimum_factor_ = config.number("minimum_factor");
}

void RateReduction::Observe(double value, RateReductionState* state) const {
  if (!reduces_) return;
  const bool first = std::isinf(state->best) && state->best > 0;
  if (first ? value < state->best : value < state->best - threshold_ * std::abs(state->best)) {
    state->best = value;
    state->bad_evaluations = 0;
  } else {
    ++state->bad_evaluations;
  }
  if (state->cooldown > 0) {
    --state->cooldown;
    state->bad_evaluations = 0;
  }
  if (state->bad_evaluations <= patience_) return;
  state->factor = std::max(state->factor * factor_, minimum_factor_);
  state->cooldown = cooldown_;
  state->bad_evaluations = 0;
}

}  // namespace descent::core
