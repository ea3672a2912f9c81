// Going on after a step that went wrong: back to the last good state, with a smaller learning rate.
#ifndef DESCENT_CORE_TRAINING_GUARD_H_
#define DESCENT_CORE_TRAINING_GUARD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/aligned.h"
#include "core/base/bytes.h"
#include "core/base/fields.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/optimizer_state.h"

namespace descent::core {

const KindInfo& GuardInfo();  // max_rollbacks, learning_rate_factor, save_every

// The good state, and what rolling back has come to.
template <typename T>
struct GuardState {
  int64_t good_step = -1;  // of the row whose state is kept; < 0: none yet
  int64_t rollbacks = 0;
  double factor = 1;  // of the learning rate, besides the schedule's
  AlignedVector<T> parameters;
  AlignedVector<T> answer;  // empty when the parameters are the answer
  OptimizerState<T> optimizer;

  void Write(ByteWriter* writer) const;
  static GuardState Read(ByteReader* reader);
};

// Keeps the state of a row now and then. When a later row is not finite or has diverged, that row's update goes back to
// the state kept; the step goes on counting. Thread-safety: immutable.
template <typename T>
class Guard {
 public:
  // A config without a kind guards nothing.
  explicit Guard(const Config& config);

  // Whether the state of row `step`, which is good, is to be kept.
  bool Keeps(int64_t step) const { return max_rollbacks_ > 0 && step % save_every_ == 0; }
  void Keep(int64_t step, const AlignedVector<T>& parameters, const AlignedVector<T>& answer, Optimizer<T>* optimizer,
            GuardState<T>* state) const;

  double factor() const { return factor_; }
  // Whether a state that was read can be gone back to, with so many parameters and such an optimizer.
  bool Fits(const GuardState<T>& state, size_t size, Optimizer<T>* optimizer) const {
    return state.good_step < 0 ||
           (state.parameters.size() == size && (state.answer.empty() || state.answer.size() == size) &&
            state.optimizer.Fits(optimizer));
  }
  bool CanRollBack(const GuardState<T>& state) const {
    return state.good_step >= 0 && state.rollbacks < max_rollbacks_;
  }
  void RollBack(GuardState<T>* state, AlignedVector<T>* parameters, AlignedVector<T>* answer,
                Optimizer<T>* optimizer) const;

 private:
  int64_t max_rollbacks_ = 0;
  double factor_ = 1;
  int64_t save_every_ = 1;
};

extern template class Guard<float>;
extern template class Guard<double>;
extern template struct GuardState<float>;
extern template struct GuardState<double>;

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_GUARD_H_
