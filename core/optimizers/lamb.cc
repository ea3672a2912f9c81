// LAMB, see the formula in kLamb below.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/tensor_places.h"
#include "core/training/gradient_norm.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size, as a share of a tensor's norm.", 1e-3, Positive()),
    Number("beta1", "Decay of the first moment.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the second moment.", 0.999, ClosedOpen(0, 1)),
    Number("epsilon", "Added to the root of the second moment.", 1e-6, Positive(), "gradient units"),
    Boolean("bias_correction", "Correct the moments for their start at 0.", true),
    Number("weight_decay", "Weight decay added to the scaled step before its norm is taken.", 0, NonNegative(),
           "1/parameter units"),
    PresetField(),
};

constexpr PresetValue kPaper[] = {{"weight_decay", 0.01}};
constexpr Preset kPresets[] = {{"keras"}, {"optax"}, {"paper", kPaper}};

template <typename T>
class Lamb final : public Optimizer<T> {
 public:
  Lamb(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        bias_correction_(config.boolean("bias_correction")),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        tensors_(TensorPlaces(layout)),
        first_moment_(static_cast<size_t>(layout.size)),
        second_moment_(static_cast<size_t>(layout.size)),
        direction_(LargestSize(tensors_)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const double t = static_cast<double>(update.step) + 1;
    const T correction1 = static_cast<T>(bias_correction_ ? 1 - std::pow(beta1_, t) : 1);
    const T correction2 = static_cast<T>(bias_correction_ ? 1 - std::pow(beta2_, t) : 1);
    for (const TensorPlace& tensor : tensors_) {
      const absl::Span<T> values = parameters.subspan(tensor.offset, tensor.size);
      const absl::Span<T> direction = absl::MakeSpan(direction_).first(tensor.size);
      FillDirection(correction1, correction2, update.gradient.subspan(tensor.offset, tensor.size), values,
                    tensor.offset, direction);
      const double size = GradientNorm<T>(values);
      const double length = GradientNorm<T>(direction);
      const double ratio = size == 0 || length == 0 ? 1 : size / length;
      const T rate = static_cast<T>(update.learning_rate * ratio);
      const T* __restrict u = direction.data();
      T* __restrict x = values.data();
      for (size_t i = 0; i < tensor.size; ++i) x[i] -= rate * u[i];
    }
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(first_moment_), absl::MakeSpan(second_moment_)};
  }

 private:
  void FillDirection(T correction1, T correction2, absl::Span<const T> gradient, absl::Span<const T> values,
                     size_t offset, absl::Span<T> direction) {
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = epsilon_;
    const T decay = weight_decay_;
    const T* __restrict g = gradient.data();
    const T* __restrict x = values.data();
    T* __restrict m = first_moment_.data() + offset;
    T* __restrict v = second_moment_.data() + offset;
    T* __restrict u = direction.data();
    const size_t size = values.size();
    for (size_t i = 0; i < size; ++i) {
      m[i] = kept1 * m[i] + entering1 * g[i];
      v[i] = kept2 * v[i] + entering2 * g[i] * g[i];
      u[i] = m[i] / correction1 / (std::sqrt(v[i] / correction2) + epsilon) + decay * x[i];
    }
  }

  const double beta1_;
  const double beta2_;
  const T epsilon_;
  const bool bias_correction_;
  const T weight_decay_;
  const std::vector<TensorPlace> tensors_;
  AlignedVector<T> first_moment_;
  AlignedVector<T> second_moment_;
  AlignedVector<T> direction_;  // scratch: of one tensor
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Lamb<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kLamb = {
    .kind = {.name = "lamb",
             .summary = "Adam whose step in each tensor is as long as a share of the tensor's norm.",
             .formula = "m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; for each tensor "
                        "u = m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon) + weight_decay*x; "
                        "x -= rate * norm(x)/norm(u) * u, t from 1; the ratio is 1 where a norm is 0",
             .reference = "You et al., \"Large batch optimization for deep learning: training BERT in 76 minutes\", "
                          "ICLR 2020, arXiv:1904.00962, algorithm 2",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
