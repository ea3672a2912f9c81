// Steps on sparse data that cost what their rows store.
//
// With lazy updates a parameter whose feature stands in no row of the batch is left as it is in that step, and so is
// what the optimizer remembers of it: its moments do not decay meanwhile, and it moves when its feature comes again.
// Where a step with gradient 0 changes nothing anyway (sgd without momentum, adagrad, ftrl at a constant rate from
// zeros) the result is that of plain steps; under other settings it is a method of its own: adam becomes
// torch.optim.SparseAdam (which has the epsilon_placement `uncorrected`).
#ifndef DESCENT_CORE_TRAINING_LAZY_OPTIMIZER_H_
#define DESCENT_CORE_TRAINING_LAZY_OPTIMIZER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/fields.h"
#include "core/optimizers/optimizer.h"
#include "core/training/job_spec.h"

namespace descent::core {

// Adds why a spec with `lazy_updates` cannot have them, as far as that can be said without the data.
void CheckLazyUpdates(const JobSpec& spec, absl::string_view path, Violations* violations);

// Whether a resolved spec without a say in it has them on sparse data: where they change nothing but the cost.
bool LazyUpdatesChangeNothing(const JobSpec& spec);

// Brings an elementwise optimizer to the parameters in Update.support: theirs and its memory of them are put side by
// side, updated as if there were no others, and put back. Allocates only when a batch has more of them than all before.
// T is float or double. Thread-safety: one thread at a time.
template <typename T>
class LazyOptimizer final : public Optimizer<T> {
 public:
  // `config` is of an elementwise kind.
  LazyOptimizer(const Config& config, const ParameterLayout& layout);

  void Step(const Update<T>& update, absl::Span<T> parameters) override;
  std::vector<absl::Span<T>> State() override;

 private:
  // Makes room for so many parameters side by side.
  void Reserve(size_t parameters);

  const Config config_;
  std::vector<AlignedVector<T>> state_;  // the optimizer's arrays, of all parameters
  // Scratch: the parameters side by side, and the optimizer that sees only them, with its arrays.
  AlignedVector<T> parameters_;
  std::unique_ptr<Optimizer<T>> optimizer_;
  std::vector<absl::Span<T>> arrays_;
};

// Which parameters the last update moved, so that what followed them before it need not copy the others.
class MovedParameters {
 public:
  void Set(absl::Span<const int64_t> parameters);
  void SetAll() { all_ = true; }

  // to = from, where the two can differ.
  template <typename T>
  void Copy(absl::Span<const T> from, absl::Span<T> to) const {
    if (all_) {
      std::copy(from.begin(), from.end(), to.begin());
    } else {
      CopyListed(from, to);
    }
  }

 private:
  template <typename T>
  void CopyListed(absl::Span<const T> from, absl::Span<T> to) const;

  bool all_ = true;
  std::vector<int64_t> list_;
};

extern template class LazyOptimizer<float>;
extern template class LazyOptimizer<double>;

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_LAZY_OPTIMIZER_H_
