// Rprop, see the formula in kRprop below.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/format.h"
#include "core/optimizers/kinds.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/sign.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "First step of every parameter; later steps find their own size, so a schedule has no say.",
           0.01, Positive(), "parameter units"),
    Number("decrease", "Factor of a step where the gradient has changed its sign.", 0.5, {0, 1, true, true}),
    Number("increase", "Factor of a step where the gradient has kept its sign.", 1.2, {1, kInfinity, true, true}),
    Number("minimum_step", "Smallest step.", 1e-6, Positive(), "parameter units"),
    Number("maximum_step", "Largest step.", 50, Positive(), "parameter units"),
};

template <typename T>
class Rprop final : public Optimizer<T> {
 public:
  Rprop(const Config& config, const ParameterLayout& layout)
      : decrease_(static_cast<T>(config.number("decrease"))),
        increase_(static_cast<T>(config.number("increase"))),
        minimum_step_(static_cast<T>(config.number("minimum_step"))),
        maximum_step_(static_cast<T>(config.number("maximum_step"))),
        step_(static_cast<size_t>(layout.size)),
        direction_(static_cast<size_t>(layout.size)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    if (update.step == 0) std::fill(step_.begin(), step_.end(), static_cast<T>(update.learning_rate));
    const T decrease = decrease_;
    const T increase = increase_;
    const T minimum = minimum_step_;
    const T maximum = maximum_step_;
    const T* __restrict g = update.gradient.data();
    T* __restrict x = parameters.data();
    T* __restrict step = step_.data();
    T* __restrict direction = direction_.data();
    const size_t size = parameters.size();
    for (size_t i = 0; i < size; ++i) {
      const T sign = Sign(g[i]);
      // Of signs, not of gradients: the product of two small gradients would be 0.
      const T agreement = sign * direction[i];
      const T factor = agreement > 0 ? increase : (agreement < 0 ? decrease : T{1});
      step[i] = std::min(std::max(step[i] * factor, minimum), maximum);
      // After a flip the parameter rests, and its next step has nothing to agree with.
      direction[i] = agreement < 0 ? T{0} : sign;
      x[i] -= direction[i] * step[i];
    }
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(step_), absl::MakeSpan(direction_)}; }

 private:
  const T decrease_;
  const T increase_;
  const T minimum_step_;
  const T maximum_step_;
  AlignedVector<T> step_;
  AlignedVector<T> direction_;  // sign of the gradient of the step before; 0 at first and after a flip
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Rprop<T>>(config, layout);
}

void Check(const Config& config, absl::string_view path, Violations* violations) {
  const double minimum = config.number("minimum_step");
  const double maximum = config.number("maximum_step");
  if (minimum <= maximum) return;
  violations->Add(
      FieldPath(path, "minimum_step"),
      absl::StrCat("must be <= maximum_step, which is ", ShortestText(maximum), ", was ", ShortestText(minimum)));
}

}  // namespace

const constinit OptimizerInfo kRprop = {
    .kind = {.name = "rprop",
             .summary = "Each parameter's step grows while the sign of its gradient stays and shrinks when it changes; "
                        "for full batches.",
             .formula = "a = sign(g)*s; step *= increase where a > 0, decrease where a < 0, within [minimum_step, "
                        "maximum_step]; s = 0 where a < 0, otherwise sign(g); x -= s*step; step starts at the rate of "
                        "update 0 and s at 0",
             .reference = "Riedmiller and Braun, \"A direct adaptive method for faster backpropagation learning: the "
                          "RPROP algorithm\", ICNN 1993; Igel and Hüsken, \"Improving the Rprop learning algorithm\", "
                          "2000 (iRprop-); in the form of torch.optim.Rprop",
             .fields = kFields,
             .check = Check},
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
