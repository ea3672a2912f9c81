// A multi-layer perceptron, see the formula in kMlpModel below.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/models/affine.h"
#include "core/models/kinds.h"

namespace descent::core {
namespace {

constexpr absl::string_view kActivations[] = {"relu", "tanh", "sigmoid"};
enum class Activation { kRelu, kTanh, kSigmoid };

constexpr int64_t kDefaultHiddenSize = 32;

constexpr FieldInfo kFields[] = {
    IntegerList("hidden_sizes", "Widths of the hidden layers, input side first; none given means one layer of 32.",
                Default::kDepends, Closed(1, 65536), 64),
    Choice("activation", "Nonlinearity after every hidden layer.", 0, kActivations),
};

constexpr absl::string_view kFittingLosses[] = {"squared",
                                                "half_squared",
                                                "absolute",
                                                "huber",
                                                "smooth_l1",
                                                "log_cosh",
                                                "quantile",
                                                "poisson",
                                                "gamma",
                                                "tweedie",
                                                "logistic",
                                                "focal",
                                                "hinge",
                                                "squared_hinge",
                                                "cross_entropy",
                                                "multiclass_focal",
                                                "multiclass_hinge",
                                                "multiclass_squared_hinge"};

// h = activation(h), elementwise.
template <typename T>
void Activate(Activation activation, absl::Span<T> h) {
  switch (activation) {
    case Activation::kRelu:
      // In this form NaN stays NaN and is noticed.
      for (T& value : h) value = value < 0 ? T{0} : value;
      break;
    case Activation::kTanh:
      for (T& value : h) value = std::tanh(value);
      break;
    case Activation::kSigmoid:
      for (T& value : h) value = 1 / (1 + std::exp(-value));
      break;
  }
}

// d *= activation'(z), elementwise, where h = activation(z).
template <typename T>
void MultiplyByDerivative(Activation activation, absl::Span<const T> h, absl::Span<T> d) {
  switch (activation) {
    case Activation::kRelu:
      for (size_t i = 0; i < d.size(); ++i) d[i] = h[i] > 0 ? d[i] : T{0};
      break;
    case Activation::kTanh:
      for (size_t i = 0; i < d.size(); ++i) d[i] *= 1 - h[i] * h[i];
      break;
    case Activation::kSigmoid:
      for (size_t i = 0; i < d.size(); ++i) d[i] *= h[i] * (1 - h[i]);
      break;
  }
}

// Workspace: the hidden layers' activations, one buffer a layer, then two buffers for derivatives by them.
template <typename T>
class Mlp final : public Model<T> {
 public:
  Mlp(const Config& config, const ModelInput& input)
      : activation_(static_cast<Activation>(config.choice("activation"))) {
    std::vector<int64_t> sizes = config.integers("hidden_sizes");
    if (sizes.empty()) sizes.push_back(kDefaultHiddenSize);
    widest_hidden_ = *std::max_element(sizes.begin(), sizes.end());
    sizes.push_back(input.output_width);
    auto inputs = static_cast<int64_t>(input.feature_names.size());
    for (size_t i = 0; i < sizes.size(); ++i) {
      const int64_t weight_offset = layout_.size;
      layout_.Add(absl::StrCat("layers.", i, ".weight"), {sizes[i], inputs}, TensorRole::kWeight,
                  i == 0 ? input.feature_names : std::vector<std::string>());
      const int64_t bias_offset = layout_.size;
      layout_.Add(absl::StrCat("layers.", i, ".bias"), {sizes[i]}, TensorRole::kBias);
      layers_.emplace_back(inputs, sizes[i], weight_offset, bias_offset);
      inputs = sizes[i];
    }
  }

  const ParameterLayout& layout() const override { return layout_; }
  int64_t output_width() const override { return layers_.back().outputs(); }

  Workspace<T> MakeWorkspace(int64_t max_rows) const override {
    Workspace<T> workspace;
    for (size_t i = 0; i < hidden_layers(); ++i) {
      workspace.buffers.emplace_back(static_cast<size_t>(max_rows * layers_[i].outputs()));
    }
    for (int i = 0; i < 2; ++i) workspace.buffers.emplace_back(static_cast<size_t>(max_rows * widest_hidden_));
    return workspace;
  }

  void Forward(absl::Span<const T> parameters, int64_t rows, const T* features, Workspace<T>* workspace,
               T* outputs) const override {
    const T* x = features;
    for (size_t i = 0; i < hidden_layers(); ++i) {
      T* h = workspace->buffers[i].data();
      layers_[i].Forward(parameters, rows, x, h);
      Activate(activation_, absl::MakeSpan(h, static_cast<size_t>(rows * layers_[i].outputs())));
      x = h;
    }
    layers_.back().Forward(parameters, rows, x, outputs);
  }

  void Backward(absl::Span<const T> parameters, int64_t rows, const T* features, T* derivatives,
                Workspace<T>* workspace, absl::Span<T> gradient) const override {
    const T* dy = derivatives;
    for (size_t i = hidden_layers(); i > 0; --i) {
      const T* h = workspace->buffers[i - 1].data();
      layers_[i].AddGradient(rows, h, dy, gradient);
      // The two buffers take turns: one is read while the other is written.
      T* dh = workspace->buffers[hidden_layers() + i % 2].data();
      layers_[i].BackwardInputs(parameters, rows, dy, dh);
      const auto size = static_cast<size_t>(rows * layers_[i].inputs());
      MultiplyByDerivative(activation_, absl::MakeConstSpan(h, size), absl::MakeSpan(dh, size));
      dy = dh;
    }
    layers_[0].AddGradient(rows, features, dy, gradient);
  }

 private:
  size_t hidden_layers() const { return layers_.size() - 1; }

  const Activation activation_;
  int64_t widest_hidden_ = 0;
  ParameterLayout layout_;
  std::vector<AffineLayer<T>> layers_;  // the last is linear
};

template <typename T>
std::unique_ptr<Model<T>> Make(const Config& config, const ModelInput& input) {
  return std::make_unique<Mlp<T>>(config, input);
}

// The gains of torch.nn.init.calculate_gain.
double Gain(const Config& config) {
  switch (static_cast<Activation>(config.choice("activation"))) {
    case Activation::kRelu:
      return std::numbers::sqrt2;
    case Activation::kTanh:
      return 5.0 / 3.0;
    case Activation::kSigmoid:
      return 1;
  }
  return 1;
}

}  // namespace

const constinit ModelInfo kMlpModel = {
    .kind = {.name = "mlp",
             .summary = "A multi-layer perceptron; what it predicts follows the loss.",
             .formula = "h_0 = x; h_i = activation(W_i h_(i-1) + b_i); output = W h + b of the last layer; tensors "
                        "layers.I.weight [out, in], layers.I.bias [out], I from 0",
             .reference = "Rumelhart, Hinton and Williams, \"Learning representations by back-propagating errors\", "
                          "Nature 323, 1986",
             .fields = kFields},
    .losses = kFittingLosses,
    .default_initializer = "kaiming",
    .make_double = Make<double>,
    .make_float = Make<float>,
    .gain = Gain};

}  // namespace descent::core
