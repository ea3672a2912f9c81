#include "core/training/row_pass.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/eigen.h"
#include "core/base/random.h"
#include "core/losses/kinds.h"
#include "core/models/kinds.h"

namespace descent::core {
namespace {

constexpr int64_t kRows = 3000;
constexpr int64_t kColumns = 5;
constexpr Pass kTraining = {.training = true, .seed = 4, .step = 17};

template <typename T>
AlignedVector<T> Normals(absl::string_view purpose, int64_t count, double scale = 1) {
  const RandomStream draws(2, purpose);
  AlignedVector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(scale * draws.Normal(i));
  return values;
}

// A network with everything that a pass can have, on rows of three classes.
template <typename T>
class Problem {
 public:
  Problem() {
    FixEigenCacheSizes();
    Config config(&kMlpModel.kind);
    config.SetIntegers("hidden_sizes", {9, 6});
    config.SetChoice("activation", "gelu");
    config.SetBoolean("layer_norm", true);
    config.SetNumber("dropout", 0.2);
    ModelInput input;
    input.output_width = 3;
    input.features = kColumns;
    model_ = MakeModel<T>(config, input);
    matrix_.rows = kRows;
    matrix_.columns = kColumns;
    matrix_.values = Normals<T>("values", kRows * kColumns);
    for (int64_t i = 0; i < kRows; ++i) {
      matrix_.targets.push_back(static_cast<T>(i * i % 3));
      if (i % 2 == 0) picked_.push_back(kRows - 1 - i);
    }
    parameters_ = Normals<T>("parameters", model_->layout().size, 0.5);
    direction_ = Normals<T>("direction", model_->layout().size);
  }

  // Gradient at parameters + shift * direction.
  AlignedVector<T> Gradient(int threads, bool some, double shift = 0) {
    Team team(threads);
    RowPass<T> pass(model_.get(), loss_.get(),
                    {.max_rows = kRows, .picked_columns = kColumns, .picks_targets = true, .gradients = true}, &team);
    AlignedVector<T> at = parameters_;
    for (size_t i = 0; i < at.size(); ++i) at[i] += static_cast<T>(shift) * direction_[i];
    AlignedVector<T> gradient(at.size());
    pass.SumGradients(kTraining, at, matrix_, Picked(some), absl::MakeSpan(gradient));
    return gradient;
  }

  AlignedVector<T> HessianProduct(int threads, bool some) {
    Team team(threads);
    RowPass<T> pass(model_.get(), loss_.get(),
                    {.max_rows = kRows, .picked_columns = kColumns, .picks_targets = true, .hessians = true}, &team);
    AlignedVector<T> product(parameters_.size());
    pass.SumHessianProducts(kTraining, parameters_, direction_, matrix_, Picked(some), absl::MakeSpan(product));
    return product;
  }

 private:
  absl::Span<const int64_t> Picked(bool some) const {
    return some ? absl::MakeConstSpan(picked_) : absl::Span<const int64_t>();
  }

  std::unique_ptr<Model<T>> model_;
  const std::unique_ptr<Loss<T>> loss_ = MakeLoss<T>(Config(&kCrossEntropyLoss.kind));
  Matrix<T> matrix_;
  std::vector<int64_t> picked_;
  AlignedVector<T> parameters_;
  AlignedVector<T> direction_;
};

TEST(RowPassTest, SameBitsForAnyNumberOfThreads) {
  Problem<double> exact;
  Problem<float> rough;
  for (const bool some : {false, true}) {
    const auto gradient = exact.Gradient(1, some);
    const auto product = exact.HessianProduct(1, some);
    const auto rough_gradient = rough.Gradient(1, some);
    const auto rough_product = rough.HessianProduct(1, some);
    for (const int threads : {2, 3, 7}) {
      EXPECT_EQ(exact.Gradient(threads, some), gradient) << threads;
      EXPECT_EQ(exact.HessianProduct(threads, some), product) << threads;
      EXPECT_EQ(rough.Gradient(threads, some), rough_gradient) << threads;
      EXPECT_EQ(rough.HessianProduct(threads, some), rough_product) << threads;
    }
    double scale = 0;
    for (const double value : product) scale = std::max(scale, std::abs(value));
    for (size_t i = 0; i < product.size(); ++i) EXPECT_NEAR(rough_product[i], product[i], 2e-4 * scale);
  }
}

TEST(RowPassTest, HessianProductsAgreeWithDifferencesOfGradients) {
  Problem<double> problem;
  for (const bool some : {false, true}) {
    const AlignedVector<double> product = problem.HessianProduct(3, some);
    const double h = 1e-4;
    const auto back2 = problem.Gradient(2, some, -2 * h), back = problem.Gradient(2, some, -h);
    const auto forth = problem.Gradient(2, some, h), forth2 = problem.Gradient(2, some, 2 * h);
    double scale = 0;
    for (const double value : product) scale = std::max(scale, std::abs(value));
    for (size_t i = 0; i < product.size(); ++i) {
      EXPECT_NEAR(product[i], (back2[i] - 8 * back[i] + 8 * forth[i] - forth2[i]) / (12 * h), 1e-9 * scale) << i;
    }
  }
}

}  // namespace
}  // namespace descent::core
