// Choices that several optimizers have because libraries differ in them.
#ifndef DESCENT_CORE_OPTIMIZERS_DIALECTS_H_
#define DESCENT_CORE_OPTIMIZERS_DIALECTS_H_

#include "absl/strings/string_view.h"

namespace descent::core {

// Where the learning rate enters the velocity. Outside: b = momentum*b + g; x -= rate*b (PyTorch, Optax).
// Inside: b = momentum*b + rate*g; x -= b (Keras, the papers).
inline constexpr absl::string_view kVelocityForms[] = {"rate_outside", "rate_inside"};
enum VelocityForm : int { kRateOutside, kRateInside };

// Where epsilon stands in the denominator of Adam and its kin, whose second moment v is corrected by c = 1 - beta2^t.
// Outside: sqrt(v/c) + epsilon (PyTorch). Inside: sqrt(v/c + epsilon). Uncorrected: (sqrt(v) + epsilon)/sqrt(c)
// (Keras, the efficient form of the paper).
inline constexpr absl::string_view kEpsilonPlacements[] = {"outside", "inside", "uncorrected"};
enum EpsilonPlacement : int { kOutside, kInside, kUncorrected };

// The same of kinds without a correction: the first two.
inline constexpr absl::string_view kRootEpsilonPlacements[] = {"outside", "inside"};

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_DIALECTS_H_
