// Y = X W^T + b, the layer that all models are made of, and the model that is nothing but one such layer.
#ifndef DESCENT_CORE_MODELS_AFFINE_H_
#define DESCENT_CORE_MODELS_AFFINE_H_

#include <cstdint>
#include <vector>

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

  // The same weight without the bias.
  AffineLayer WithoutBias() const { return {inputs_, outputs_, weight_offset_, -1}; }

  // y [rows, outputs] = x [rows, inputs] W^T + b.
  void Forward(absl::Span<const T> parameters, const FeatureRows<T>& x, T* y) const;
  // y += x W^T.
  void AddProduct(absl::Span<const T> parameters, int64_t rows, const T* x, T* y) const;
  // gradient.W += dy^T x; gradient.b += sum of dy's rows.
  void AddGradient(const FeatureRows<T>& x, const T* dy, absl::Span<T> gradient) const;
  // dx [rows, inputs] = dy W.
  void BackwardInputs(absl::Span<const T> parameters, int64_t rows, const T* dy, T* dx) const;
  // dx += dy W.
  void AddBackwardInputs(absl::Span<const T> parameters, int64_t rows, const T* dy, T* dx) const;

 private:
  void ForwardSparse(absl::Span<const T> parameters, const FeatureRows<T>& x, T* y) const;
  void AddSparseGradient(const FeatureRows<T>& x, const T* dy, T* weight) const;

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
  Workspace<T> MakeTangentWorkspace(int64_t /*max_rows*/) const override { return {}; }
  void Forward(const Pass& /*pass*/, absl::Span<const T> parameters, const FeatureRows<T>& rows,
               Workspace<T>* /*workspace*/, T* outputs) const override {
    layer_.Forward(parameters, rows, outputs);
  }
  void Backward(absl::Span<const T> /*parameters*/, const FeatureRows<T>& rows, T* derivatives,
                Workspace<T>* /*workspace*/, absl::Span<T> gradient) const override {
    layer_.AddGradient(rows, derivatives, gradient);
  }
  void AddSupport(const FeatureRows<T>& rows, absl::Span<char> marks, std::vector<int64_t>* support) const override;
  bool Jacobian(absl::Span<const T> parameters, const FeatureRows<T>& rows, int64_t stride, Workspace<T>* workspace,
                T* outputs, T* jacobian) const override;
  // The outputs are linear in the parameters: only the loss bends.
  void Tangent(absl::Span<const T> /*parameters*/, absl::Span<const T> direction, const FeatureRows<T>& rows,
               const Workspace<T>& /*workspace*/, Workspace<T>* /*tangents*/, T* changes) const override {
    layer_.Forward(direction, rows, changes);
  }
  void AddHessianProduct(absl::Span<const T> /*parameters*/, absl::Span<const T> /*direction*/,
                         const FeatureRows<T>& rows, T* /*derivatives*/, T* derivative_changes,
                         const Workspace<T>& /*workspace*/, Workspace<T>* /*tangents*/,
                         absl::Span<T> product) const override {
    layer_.AddGradient(rows, derivative_changes, product);
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
