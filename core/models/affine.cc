#include "core/models/affine.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/eigen.h"

namespace descent::core {

// Of each row the products of what it stores are summed from left to right.
template <typename T>
void AffineLayer<T>::ForwardSparse(absl::Span<const T> parameters, const FeatureRows<T>& x, T* y) const {
  for (int64_t row = 0; row < x.count; ++row) {
    const auto stored = x.StoredOf(row);
    for (int64_t k = 0; k < outputs_; ++k) {
      const T* const weight = parameters.data() + weight_offset_ + k * inputs_;
      T sum = 0;
      for (int64_t i = 0; i < stored.count; ++i) sum += stored.values[i] * weight[stored.indices[i]];
      y[row * outputs_ + k] = sum;
    }
  }
}

template <typename T>
void AffineLayer<T>::Forward(absl::Span<const T> parameters, const FeatureRows<T>& x, T* y) const {
  const int64_t rows = x.count;
  const T* weight = parameters.data() + weight_offset_;
  const ConstMatrixView<T> inputs(x.values, x.is_sparse() ? 0 : rows, inputs_);
  if (x.is_sparse()) {
    ForwardSparse(parameters, x, y);
  } else if (outputs_ == 1) {
    VectorView<T>(y, rows).noalias() = inputs * ConstVectorView<T>(weight, inputs_);
  } else {
    MatrixView<T>(y, rows, outputs_).noalias() = inputs * ConstMatrixView<T>(weight, outputs_, inputs_).transpose();
  }
  if (bias_offset_ < 0) return;
  const T* bias = parameters.data() + bias_offset_;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t k = 0; k < outputs_; ++k) y[row * outputs_ + k] += bias[k];
  }
}

template <typename T>
void AffineLayer<T>::AddProduct(absl::Span<const T> parameters, int64_t rows, const T* x, T* y) const {
  const T* weight = parameters.data() + weight_offset_;
  MatrixView<T>(y, rows, outputs_).noalias() +=
      ConstMatrixView<T>(x, rows, inputs_) * ConstMatrixView<T>(weight, outputs_, inputs_).transpose();
}

template <typename T>
void AffineLayer<T>::AddSparseGradient(const FeatureRows<T>& x, const T* dy, T* weight) const {
  for (int64_t row = 0; row < x.count; ++row) {
    const auto stored = x.StoredOf(row);
    for (int64_t k = 0; k < outputs_; ++k) {
      const T slope = dy[row * outputs_ + k];
      T* const to = weight + k * inputs_;
      for (int64_t i = 0; i < stored.count; ++i) to[stored.indices[i]] += slope * stored.values[i];
    }
  }
}

template <typename T>
void AffineLayer<T>::AddGradient(const FeatureRows<T>& x, const T* dy, absl::Span<T> gradient) const {
  const int64_t rows = x.count;
  T* weight = gradient.data() + weight_offset_;
  const ConstMatrixView<T> inputs(x.values, x.is_sparse() ? 0 : rows, inputs_);
  if (x.is_sparse()) {
    AddSparseGradient(x, dy, weight);
  } else if (outputs_ == 1) {
    VectorView<T>(weight, inputs_).noalias() += inputs.transpose() * ConstVectorView<T>(dy, rows);
  } else {
    MatrixView<T>(weight, outputs_, inputs_).noalias() += ConstMatrixView<T>(dy, rows, outputs_).transpose() * inputs;
  }
  if (bias_offset_ < 0) return;
  T* bias = gradient.data() + bias_offset_;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t k = 0; k < outputs_; ++k) bias[k] += dy[row * outputs_ + k];
  }
}

template <typename T>
void AffineLayer<T>::BackwardInputs(absl::Span<const T> parameters, int64_t rows, const T* dy, T* dx) const {
  const T* weight = parameters.data() + weight_offset_;
  MatrixView<T>(dx, rows, inputs_).noalias() =
      ConstMatrixView<T>(dy, rows, outputs_) * ConstMatrixView<T>(weight, outputs_, inputs_);
}

template <typename T>
void AffineLayer<T>::AddBackwardInputs(absl::Span<const T> parameters, int64_t rows, const T* dy, T* dx) const {
  const T* weight = parameters.data() + weight_offset_;
  MatrixView<T>(dx, rows, inputs_).noalias() +=
      ConstMatrixView<T>(dy, rows, outputs_) * ConstMatrixView<T>(weight, outputs_, inputs_);
}

namespace {

ParameterLayout MakeLayout(const Config& config, const ModelInput& input, bool is_scalar) {
  std::vector<int64_t> bias_shape;
  if (!is_scalar) bias_shape.push_back(input.output_width);
  std::vector<int64_t> weight_shape = bias_shape;
  weight_shape.push_back(input.features);
  ParameterLayout layout;
  layout.Add("weight", std::move(weight_shape), TensorRole::kWeight, input.feature_names);
  if (config.boolean("bias")) layout.Add("bias", std::move(bias_shape), TensorRole::kBias);
  return layout;
}

}  // namespace

template <typename T>
AffineModel<T>::AffineModel(const Config& config, const ModelInput& input, bool is_scalar)
    : layout_(MakeLayout(config, input, is_scalar)),
      layer_(input.features, is_scalar ? 1 : input.output_width, 0,
             layout_.tensors.size() > 1 ? layout_.tensors[1].offset : -1) {}

template <typename T>
void AffineModel<T>::AddSupport(const FeatureRows<T>& rows, absl::Span<char> marks,
                                std::vector<int64_t>* support) const {
  const auto add = [&](int64_t parameter) {
    char& mark = marks[static_cast<size_t>(parameter)];
    if (mark != 0) return;
    mark = 1;
    support->push_back(parameter);
  };
  const int64_t weights = layer_.inputs() * layer_.outputs();
  for (int64_t parameter = weights; parameter < layout_.size; ++parameter) add(parameter);
  for (int64_t row = 0; row < rows.count; ++row) {
    const auto stored = rows.StoredOf(row);
    for (int64_t i = 0; i < stored.count; ++i) {
      for (int64_t first = 0; first < weights; first += layer_.inputs()) add(first + stored.indices[i]);
    }
  }
}

template <typename T>
bool AffineModel<T>::Jacobian(absl::Span<const T> parameters, const FeatureRows<T>& rows, int64_t stride,
                              Workspace<T>* /*workspace*/, T* outputs, T* jacobian) const {
  if (layer_.outputs() != 1) return false;
  layer_.Forward(parameters, rows, outputs);
  const int64_t inputs = layer_.inputs();
  for (int64_t j = 0; j < inputs; ++j) {
    for (int64_t row = 0; row < rows.count; ++row) jacobian[j * stride + row] = rows.values[row * inputs + j];
  }
  if (layout_.size > inputs) std::fill_n(jacobian + inputs * stride, rows.count, T{1});
  return true;
}

template class AffineLayer<double>;
template class AffineLayer<float>;
template class AffineModel<double>;
template class AffineModel<float>;

}  // namespace descent::core
