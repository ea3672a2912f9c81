#include "core/training/linearize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/optimizers/ordered_sum.h"

namespace descent::core {
namespace {

constexpr int64_t kMostBlockRows = 256;
constexpr int64_t kLeastBlockRows = 32;
// Numbers in a block, which should stay in a core's cache, and in all lanes' factors together.
constexpr int64_t kBlockNumbers = int64_t{1} << 16;
constexpr int64_t kFactorNumbers = int64_t{1} << 22;
constexpr int64_t kMostLanes = 16;
// A lane has this many times as many rows as its factor, which is folded into the first lane's at the end.
constexpr int64_t kLaneRows = 4;

// A multiple of 8, so that every block starts at a 64-byte boundary.
int64_t BlockRowsFor(int64_t columns) {
  return std::clamp(kBlockNumbers / columns / 8 * 8, kLeastBlockRows, kMostBlockRows);
}

int64_t LanesFor(int64_t rows, int64_t columns) {
  const int64_t most = std::clamp<int64_t>(kFactorNumbers / (columns * columns), 1, kMostLanes);
  return std::clamp<int64_t>(rows / std::max(kLaneRows * columns, BlockRowsFor(columns)), 1, most);
}

}  // namespace

ResidualPass::ResidualPass(Problem problem, Team* team)
    : problem_(std::move(problem)),
      team_(team),
      unknowns_(problem_.model->layout().size),
      block_rows_(BlockRowsFor(unknowns_ + 1)),
      row_factor_(std::sqrt(problem_.curvature / static_cast<double>(problem_.rows))),
      parameters_(static_cast<size_t>(unknowns_)),
      penalty_row_(parameters_.size() + 1) {
  const int64_t lanes = LanesFor(problem_.rows, unknowns_ + 1);
  lanes_.reserve(static_cast<size_t>(lanes));
  for (int64_t i = 0; i < lanes; ++i) {
    Lane& lane = lanes_.emplace_back(parameters_.size());
    lane.workspace = problem_.model->MakeWorkspace(block_rows_);
    lane.features.resize(static_cast<size_t>(block_rows_ * problem_.columns));
    lane.outputs.resize(static_cast<size_t>(block_rows_));
    lane.block.resize(static_cast<size_t>(block_rows_ * (unknowns_ + 1)));
    lane.row.resize(static_cast<size_t>(problem_.columns));
    lane.gradient.resize(parameters_.size());
  }
}

template <typename T>
double ResidualPass::Linearize(absl::Span<const T> parameters, const Matrix<T>& matrix, TriangularFactor* factor) {
  std::copy(parameters.begin(), parameters.end(), parameters_.begin());
  const int64_t blocks = (matrix.rows + block_rows_ - 1) / block_rows_;
  const int64_t lanes = static_cast<int64_t>(lanes_.size());
  team_->Run(lanes, [&](int64_t index) {
    Lane& lane = lanes_[static_cast<size_t>(index)];
    lane.squares = 0;
    if (factor != nullptr) lane.factor.Clear();
    for (int64_t block = blocks * index / lanes; block < blocks * (index + 1) / lanes; ++block) {
      const int64_t first = block * block_rows_;
      const int64_t count = std::min(block_rows_, matrix.rows - first);
      CopyRows(matrix, first, count, &lane);
      factor == nullptr ? Forward(count, &lane) : ForwardWithJacobian(count, &lane);
      double* const residuals = lane.block.data() + unknowns_ * block_rows_;
      for (int64_t i = 0; i < count; ++i) {
        residuals[i] =
            lane.outputs[static_cast<size_t>(i)] - static_cast<double>(matrix.targets[static_cast<size_t>(first + i)]);
      }
      if (!matrix.weights.empty()) Weigh(matrix, first, count, /*with_jacobian=*/factor != nullptr, &lane);
      lane.squares +=
          OrderedSum(static_cast<size_t>(count), [residuals](size_t i) { return residuals[i] * residuals[i]; });
      if (factor != nullptr) {
        lane.factor.Fold(static_cast<size_t>(count), static_cast<size_t>(block_rows_), false, lane.block.data());
      }
    }
  });
  double squares = 0;
  for (const Lane& lane : lanes_) squares += lane.squares;
  double penalties = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) penalties += problem_.strengths[i] * parameters_[i] * parameters_[i];
  if (factor != nullptr) {
    *factor = lanes_[0].factor;
    for (size_t i = 1; i < lanes_.size(); ++i) factor->Fold(&lanes_[i].factor);
    factor->Scale(row_factor_);
    FoldPenalties(factor);
  }
  return (row_factor_ * row_factor_ * squares + penalties) / 2;
}

template <typename T>
void ResidualPass::CopyRows(const Matrix<T>& matrix, int64_t first, int64_t count, Lane* lane) const {
  const FeatureRows<T> rows = matrix.Rows(first, count);
  double* const features = lane->features.data();
  if (!rows.is_sparse()) {
    std::copy_n(rows.values, count * matrix.columns, features);
    return;
  }
  std::fill_n(features, count * matrix.columns, 0.0);
  for (int64_t row = 0; row < count; ++row) {
    rows.ForEachIn(row, matrix.columns,
                   [&](int64_t column, T x) { features[row * matrix.columns + column] = static_cast<double>(x); });
  }
}

template <typename T>
void ResidualPass::Weigh(const Matrix<T>& matrix, int64_t first, int64_t count, bool with_jacobian, Lane* lane) const {
  for (int64_t column = with_jacobian ? 0 : unknowns_; column <= unknowns_; ++column) {
    double* const values = lane->block.data() + column * block_rows_;
    for (int64_t i = 0; i < count; ++i) values[i] *= std::sqrt(matrix.WeightOf(static_cast<size_t>(first + i)));
  }
}

void ResidualPass::Forward(int64_t count, Lane* lane) const {
  problem_.model->Forward(Pass{}, parameters_, {count, lane->features.data()}, &lane->workspace, lane->outputs.data());
}

void ResidualPass::ForwardWithJacobian(int64_t count, Lane* lane) const {
  if (problem_.model->Jacobian(parameters_, {count, lane->features.data()}, block_rows_, &lane->workspace,
                               lane->outputs.data(), lane->block.data())) {
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    std::copy_n(lane->features.data() + i * problem_.columns, problem_.columns, lane->row.data());
    problem_.model->Forward(Pass{}, parameters_, {1, lane->row.data()}, &lane->workspace, &lane->outputs[i]);
    std::fill(lane->gradient.begin(), lane->gradient.end(), 0.0);
    double seed = 1;
    problem_.model->Backward(parameters_, {1, lane->row.data()}, &seed, &lane->workspace,
                             absl::MakeSpan(lane->gradient));
    for (int64_t j = 0; j < unknowns_; ++j) {
      lane->block[static_cast<size_t>(j * block_rows_ + i)] = lane->gradient[static_cast<size_t>(j)];
    }
  }
}

// A penalty is the square of one more residual, sqrt(strength)*w.
void ResidualPass::FoldPenalties(TriangularFactor* factor) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (problem_.strengths[i] == 0) continue;
    const double root = std::sqrt(problem_.strengths[i]);
    std::fill(penalty_row_.begin(), penalty_row_.end(), 0.0);
    penalty_row_[i] = root;
    penalty_row_.back() = root * parameters_[i];
    factor->Fold(1, 1, /*staggered=*/false, penalty_row_.data());
  }
}

template double ResidualPass::Linearize(absl::Span<const float>, const Matrix<float>&, TriangularFactor*);
template double ResidualPass::Linearize(absl::Span<const double>, const Matrix<double>&, TriangularFactor*);

}  // namespace descent::core
