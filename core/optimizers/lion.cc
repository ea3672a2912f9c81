// Lion, see the formula in kLion below.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/sign.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Length of every parameter's step.", 1e-4, Positive(), "parameter units"),
    Number("beta1", "Share of the moment in the direction of a step.", 0.9, ClosedOpen(0, 1)),
    Number("beta2", "Decay of the moment.", 0.99, ClosedOpen(0, 1)),
    Number("weight_decay", "Decoupled weight decay, scaled by the scheduled rate.", 0, NonNegative(),
           "1/parameter units"),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"learning_rate", 1e-3}};
constexpr PresetValue kOptax[] = {{"weight_decay", 1e-3}};
constexpr Preset kPresets[] = {{"keras", kKeras}, {"optax", kOptax}, {"paper", {}}};

template <typename T>
class Lion final : public Optimizer<T> {
 public:
  Lion(const Config& config, const ParameterLayout& layout)
      : beta1_(config.number("beta1")),
        beta2_(config.number("beta2")),
        weight_decay_(config.number("weight_decay")),
        moment_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const T rate = static_cast<T>(update.learning_rate);
    const T shrink = static_cast<T>(1 - update.learning_rate * weight_decay_);
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict m = moment_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      x[i] = shrink * x[i] - rate * Sign(kept1 * m[i] + entering1 * g[i]);
      m[i] = kept2 * m[i] + entering2 * g[i];
    }
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(moment_)}; }

 private:
  const double beta1_;
  const double beta2_;
  const double weight_decay_;
  AlignedVector<T> moment_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Lion<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kLion = {
    .kind = {.name = "lion",
             .summary = "Every parameter takes a step of the same length against the sign of an averaged gradient.",
             .formula = "u = sign(beta1*m + (1-beta1)*g), sign(0) = 0; m = beta2*m + (1-beta2)*g; "
                        "x = (1 - rate*weight_decay)*x - rate*u",
             .reference = "Chen et al., \"Symbolic discovery of optimization algorithms\", NeurIPS 2023, "
                          "arXiv:2302.06675, algorithm 2",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
