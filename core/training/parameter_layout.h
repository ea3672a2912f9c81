// Tensors and their places in a flat parameter vector. Frozen when a job is created.
#ifndef DESCENT_CORE_TRAINING_PARAMETER_LAYOUT_H_
#define DESCENT_CORE_TRAINING_PARAMETER_LAYOUT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace descent::core {

// What a tensor is to its layer: initialisers and penalties treat biases and scales (of normalised values) apart.
enum class TensorRole { kWeight, kBias, kVariable, kScale };

struct TensorInfo {
  std::string name;            // `layers.0.weight`
  std::vector<int64_t> shape;  // outermost first; empty for a scalar; values are row-major
  int64_t offset = 0;          // of its first value in the vector
  TensorRole role = TensorRole::kWeight;
  std::vector<std::string> labels;  // along the last axis, where they mean something

  int64_t size() const {
    int64_t product = 1;
    for (const int64_t extent : shape) product *= extent;
    return product;
  }
};

struct ParameterLayout {
  std::vector<TensorInfo> tensors;  // in the order of the vector, without holes
  int64_t size = 0;                 // values in all

  void Add(std::string name, std::vector<int64_t> shape, TensorRole role, std::vector<std::string> labels = {}) {
    TensorInfo tensor{std::move(name), std::move(shape), size, role, std::move(labels)};
    size += tensor.size();
    tensors.push_back(std::move(tensor));
  }
};

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_PARAMETER_LAYOUT_H_
