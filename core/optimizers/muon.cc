// Muon for matrices and AdamW for everything else, see the formula in kMuon below.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/optimizers/kinds.h"
#include "core/optimizers/newton_schulz.h"
#include "core/optimizers/optimizer.h"
#include "core/optimizers/tensor_places.h"
#include "core/training/gradient_norm.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("learning_rate", "Step size.", 1e-3, Positive(), "parameter units"),
    Number("momentum", "Share of the gradients' average that is kept each step.", 0.95, ClosedOpen(0, 1)),
    Boolean("nesterov", "Look ahead along the average.", true),
    Number("weight_decay", "Decoupled weight decay, scaled by the scheduled rate.", 0.1, NonNegative(),
           "1/parameter units"),
    Integer("newton_schulz_steps", "Iterations that make a step orthogonal.", 5, Closed(1, 100)),
    Number("epsilon", "Added to the norm that a step is divided by first.", 1e-7, Positive(), "gradient units"),
    Number("other_beta1", "Decay of the first moment of what is no matrix.", 0.9, ClosedOpen(0, 1)),
    Number("other_beta2", "Decay of the second moment of what is no matrix.", 0.95, ClosedOpen(0, 1)),
    Number("other_epsilon", "Added to the root of the second moment of what is no matrix.", 1e-8, Positive(),
           "gradient units"),
};

bool IsMatrix(const TensorPlace& tensor) { return tensor.rows > 1 && tensor.columns > 1; }

template <typename T>
class Muon final : public Optimizer<T> {
 public:
  Muon(const Config& config, const ParameterLayout& layout)
      : momentum_(config.number("momentum")),
        nesterov_(config.boolean("nesterov")),
        weight_decay_(config.number("weight_decay")),
        iterations_(config.integer("newton_schulz_steps")),
        epsilon_(config.number("epsilon")),
        beta1_(config.number("other_beta1")),
        beta2_(config.number("other_beta2")),
        other_epsilon_(static_cast<T>(config.number("other_epsilon"))),
        tensors_(TensorPlaces(layout)),
        mean_(static_cast<size_t>(layout.size)),
        second_moment_(SizeOfOthers(tensors_)),
        newton_schulz_(tensors_),
        direction_(LargestSize(tensors_)),
        orthogonal_(direction_.size()) {}

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    T* second_moment = second_moment_.data();
    for (const TensorPlace& tensor : tensors_) {
      const T* gradient = update.gradient.data() + tensor.offset;
      T* mean = mean_.data() + tensor.offset;
      T* values = parameters.data() + tensor.offset;
      if (IsMatrix(tensor)) {
        StepMatrix(tensor, update.learning_rate, gradient, mean, values);
      } else {
        StepOther(update, tensor.size, gradient, mean, second_moment, values);
        second_moment += tensor.size;
      }
    }
  }

  std::vector<absl::Span<T>> State() override { return {absl::MakeSpan(mean_), absl::MakeSpan(second_moment_)}; }

 private:
  static size_t SizeOfOthers(const std::vector<TensorPlace>& tensors) {
    size_t size = 0;
    for (const TensorPlace& tensor : tensors) size += IsMatrix(tensor) ? 0 : tensor.size;
    return size;
  }

  void StepMatrix(const TensorPlace& tensor, double learning_rate, const T* __restrict g, T* __restrict b,
                  T* __restrict x) {
    const T kept = static_cast<T>(momentum_);
    const T entering = static_cast<T>(1 - momentum_);
    T* __restrict u = direction_.data();
    for (size_t i = 0; i < tensor.size; ++i) {
      b[i] = kept * b[i] + entering * g[i];
      u[i] = nesterov_ ? entering * g[i] + kept * b[i] : b[i];
    }
    const T norm = static_cast<T>(GradientNorm<T>(absl::MakeConstSpan(direction_).first(tensor.size)) + epsilon_);
    for (size_t i = 0; i < tensor.size; ++i) u[i] /= norm;

    const double tallness = static_cast<double>(tensor.rows) / static_cast<double>(tensor.columns);
    const T rate = static_cast<T>(learning_rate * std::sqrt(std::max(1.0, tallness)));
    const T shrink = static_cast<T>(1 - learning_rate * weight_decay_);
    const T* __restrict step = Orthogonalized(tensor.rows, tensor.columns);
    for (size_t i = 0; i < tensor.size; ++i) x[i] = shrink * x[i] - rate * step[i];
  }

  // Of direction_, a matrix [rows, columns]; the iterations are cheapest on a wide one.
  const T* Orthogonalized(int64_t rows, int64_t columns) {
    if (rows <= columns) {
      newton_schulz_.Iterate(iterations_, rows, columns, direction_.data());
      return direction_.data();
    }
    MatrixView<T> tall(direction_.data(), rows, columns);
    MatrixView<T> wide(orthogonal_.data(), columns, rows);
    wide = tall.transpose();
    newton_schulz_.Iterate(iterations_, columns, rows, orthogonal_.data());
    tall = wide.transpose();
    return direction_.data();
  }

  // AdamW.
  void StepOther(const Update<T>& update, size_t size, const T* __restrict g, T* __restrict m, T* __restrict v,
                 T* __restrict x) const {
    const double t = static_cast<double>(update.step) + 1;
    const T rate = static_cast<T>(update.learning_rate / (1 - std::pow(beta1_, t)));
    const T root_correction = static_cast<T>(std::sqrt(1 - std::pow(beta2_, t)));
    const T shrink = static_cast<T>(1 - update.learning_rate * weight_decay_);
    const T kept1 = static_cast<T>(beta1_);
    const T entering1 = static_cast<T>(1 - beta1_);
    const T kept2 = static_cast<T>(beta2_);
    const T entering2 = static_cast<T>(1 - beta2_);
    const T epsilon = other_epsilon_;
    for (size_t i = 0; i < size; ++i) {
      m[i] = kept1 * m[i] + entering1 * g[i];
      v[i] = kept2 * v[i] + entering2 * g[i] * g[i];
      x[i] = shrink * x[i] - rate * (m[i] / (std::sqrt(v[i]) / root_correction + epsilon));
    }
  }

  const double momentum_;
  const bool nesterov_;
  const double weight_decay_;
  const int64_t iterations_;
  const double epsilon_;
  const double beta1_;
  const double beta2_;
  const T other_epsilon_;
  const std::vector<TensorPlace> tensors_;
  AlignedVector<T> mean_;           // of gradients: the velocity of matrices, the first moment of the others
  AlignedVector<T> second_moment_;  // of the others, one after another
  // Scratch, of one matrix.
  NewtonSchulz<T> newton_schulz_;
  AlignedVector<T> direction_;
  AlignedVector<T> orthogonal_;
};

template <typename T>
std::unique_ptr<Optimizer<T>> Make(const Config& config, const ParameterLayout& layout) {
  return std::make_unique<Muon<T>>(config, layout);
}

}  // namespace

const constinit OptimizerInfo kMuon = {
    .kind = {.name = "muon",
             .summary = "Steps of which all singular values are about the rate, for weight matrices; AdamW for the "
                        "rest.",
             .formula = "for each tensor with two axes longer than 1: b = momentum*b + (1-momentum)*g; "
                        "u = b, with nesterov u = (1-momentum)*g + momentum*b; X = u/(norm(u) + epsilon); "
                        "newton_schulz_steps times A = X X^T, X = 3.4445*X + (-4.775*A + 2.0315*A*A) X, on the "
                        "transpose where rows > columns; x *= 1 - rate*weight_decay; "
                        "x -= rate*sqrt(max(1, rows/columns))*X. Other tensors: adamw with other_beta1, other_beta2, "
                        "other_epsilon",
             .reference = "Jordan et al., \"Muon: an optimizer for hidden layers in neural networks\", 2024; in the "
                          "form of torch.optim.Muon",
             .fields = kFields},
    .make_double = Make<double>,
    .make_float = Make<float>};

}  // namespace descent::core
