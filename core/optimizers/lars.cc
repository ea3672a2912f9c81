// LARS, see the formula in kLars below.
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

constexpr absl::string_view kNorms[] = {"combined", "separate"};
constexpr int kSeparate = 1;

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size before the ratio of norms.", 0.1, Positive()),
    Number("momentum", "Share of the velocity that is kept each step.", 0.9, ClosedOpen(0, 1)),
    Number("trust_coefficient", "Length of a step of rate 1, as a share of the tensor's norm.", 1e-3, Positive()),
    Number("epsilon", "Added to the norm that is divided by.", 0, NonNegative(), "gradient units"),
    Number("weight_decay", "Weight decay added to the gradient (coupled).", 0, NonNegative(), "1/parameter units^2"),
    Choice("norm",
           "What the tensor's norm is divided by: the norm of the gradient with its decay (combined), or the sum of "
           "both norms (separate).",
           0, kNorms),
    Boolean("nesterov", "Look ahead along the velocity; needs momentum > 0.", false),
    PresetField(),
};

constexpr PresetValue kPaper[] = {{"norm", kSeparate}};
constexpr Preset kPresets[] = {{"optax"}, {"paper", kPaper}};

template <typename T>
class Lars final : public Optimizer<T> {
 public:
  Lars(const Config& config, const ParameterLayout& layout)
      : momentum_(static_cast<T>(config.number("momentum"))),
        trust_coefficient_(config.number("trust_coefficient")),
        epsilon_(config.number("epsilon")),
        weight_decay_(config.number("weight_decay")),
        is_separate_(config.choice("norm") == kSeparate),
        nesterov_(config.boolean("nesterov")),
        tensors_(TensorPlaces(layout)),
        velocity_(static_cast<size_t>(layout.size)),
        slope_(LargestSize(tensors_)) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    for (const TensorPlace& tensor : tensors_) {
      const absl::Span<const T> gradient = update.gradient.subspan(tensor.offset, tensor.size);
      const absl::Span<T> values = parameters.subspan(tensor.offset, tensor.size);
      const T decay = static_cast<T>(weight_decay_);
      const T* __restrict g = gradient.data();
      const T* __restrict x = values.data();
      T* __restrict u = slope_.data();
      for (size_t i = 0; i < tensor.size; ++i) u[i] = g[i] + decay * x[i];
      const absl::Span<const T> slope = absl::MakeConstSpan(slope_).first(tensor.size);
      Move(static_cast<T>(update.learning_rate * Ratio(values, gradient, slope)), slope,
           velocity_.data() + tensor.offset, values);
    }
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(velocity_)}; }

 private:
  double Ratio(absl::Span<const T> values, absl::Span<const T> gradient, absl::Span<const T> slope) const {
    const double size = GradientNorm<T>(values);
    const double length = GradientNorm<T>(is_separate_ ? gradient : slope);
    if (size == 0 || length == 0) return 1;
    return trust_coefficient_ * size / (length + (is_separate_ ? weight_decay_ * size : 0) + epsilon_);
  }

  void Move(T rate, absl::Span<const T> slope, T* __restrict b, absl::Span<T> values) const {
    const T* __restrict u = slope.data();
    T* __restrict x = values.data();
    const T momentum = momentum_;
    const size_t size = values.size();
    if (nesterov_) {
      for (size_t i = 0; i < size; ++i) {
        b[i] = momentum * b[i] + rate * u[i];
        x[i] -= momentum * b[i] + rate * u[i];
      }
    } else {
      for (size_t i = 0; i < size; ++i) {
        b[i] = momentum * b[i] + rate * u[i];
        x[i] -= b[i];
      }
    }
  }

  const T momentum_;
  const double trust_coefficient_;
  const double epsilon_;
  const double weight_decay_;
  const bool is_separate_;
  const bool nesterov_;
  const std::vector<TensorPlace> tensors_;
  AlignedVector<T> velocity_;
  AlignedVector<T> slope_;  // scratch: of one tensor
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Lars<T>>(config, layout);
}

void Check(const Config& config, absl::string_view path, Violations* violations) {
  if (!config.boolean("nesterov") || config.number("momentum") > 0) return;
  violations->Add(FieldPath(path, "nesterov"), "needs momentum > 0; set momentum, for instance to 0.9");
}

}  // namespace

const constinit OptimizerInfo kLars = {
    .kind = {.name = "lars",
             .summary = "Gradient descent with momentum whose rate in each tensor follows the tensor's norm.",
             .formula = "for each tensor u = gradient + weight_decay*x; "
                        "combined: r = trust_coefficient*norm(x)/(norm(u) + epsilon), "
                        "separate: r = trust_coefficient*norm(x)/(norm(gradient) + weight_decay*norm(x) + epsilon), "
                        "1 where a norm is 0; b = momentum*b + rate*r*u; x -= b, with nesterov "
                        "x -= momentum*b + rate*r*u",
             .reference = "You, Gitman and Ginsburg, \"Large batch training of convolutional networks\", 2017, "
                          "arXiv:1708.03888, algorithm 1",
             .fields = kFields,
             .check = Check,
             .presets = kPresets},
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
