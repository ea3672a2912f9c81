// Y = X W^T + b, the layer that all models are made of, and the model that is nothing but one such layer.
#ifndef DESCENT_CORE_MODELS_AFFINE_H_
#define DESCENT_CORE_MODELS_AFFINE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/models/model.h"

namespace descent::core {

// Places a weight [outputs, inputs], row-major, and a bias [outputs] in a parameter vector. Which of Eigen's kernels
// runs, and so the order of summation, follows from the shape and the number of rows alone. Large products are packed
// into memory that Eigen takes for the call; nothing else allocates. Call FixEigenCacheSizes() before the first use.
// Thread-safety: immutable.
template <typename T>
class AffineLayer {
 public:
  // `bias_offset` < 0: no bias.
  AffineLayer(int64_t inputs, int64_t outputs, int64_t weight_offset, int64_t bias_offset)
      : inputs_(inputs), outputs_(outputs), weight_offset_(weight_offset), bias_offset_(bias_offset) {}

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return outputs_; }

  // y [rows, outputs] = x [rows, inputs] W^T + b.
  void Forward(absl::Span<const T> parameters, int64_t rows, const T* x, T* y) const;
  // gradient.W += dy^T x; gradient.b += sum of dy's rows.
  void AddGradient(int64_t rows, const T* x, const T* dy, absl::Span<T> gradient) const;
  // dx [rows, inputs] = dy W.
  void BackwardInputs(absl::Span<const T> parameters, int64_t rows, const T* dy, T* dx) const;

 private:
  int64_t inputs_;
  int64_t outputs_;
  int64_t weight_offset_;
  int64_t bias_offset_;
};

// One affine layer: tensors `weight`, labelled with the features, and `bias` unless config.boolean("bias") is false.
// With `is_scalar` the model has one output and the shapes are [features] and [], else [classes, features] and
// [classes].
template <typename T>
class AffineModel final : public Model<T> {
 public:
  AffineModel(const Config& config, const ModelInput& input, bool is_scalar);

  const ParameterLayout& layout() const override { return layout_; }
  int64_t output_width() const override { return layer_.outputs(); }
  Workspace<T> MakeWorkspace(int64_t /*max_rows*/) const override { return {}; }
  void Forward(absl::Span<const T> parameters, int64_t rows, const T* features, Workspace<T>* /*workspace*/,
               T* outputs) const override {
    layer_.Forward(parameters, rows, features, outputs);
  }
  void Backward(absl::Span<const T> /*parameters*/, int64_t rows, const T* features, T* derivatives,
                Workspace<T>* /*workspace*/, absl::Span<T> gradient) const override {
    layer_.AddGradient(rows, features, derivatives, gradient);
  }

 private:
  ParameterLayout layout_;
  AffineLayer<T> layer_;
};

extern template class AffineLayer<double>;
extern template class AffineLayer<float>;
extern template class AffineModel<double>;
extern template class AffineModel<float>;

}  // namespace descent::core

#endif  // DESCENT_CORE_MODELS_AFFINE_H_
