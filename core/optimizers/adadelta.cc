// AdaDelta, see the formula in kAdadelta below.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Factor of the step, whose size the method finds itself.", 1, Positive()),
    Number("decay", "Share of the squared averages that is kept each step.", 0.9, ClosedOpen(0, 1)),
    Number("epsilon", "Added to both squared averages, under their roots; it decides the first steps.", 1e-6,
           Positive()),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(),
           "gradient units/parameter units"),
    PresetField(),
};

constexpr PresetValue kKeras[] = {{"learning_rate", 1e-3}, {"decay", 0.95}, {"epsilon", 1e-7}};
constexpr PresetValue kPaper[] = {{"decay", 0.95}};
constexpr Preset kPresets[] = {{"torch", {}}, {"keras", kKeras}, {"optax", {}}, {"paper", kPaper}};

template <typename T>
class Adadelta final : public Optimizer<T> {
 public:
  Adadelta(const Config& config, const ParameterLayout& layout)
      : decay_(config.number("decay")),
        epsilon_(static_cast<T>(config.number("epsilon"))),
        weight_decay_(static_cast<T>(config.number("weight_decay"))),
        gradient_square_(static_cast<size_t>(layout.size)),
        step_square_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    const T rate = static_cast<T>(update.learning_rate);
    const T kept = static_cast<T>(decay_);
    const T entering = static_cast<T>(1 - decay_);
    const T epsilon = epsilon_;
    const T weight_decay = weight_decay_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict e = gradient_square_.data();
    T* __restrict d = step_square_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T slope = g[i] + weight_decay * x[i];
      e[i] = kept * e[i] + entering * slope * slope;
      const T step = std::sqrt(d[i] + epsilon) / std::sqrt(e[i] + epsilon) * slope;
      d[i] = kept * d[i] + entering * step * step;
      x[i] -= rate * step;
    }
  }

  std::vector<absl::Span<T>> State() override {
    return {absl::MakeSpan(gradient_square_), absl::MakeSpan(step_square_)};
  }

 private:
  const double decay_;
  const T epsilon_;
  const T weight_decay_;
  AlignedVector<T> gradient_square_;
  AlignedVector<T> step_square_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Adadelta<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kAdadelta = {
    .kind = {.name = "adadelta",
             .summary = "Steps as long as recent ones for the size of the gradient: no rate needs to be found.",
             .formula = "g = gradient + weight_decay*x; e = decay*e + (1-decay)*g^2; "
                        "s = sqrt(d + epsilon)/sqrt(e + epsilon) * g; d = decay*d + (1-decay)*s^2; x -= rate*s",
             .reference = "Zeiler, \"ADADELTA: an adaptive learning rate method\", arXiv:1212.5701",
             .fields = kFields,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>,
    .elementwise = true};

}  // namespace descent::core
