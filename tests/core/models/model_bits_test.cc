// The same bits wherever buffers lie, and whatever caches Eigen believed in before they were fixed.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/eigen.h"
#include "core/base/random.h"
#include "core/models/kinds.h"
#include "core/models/model.h"

namespace descent::core {
namespace {

struct Shape {
  const ModelInfo* model;
  int64_t features;
  int64_t width;
  int64_t rows;
};

std::vector<Shape> Shapes() {
  return {{&kLinearModel, 30, 1, 569},  {&kLinearModel, 7, 1, 1},   {&kLogisticModel, 13, 1, 100},
          {&kSoftmaxModel, 64, 10, 50}, {&kSoftmaxModel, 5, 3, 2},  {&kSoftmaxModel, 1000, 40, 200},
          {&kMlpModel, 33, 1, 1},       {&kMlpModel, 100, 10, 128}, {&kMlpModel, 3, 2, 17}};
}

// `count` values that start `shift` * 64 bytes into their memory.
template <typename T>
class Shifted {
 public:
  Shifted(absl::string_view purpose, int64_t count, int shift)
      : first_(static_cast<size_t>(shift) * kAlignment / sizeof(T)), values_(first_ + static_cast<size_t>(count)) {
    const RandomStream draws(3, purpose);
    for (size_t i = first_; i < values_.size(); ++i) values_[i] = static_cast<T>(draws.Normal(i - first_));
  }
  T* data() { return values_.data() + first_; }
  absl::Span<T> span() { return absl::MakeSpan(values_).subspan(first_); }

 private:
  size_t first_;
  AlignedVector<T> values_;
};

// Outputs and gradient as bytes.
template <typename T>
std::string Bits(const Shape& shape, int shift) {
  ModelInput input;
  input.features = shape.features;
  input.output_width = shape.width;
  Config config(&shape.model->kind);
  if (shape.model == &kMlpModel) config.SetIntegers("hidden_sizes", {129, 31});
  const std::unique_ptr<Model<T>> model = MakeModel<T>(config, input);
  Shifted<T> parameters("parameters", model->layout().size, shift);
  Shifted<T> gradient("gradient", model->layout().size, 2 * shift);
  Shifted<T> features("features", shape.rows * shape.features, 3 * shift);
  Shifted<T> outputs("outputs", shape.rows * shape.width, shift + 1);
  Workspace<T> workspace = model->MakeWorkspace(shape.rows);
  model->Forward(Pass{}, parameters.span(), {shape.rows, features.data()}, &workspace, outputs.data());
  std::string bits(reinterpret_cast<const char*>(outputs.data()), outputs.span().size() * sizeof(T));
  model->Backward(parameters.span(), {shape.rows, features.data()}, outputs.data(), &workspace, gradient.span());
  bits.append(reinterpret_cast<const char*>(gradient.data()), gradient.span().size() * sizeof(T));
  return bits;
}

TEST(ModelBitsTest, DoNotDependOnWhereBuffersLie) {
  FixEigenCacheSizes();
  for (const Shape& shape : Shapes()) {
    const std::string in_double = Bits<double>(shape, 0);
    const std::string in_float = Bits<float>(shape, 0);
    for (int shift = 1; shift <= 5; ++shift) {
      EXPECT_EQ(Bits<double>(shape, shift) == in_double, true) << shape.model->kind.name << " " << shape.rows;
      EXPECT_EQ(Bits<float>(shape, shift) == in_float, true) << shape.model->kind.name << " " << shape.rows;
    }
  }
}

TEST(ModelBitsTest, DoNotDependOnDetectedCaches) {
  FixEigenCacheSizes();
  std::vector<std::string> expected;
  for (const Shape& shape : Shapes()) expected.push_back(Bits<double>(shape, 0));
  int changed = 0;
  for (const int64_t level1 : {4 << 10, 16 << 10, 64 << 10}) {
    // As if they had been detected on another machine.
    Eigen::setCpuCacheSizes(level1, 8 * level1, 100 * level1);
    for (size_t i = 0; i < Shapes().size(); ++i) changed += Bits<double>(Shapes()[i], 0) != expected[i];
    FixEigenCacheSizes();
    for (size_t i = 0; i < Shapes().size(); ++i) {
      EXPECT_EQ(Bits<double>(Shapes()[i], 0) == expected[i], true) << Shapes()[i].model->kind.name;
    }
  }
  EXPECT_GT(changed, 0) << "no shape here is large enough to show what fixing the sizes is for";
}

}  // namespace
}  // namespace descent::core
