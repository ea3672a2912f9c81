// Limits on the gradient before the optimizer sees it.
#ifndef DESCENT_CORE_TRAINING_CLIPPING_H_
#define DESCENT_CORE_TRAINING_CLIPPING_H_

#include <optional>

#include "absl/types/span.h"
#include "core/base/fields.h"

namespace descent::core {

const KindInfo& ClippingInfo();  // max_value, max_norm

// First each value to [-max_value, max_value], then the whole gradient to the norm max_norm: g *= max_norm/||g||, only
// if ||g|| > max_norm. Thread-safety: immutable.
class Clipping {
 public:
  // A config without a kind clips nothing.
  explicit Clipping(const Config& config);

  // `norm` is that of the gradient.
  template <typename T>
  void Clip(double norm, absl::Span<T> gradient) const;

 private:
  std::optional<double> max_value_;
  std::optional<double> max_norm_;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_CLIPPING_H_
