// Where training starts. One file a kind; initializers.cc lists them.
#ifndef DESCENT_CORE_INITIALIZERS_INITIALIZER_H_
#define DESCENT_CORE_INITIALIZERS_INITIALIZER_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/base/fields.h"
#include "core/training/parameter_layout.h"

namespace descent::core {

// What a draw depends on besides its index.
struct DrawKey {
  uint64_t seed = 0;
  uint64_t start = 0;  // which of several starts
};

// The tensor to fill, and what else its values may follow from.
struct FillContext {
  const ParameterLayout& layout;
  const TensorInfo& tensor;  // of the layout
  DrawKey key;
  double default_gain = 1;  // suits the model's activation
};

// A row of the initializer table.
struct InitializerInfo {
  KindInfo kind;
  bool draws = false;         // whether two starts differ
  bool for_functions = true;  // whether it does without layers
  // Fills one tensor. Draws are keyed by (seed, start, tensor name, index in the tensor). For `given`, the whole vector
  // is in config.numbers("values") and the tensor takes its part.
  void (*fill)(const Config& config, const FillContext& context, absl::Span<double> out);
};

// All initializers, in the order of the documentation.
absl::Span<const InitializerInfo* const> Initializers();

// The row of a kind, or null.
const InitializerInfo* FindInitializer(absl::string_view name);

// Fills `out`, of layout.size values. Scales of normalised values start at 1 under every kind but `given`.
void Initialize(const Config& config, const ParameterLayout& layout, DrawKey key, double default_gain,
                absl::Span<double> out);

}  // namespace descent::core

#endif  // DESCENT_CORE_INITIALIZERS_INITIALIZER_H_
