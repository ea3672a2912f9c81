// The nonlinearities between layers: values, derivatives, and the gains that suit them. To add one: its name here, its
// formulas in activation.cc, its value in proto/descent/v1/model.proto.
#ifndef DESCENT_CORE_MODELS_ACTIVATION_H_
#define DESCENT_CORE_MODELS_ACTIVATION_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace descent::core {

enum class Activation {
  kRelu,
  kTanh,
  kSigmoid,
  kLeakyRelu,
  kElu,
  kSelu,
  kGelu,
  kSilu,
  kSoftplus,
  kHardTanh,
  kHardSigmoid,
  kHardSwish,
  kNone,
};

// In the order of the enumeration: the choices of a field `activation`.
inline constexpr absl::string_view kActivationNames[] = {
    "relu", "tanh",     "sigmoid",   "leaky_relu",   "elu",        "selu", "gelu",
    "silu", "softplus", "hard_tanh", "hard_sigmoid", "hard_swish", "none"};

// h = f(z), elementwise.
template <typename T>
void Activate(Activation activation, absl::Span<const T> z, absl::Span<T> h);

// d *= f'(z), elementwise, where h = f(z). At a kink the derivative is that of the left side.
template <typename T>
void MultiplyBySlope(Activation activation, absl::Span<const T> z, absl::Span<const T> h, absl::Span<T> d);

// d *= f''(z), elementwise, where h = f(z). At a kink it is that of the left side.
template <typename T>
void MultiplyByCurvature(Activation activation, absl::Span<const T> z, absl::Span<const T> h, absl::Span<T> d);

// Whether the slope jumps somewhere.
bool HasKinks(Activation activation);

// By how much weights are scaled so that the signal keeps its size: those of torch.nn.init.calculate_gain (the hard
// variants share that of what they imitate), and where it has none 1/sqrt(E[f(z)^2]) for a standard normal z.
double GainOf(Activation activation);

}  // namespace descent::core

#endif  // DESCENT_CORE_MODELS_ACTIVATION_H_
