// The tensors of a parameter vector, for optimizers that treat each by itself.
#ifndef DESCENT_CORE_OPTIMIZERS_TENSOR_PLACES_H_
#define DESCENT_CORE_OPTIMIZERS_TENSOR_PLACES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/training/parameter_layout.h"

namespace descent::core {

struct TensorPlace {
  size_t offset = 0;
  size_t size = 0;
  int64_t rows = 0;  // of a tensor with two axes, otherwise 0
  int64_t columns = 0;
};

inline std::vector<TensorPlace> TensorPlaces(const ParameterLayout& layout) {
  std::vector<TensorPlace> places;
  for (const TensorInfo& tensor : layout.tensors) {
    TensorPlace place{.offset = static_cast<size_t>(tensor.offset), .size = static_cast<size_t>(tensor.size())};
    if (tensor.shape.size() == 2) {
      place.rows = tensor.shape[0];
      place.columns = tensor.shape[1];
    }
    places.push_back(place);
  }
  return places;
}

// Room for any one of them.
inline size_t LargestSize(const std::vector<TensorPlace>& places) {
  size_t largest = 0;
  for (const TensorPlace& place : places) largest = std::max(largest, place.size);
  return largest;
}

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_TENSOR_PLACES_H_
