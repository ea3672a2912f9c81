// A multi-layer perceptron, see the formula in kMlpModel below.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/random.h"
#include "core/models/activation.h"
#include "core/models/affine.h"
#include "core/models/kinds.h"
#include "core/models/layer_norm.h"

namespace descent::core {
namespace {

constexpr int64_t kDefaultHiddenSize = 32;

constexpr FieldInfo kFields[] = {
    IntegerList("hidden_sizes", "Widths of the hidden layers, input side first; none given means one layer of 32.",
                Default::kDepends, Closed(1, 65536), 64),
    Choice("activation", "Nonlinearity after every hidden layer.", 0, kActivationNames),
    Boolean("layer_norm",
            "Whether each hidden layer's sums are normalised over its units before the activation, then scaled and "
            "shifted by parameters.",
            false),
    Number("dropout",
           "Share of the hidden units that each training step leaves out, at random for every row; those that stay "
           "count 1/(1-dropout) times. Evaluation and prediction leave out none.",
           0, ClosedOpen(0, 1)),
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

// a *= b, elementwise.
template <typename T>
void MultiplyBy(absl::Span<const T> b, absl::Span<T> a) {
  for (size_t i = 0; i < a.size(); ++i) a[i] *= b[i];
}

// Hidden layer i: z = W x + b, normalised if asked for; h = activation(z); in training some of h dropped. Its buffers
// in a workspace are numbers i*kKept + Kept; those that the model does not need are empty. Buffers for derivatives by
// hidden values follow them. A tangent workspace has the changes of the same values in the same places.
template <typename T>
class Mlp final : public Model<T> {
 public:
  Mlp(const Config& config, const ModelInput& input)
      : activation_(static_cast<Activation>(config.choice("activation"))), dropout_(config.number("dropout")) {
    std::vector<int64_t> sizes = config.integers("hidden_sizes");
    if (sizes.empty()) sizes.push_back(kDefaultHiddenSize);
    widest_hidden_ = *std::max_element(sizes.begin(), sizes.end());
    sizes.push_back(input.output_width);
    int64_t inputs = input.features;
    for (size_t i = 0; i < sizes.size(); ++i) {
      const auto add = [&](absl::string_view name, std::vector<int64_t> shape, TensorRole role) {
        const int64_t offset = layout_.size;
        layout_.Add(absl::StrCat("layers.", i, ".", name), std::move(shape), role,
                    name == "weight" && i == 0 ? input.feature_names : std::vector<std::string>());
        return offset;
      };
      const int64_t weight_offset = add("weight", {sizes[i], inputs}, TensorRole::kWeight);
      const int64_t bias_offset = add("bias", {sizes[i]}, TensorRole::kBias);
      layers_.emplace_back(inputs, sizes[i], weight_offset, bias_offset);
      inputs = sizes[i];
      if (i + 1 == sizes.size()) break;
      hidden_units_ += sizes[i];
      if (!config.boolean("layer_norm")) continue;
      const int64_t scale_offset = add("norm.scale", {sizes[i]}, TensorRole::kScale);
      norms_.emplace_back(sizes[i], scale_offset, add("norm.shift", {sizes[i]}, TensorRole::kBias));
    }
  }

  const ParameterLayout& layout() const override { return layout_; }
  int64_t output_width() const override { return layers_.back().outputs(); }
  bool is_random() const override { return dropout_ > 0; }
  int64_t hidden_units() const override { return hidden_units_; }

  void MarkLiveUnits(int64_t rows, const Workspace<T>& workspace, absl::Span<char> live) const override {
    size_t first_unit = 0;
    for (size_t i = 0; i < hidden_layers(); ++i) {
      const absl::Span<const T> z = Kept(kSum, i, rows, workspace);
      std::vector<T> slopes(z.size(), T{1});
      MultiplyBySlope<T>(activation_, z, Kept(kActive, i, rows, workspace), absl::MakeSpan(slopes));
      const auto units = static_cast<size_t>(layers_[i].outputs());
      for (size_t k = 0; k < slopes.size(); ++k) {
        if (slopes[k] != 0) live[first_unit + k % units] = 1;
      }
      first_unit += units;
    }
  }

  Workspace<T> MakeWorkspace(int64_t max_rows) const override {
    return MakeBuffers(max_rows, /*with_dropped=*/dropout_ > 0, /*derivatives=*/2);
  }
  Workspace<T> MakeTangentWorkspace(int64_t max_rows) const override {
    return MakeBuffers(max_rows, /*with_dropped=*/false, /*derivatives=*/5);
  }

  void Forward(const Pass& pass, absl::Span<const T> parameters, const FeatureRows<T>& features,
               Workspace<T>* workspace, T* outputs) const override {
    const int64_t rows = features.count;
    workspace->training = pass.training && is_random();
    FeatureRows<T> x = features;
    int64_t first_unit = 0;
    for (size_t i = 0; i < hidden_layers(); ++i) {
      const absl::Span<T> z = Values(kSum, i, rows, workspace);
      layers_[i].Forward(parameters, x, z.data());
      if (!norms_.empty()) {
        norms_[i].Forward(parameters, rows, z.data(), Data(kNormal, i, workspace), Data(kInverse, i, workspace));
      }
      const absl::Span<T> h = Values(kActive, i, rows, workspace);
      Activate<T>(activation_, z, h);
      if (workspace->training) {
        const absl::Span<T> mask = Values(kMask, i, rows, workspace);
        DrawMask(pass, first_unit, layers_[i].outputs(), mask);
        const absl::Span<T> dropped = Values(kDropped, i, rows, workspace);
        std::copy(h.begin(), h.end(), dropped.begin());
        MultiplyBy<T>(mask, dropped);
      }
      first_unit += layers_[i].outputs();
      x = {rows, OutputOf(i, *workspace)};
    }
    layers_.back().Forward(parameters, x, outputs);
  }

  void Backward(absl::Span<const T> parameters, const FeatureRows<T>& features, T* derivatives, Workspace<T>* workspace,
                absl::Span<T> gradient) const override {
    const int64_t rows = features.count;
    const T* dy = derivatives;
    for (size_t i = hidden_layers(); i > 0; --i) {
      layers_[i].AddGradient({rows, OutputOf(i - 1, *workspace)}, dy, gradient);
      // The two buffers take turns: one is read while the other is written.
      const absl::Span<T> dh = Derivatives(i % 2, i - 1, rows, workspace);
      layers_[i].BackwardInputs(parameters, rows, dy, dh.data());
      if (workspace->training) MultiplyBy<T>(Kept(kMask, i - 1, rows, *workspace), dh);
      MultiplyBySlope<T>(activation_, Kept(kSum, i - 1, rows, *workspace), Kept(kActive, i - 1, rows, *workspace), dh);
      if (!norms_.empty()) {
        norms_[i - 1].Backward(parameters, rows, Data(kNormal, i - 1, workspace), Data(kInverse, i - 1, workspace),
                               dh.data(), gradient);
      }
      dy = dh.data();
    }
    layers_[0].AddGradient(features, dy, gradient);
  }

  void Tangent(absl::Span<const T> parameters, absl::Span<const T> direction, const FeatureRows<T>& features,
               const Workspace<T>& workspace, Workspace<T>* tangents, T* changes) const override {
    const int64_t rows = features.count;
    FeatureRows<T> x = features;
    for (size_t i = 0; i < layers_.size(); ++i) {
      const bool last = i == hidden_layers();
      T* const tz = last ? changes : Data(kSum, i, tangents);
      layers_[i].Forward(direction, x, tz);
      if (i > 0) layers_[i].AddProduct(parameters, rows, Data(kActive, i - 1, tangents), tz);
      if (last) return;
      if (!norms_.empty()) {
        norms_[i].Tangent(parameters, direction, rows, Kept(kNormal, i, rows, workspace).data(),
                          InverseOf(i, workspace), tz, Data(kNormal, i, tangents), Data(kInverse, i, tangents));
      }
      const absl::Span<T> th = Values(kActive, i, rows, tangents);
      std::copy_n(tz, th.size(), th.begin());
      MultiplyBySlope<T>(activation_, Kept(kSum, i, rows, workspace), Kept(kActive, i, rows, workspace), th);
      if (workspace.training) MultiplyBy<T>(Kept(kMask, i, rows, workspace), th);
      x = {rows, OutputOf(i, workspace)};
    }
  }

  void AddHessianProduct(absl::Span<const T> parameters, absl::Span<const T> direction, const FeatureRows<T>& features,
                         T* derivatives, T* derivative_changes, const Workspace<T>& workspace, Workspace<T>* tangents,
                         absl::Span<T> product) const override {
    const int64_t rows = features.count;
    const T* dy = derivatives;
    const T* tdy = derivative_changes;
    for (size_t i = hidden_layers(); i > 0; --i) {
      const size_t below = i - 1;
      layers_[i].AddGradient({rows, OutputOf(below, workspace)}, tdy, product);
      layers_[i].WithoutBias().AddGradient({rows, Data(kActive, below, tangents)}, dy, product);
      const absl::Span<T> dh = Derivatives(i % 2, below, rows, tangents);
      const absl::Span<T> tdh = Derivatives(2 + i % 2, below, rows, tangents);
      layers_[i].BackwardInputs(parameters, rows, dy, dh.data());
      layers_[i].BackwardInputs(parameters, rows, tdy, tdh.data());
      layers_[i].AddBackwardInputs(direction, rows, dy, tdh.data());
      if (workspace.training) {
        MultiplyBy<T>(Kept(kMask, below, rows, workspace), dh);
        MultiplyBy<T>(Kept(kMask, below, rows, workspace), tdh);
      }
      // By z: f' dh, whose change is f'' tz dh + f' tdh.
      const absl::Span<const T> z = Kept(kSum, below, rows, workspace);
      const absl::Span<const T> h = Kept(kActive, below, rows, workspace);
      const absl::Span<T> bend = Derivatives(4, below, rows, tangents);
      std::copy(dh.begin(), dh.end(), bend.begin());
      MultiplyBy<T>(Values(kSum, below, rows, tangents), bend);
      MultiplyByCurvature<T>(activation_, z, h, bend);
      MultiplyBySlope<T>(activation_, z, h, dh);
      MultiplyBySlope<T>(activation_, z, h, tdh);
      for (size_t k = 0; k < tdh.size(); ++k) tdh[k] += bend[k];
      if (!norms_.empty()) {
        norms_[below].BackwardTangent(parameters, direction, rows, Kept(kNormal, below, rows, workspace).data(),
                                      InverseOf(below, workspace), Data(kNormal, below, tangents),
                                      Data(kInverse, below, tangents), dh.data(), tdh.data(), product);
      }
      dy = dh.data();
      tdy = tdh.data();
    }
    layers_[0].AddGradient(features, tdy, product);
  }

 private:
  // What is kept of a hidden layer. Of the normalisation: the normalised sums and, one a row, the factor.
  enum Keeping : size_t { kSum, kActive, kNormal, kInverse, kMask, kDropped, kKept };

  size_t hidden_layers() const { return layers_.size() - 1; }

  Workspace<T> MakeBuffers(int64_t max_rows, bool with_dropped, int derivatives) const {
    Workspace<T> workspace;
    for (size_t i = 0; i < hidden_layers(); ++i) {
      const int64_t values = max_rows * layers_[i].outputs();
      const int64_t normal = norms_.empty() ? 0 : values;
      const int64_t dropped = with_dropped ? values : 0;
      for (const int64_t size : {values, values, normal, norms_.empty() ? 0 : max_rows, dropped, dropped}) {
        workspace.buffers.emplace_back(static_cast<size_t>(size));
      }
    }
    for (int i = 0; i < derivatives; ++i) {
      workspace.buffers.emplace_back(static_cast<size_t>(max_rows * widest_hidden_));
    }
    return workspace;
  }

  // Pointers and spans into a workspace.
  static T* Data(Keeping kept, size_t layer, Workspace<T>* workspace) {
    return workspace->buffers[layer * kKept + kept].data();
  }
  size_t SizeOf(size_t layer, int64_t rows) const { return static_cast<size_t>(rows * layers_[layer].outputs()); }
  absl::Span<T> Values(Keeping kept, size_t layer, int64_t rows, Workspace<T>* workspace) const {
    return absl::MakeSpan(workspace->buffers[layer * kKept + kept]).first(SizeOf(layer, rows));
  }
  absl::Span<const T> Kept(Keeping kept, size_t layer, int64_t rows, const Workspace<T>& workspace) const {
    return absl::MakeConstSpan(workspace.buffers[layer * kKept + kept]).first(SizeOf(layer, rows));
  }
  static const T* InverseOf(size_t layer, const Workspace<T>& workspace) {
    return workspace.buffers[layer * kKept + kInverse].data();
  }
  static const T* OutputOf(size_t layer, const Workspace<T>& workspace) {
    return workspace.buffers[layer * kKept + (workspace.training ? kDropped : kActive)].data();
  }
  absl::Span<T> Derivatives(size_t which, size_t layer, int64_t rows, Workspace<T>* workspace) const {
    return absl::MakeSpan(workspace->buffers[hidden_layers() * kKept + which]).first(SizeOf(layer, rows));
  }

  // 0 for a unit that is dropped, 1/(1-dropout) for one that stays. The draw of a unit is keyed by (seed, step, row of
  // the batch, number of the unit in the model); a word of random bits serves two units.
  void DrawMask(const Pass& pass, int64_t first_unit, int64_t units, absl::Span<T> mask) const {
    const RandomStream random(pass.seed, "dropout", static_cast<uint64_t>(pass.step));
    const auto threshold = static_cast<uint64_t>(dropout_ * 4294967296.0);  // 2^32
    const T factor = static_cast<T>(1 / (1 - dropout_));
    T* out = mask.data();
    for (int64_t row = pass.first_row; out != mask.data() + mask.size(); ++row) {
      const auto first = static_cast<uint64_t>(row * hidden_units_ + first_unit);
      uint64_t word = random.Bits(first / 2);
      for (uint64_t draw = first; draw < first + static_cast<uint64_t>(units); ++draw, ++out) {
        if (draw % 2 == 0) word = random.Bits(draw / 2);
        *out = (draw % 2 == 0 ? word & 0xffffffff : word >> 32) < threshold ? T{0} : factor;
      }
    }
  }

  const Activation activation_;
  const double dropout_;
  int64_t widest_hidden_ = 0;
  int64_t hidden_units_ = 0;  // in all layers
  ParameterLayout layout_;
  std::vector<AffineLayer<T>> layers_;  // the last is linear
  std::vector<LayerNorm<T>> norms_;     // one a hidden layer, or none
};

template <typename T>
std::unique_ptr<Model<T>> Make(const Config& config, const ModelInput& input) {
  return std::make_unique<Mlp<T>>(config, input);
}

double Gain(const Config& config) { return GainOf(static_cast<Activation>(config.choice("activation"))); }

absl::string_view KinkedField(const Config& config) {
  return HasKinks(static_cast<Activation>(config.choice("activation"))) ? "activation" : "";
}

}  // namespace

const constinit ModelInfo kMlpModel = {
    .kind = {.name = "mlp",
             .summary = "A multi-layer perceptron; what it predicts follows the loss.",
             .formula =
                 "h_0 = x; h_i = activation(z_i), z_i = W_i h_(i-1) + b_i; output = W h + b of the last layer; tensors "
                 "layers.I.weight [out, in], layers.I.bias [out], I from 0. With layer_norm, z_i becomes "
                 "scale*(z_i - mean)/sqrt(variance + 1e-5) + shift over the units, tensors layers.I.norm.scale "
                 "and layers.I.norm.shift; with dropout p a training step multiplies each unit by 0 or 1/(1-p)",
             .reference = "Rumelhart, Hinton and Williams, \"Learning representations by back-propagating errors\", "
                          "Nature 323, 1986; Ba, Kiros and Hinton, \"Layer normalization\", 2016; Srivastava, Hinton, "
                          "Krizhevsky, Sutskever and Salakhutdinov, \"Dropout\", Journal of Machine Learning Research "
                          "15, 2014",
             .fields = kFields},
    .losses = kFittingLosses,
    .default_initializer = "kaiming",
    .make_double = Make<double>,
    .make_float = Make<float>,
    .gain = Gain,
    .kinked_field = KinkedField};

}  // namespace descent::core
