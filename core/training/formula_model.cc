// A formula as a model of rows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/training/formula_problem.h"

namespace descent::core {
namespace {

// Memory of one thread: the evaluator's block, and the columns of the data, which come as rows.
struct FormulaScratch final : ModelScratch {
  explicit FormulaScratch(const BoundFormula& formula)
      : evaluator(&formula.formula, formula.binding),
        parameters(formula.parameters.size()),
        gradient(formula.parameters.size()),
        direction(formula.parameters.size()),
        seeds(static_cast<size_t>(evaluator.block_rows())),
        seed_changes(seeds.size()) {
    const size_t rows = static_cast<size_t>(evaluator.block_rows());
    data.resize(formula.columns.size() * rows);
    for (size_t i = 0; i < formula.columns.size(); ++i) columns.push_back(data.data() + i * rows);
  }

  Evaluator evaluator;
  std::vector<double> parameters;
  std::vector<double> gradient;
  std::vector<double> direction;
  AlignedVector<double> seeds;
  AlignedVector<double> seed_changes;
  AlignedVector<double> data;
  std::vector<const double*> columns;
};

template <typename T>
class FormulaModel final : public Model<T> {
 public:
  explicit FormulaModel(std::shared_ptr<const BoundFormula> formula) : formula_(std::move(formula)) {}

  const ParameterLayout& layout() const override { return formula_->layout; }
  int64_t output_width() const override { return 1; }
  Workspace<T> MakeWorkspace(int64_t /*max_rows*/) const override {
    Workspace<T> workspace;
    workspace.own = std::make_unique<FormulaScratch>(*formula_);
    return workspace;
  }

  Workspace<T> MakeTangentWorkspace(int64_t max_rows) const override { return MakeWorkspace(max_rows); }

  void Forward(const Pass& /*pass*/, absl::Span<const T> parameters, const FeatureRows<T>& features,
               Workspace<T>* workspace, T* outputs) const override {
    const int64_t rows = features.count;
    FormulaScratch& scratch = static_cast<FormulaScratch&>(*workspace->own);
    std::copy(parameters.begin(), parameters.end(), scratch.parameters.begin());
    scratch.evaluator.SetParameters(scratch.parameters);
    const int64_t block = scratch.evaluator.block_rows();
    for (int64_t first = 0; first < rows; first += block) {
      const int64_t count = std::min(block, rows - first);
      std::copy_n(ForwardBlock(first, count, features.values, &scratch), count, outputs + first);
    }
  }

  void Backward(absl::Span<const T> /*parameters*/, const FeatureRows<T>& features, T* derivatives,
                Workspace<T>* workspace, absl::Span<T> gradient) const override {
    const int64_t rows = features.count;
    FormulaScratch& scratch = static_cast<FormulaScratch&>(*workspace->own);
    std::fill(scratch.gradient.begin(), scratch.gradient.end(), 0.0);
    const int64_t block = scratch.evaluator.block_rows();
    for (int64_t first = 0; first < rows; first += block) {
      const int64_t count = std::min(block, rows - first);
      // Of several blocks only the last one's values are still there.
      if (rows > block) ForwardBlock(first, count, features.values, &scratch);
      std::copy_n(derivatives + first, count, scratch.seeds.begin());
      scratch.evaluator.Backward(count, scratch.seeds.data());
      scratch.evaluator.AddGradient(count, absl::MakeSpan(scratch.gradient));
    }
    for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += static_cast<T>(scratch.gradient[i]);
  }

  bool Jacobian(absl::Span<const T> parameters, const FeatureRows<T>& features, int64_t stride, Workspace<T>* workspace,
                T* outputs, T* jacobian) const override {
    const int64_t rows = features.count;
    FormulaScratch& scratch = static_cast<FormulaScratch&>(*workspace->own);
    std::copy(parameters.begin(), parameters.end(), scratch.parameters.begin());
    scratch.evaluator.SetParameters(scratch.parameters);
    std::fill(scratch.seeds.begin(), scratch.seeds.end(), 1.0);
    const int64_t block = scratch.evaluator.block_rows();
    for (int64_t first = 0; first < rows; first += block) {
      const int64_t count = std::min(block, rows - first);
      std::copy_n(ForwardBlock(first, count, features.values, &scratch), count, outputs + first);
      scratch.evaluator.Backward(count, scratch.seeds.data());
      for (size_t i = 0; i < parameters.size(); ++i) {
        const double* const adjoints = scratch.evaluator.ParameterAdjoints(static_cast<int32_t>(i));
        T* const column = jacobian + static_cast<int64_t>(i) * stride + first;
        if (adjoints == nullptr) {
          std::fill_n(column, count, T{0});
        } else {
          std::copy_n(adjoints, count, column);
        }
      }
    }
    return true;
  }

  void Tangent(absl::Span<const T> parameters, absl::Span<const T> direction, const FeatureRows<T>& features,
               const Workspace<T>& /*workspace*/, Workspace<T>* tangents, T* changes) const override {
    const int64_t rows = features.count;
    FormulaScratch& scratch = Point(parameters, direction, tangents);
    const int64_t block = scratch.evaluator.block_rows();
    for (int64_t first = 0; first < rows; first += block) {
      const int64_t count = std::min(block, rows - first);
      ForwardBlock(first, count, features.values, &scratch);
      std::copy_n(scratch.evaluator.ForwardTangents(count), count, changes + first);
    }
  }

  void AddHessianProduct(absl::Span<const T> parameters, absl::Span<const T> direction, const FeatureRows<T>& features,
                         T* derivatives, T* derivative_changes, const Workspace<T>& /*workspace*/,
                         Workspace<T>* tangents, absl::Span<T> product) const override {
    const int64_t rows = features.count;
    FormulaScratch& scratch = Point(parameters, direction, tangents);
    std::fill(scratch.gradient.begin(), scratch.gradient.end(), 0.0);
    const int64_t block = scratch.evaluator.block_rows();
    for (int64_t first = 0; first < rows; first += block) {
      const int64_t count = std::min(block, rows - first);
      ForwardBlock(first, count, features.values, &scratch);
      scratch.evaluator.ForwardTangents(count);
      std::copy_n(derivatives + first, count, scratch.seeds.begin());
      std::copy_n(derivative_changes + first, count, scratch.seed_changes.begin());
      scratch.evaluator.BackwardTangents(count, scratch.seeds.data(), scratch.seed_changes.data());
      scratch.evaluator.AddHessianProduct(count, absl::MakeSpan(scratch.gradient));
    }
    for (size_t i = 0; i < product.size(); ++i) product[i] += static_cast<T>(scratch.gradient[i]);
  }

 private:
  FormulaScratch& Point(absl::Span<const T> parameters, absl::Span<const T> direction, Workspace<T>* workspace) const {
    FormulaScratch& scratch = static_cast<FormulaScratch&>(*workspace->own);
    std::copy(parameters.begin(), parameters.end(), scratch.parameters.begin());
    scratch.evaluator.SetParameters(scratch.parameters);
    std::copy(direction.begin(), direction.end(), scratch.direction.begin());
    scratch.evaluator.SetDirection(scratch.direction);
    return scratch;
  }

  const double* ForwardBlock(int64_t first, int64_t count, const T* features, FormulaScratch* scratch) const {
    const int64_t width = static_cast<int64_t>(formula_->columns.size());
    const int64_t stride = scratch->evaluator.block_rows();
    for (int64_t column = 0; column < width; ++column) {
      double* const values = scratch->data.data() + column * stride;
      for (int64_t row = 0; row < count; ++row) {
        values[row] = static_cast<double>(features[(first + row) * width + column]);
      }
    }
    return scratch->evaluator.Forward(count, scratch->columns);
  }

  const std::shared_ptr<const BoundFormula> formula_;
};

}  // namespace

template <typename T>
std::unique_ptr<Model<T>> MakeFormulaModel(std::shared_ptr<const BoundFormula> formula) {
  return std::make_unique<FormulaModel<T>>(std::move(formula));
}

template std::unique_ptr<Model<float>> MakeFormulaModel(std::shared_ptr<const BoundFormula> formula);
template std::unique_ptr<Model<double>> MakeFormulaModel(std::shared_ptr<const BoundFormula> formula);

}  // namespace descent::core
