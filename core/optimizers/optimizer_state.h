// What an optimizer remembers, apart from it: for snapshots and for going back.
#ifndef DESCENT_CORE_OPTIMIZERS_OPTIMIZER_STATE_H_
#define DESCENT_CORE_OPTIMIZERS_OPTIMIZER_STATE_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "core/base/bytes.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {

// A copy of an optimizer's State and Numbers. Thread-safety: like a plain struct.
template <typename T>
struct OptimizerState {
  std::vector<std::vector<T>> arrays;
  std::vector<std::vector<double>> numbers;

  // Takes memory the first time only.
  void CopyFrom(Optimizer<T>* optimizer) {
    Copy(optimizer->State(), &arrays);
    Copy(optimizer->Numbers(), &numbers);
  }
  // Whether it is the state of such an optimizer, by its sizes.
  bool Fits(Optimizer<T>* optimizer) const {
    return HaveSizesOf(optimizer->State(), arrays) && HaveSizesOf(optimizer->Numbers(), numbers);
  }
  // It must fit.
  void PutInto(Optimizer<T>* optimizer) const {
    Put(arrays, optimizer->State());
    Put(numbers, optimizer->Numbers());
  }

  void Write(ByteWriter* writer) const {
    writer->PutArrays<T>(arrays);
    writer->PutArrays<double>(numbers);
  }
  static OptimizerState Read(ByteReader* reader) {
    OptimizerState state;
    state.arrays = reader->GetArrays<T>();
    state.numbers = reader->GetArrays<double>();
    return state;
  }

 private:
  template <typename V>
  static void Copy(const std::vector<absl::Span<V>>& from, std::vector<std::vector<V>>* to) {
    to->resize(from.size());
    for (size_t i = 0; i < from.size(); ++i) (*to)[i].assign(from[i].begin(), from[i].end());
  }
  template <typename V>
  static bool HaveSizesOf(const std::vector<absl::Span<V>>& spans, const std::vector<std::vector<V>>& copies) {
    return std::equal(spans.begin(), spans.end(), copies.begin(), copies.end(),
                      [](const absl::Span<V>& span, const std::vector<V>& copy) { return span.size() == copy.size(); });
  }
  template <typename V>
  static void Put(const std::vector<std::vector<V>>& from, const std::vector<absl::Span<V>>& to) {
    for (size_t i = 0; i < from.size(); ++i) std::copy(from[i].begin(), from[i].end(), to[i].begin());
  }
};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_OPTIMIZER_STATE_H_
