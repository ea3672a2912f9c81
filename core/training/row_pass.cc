#include "core/training/row_pass.h"

#include <algorithm>
#include <cstdint>

namespace descent::core {
namespace {

// Values of all lanes' gradients together: larger models get fewer lanes.
constexpr int64_t kMostLaneValues = int64_t{1} << 26;

}  // namespace

template <typename T>
RowPass<T>::RowPass(const Model<T>* model, const Loss<T>* loss, const Capacity& capacity, Team* team)
    : model_(model),
      loss_(loss),
      team_(team),
      width_(model->output_width()),
      most_lanes_(std::clamp<int64_t>(kMostLaneValues / std::max<int64_t>(1, model->layout().size), 1, kMaxLanes)) {
  const int64_t chunk_rows = std::min(kChunkRows, capacity.max_rows);
  lanes_.resize(static_cast<size_t>(LanesFor(capacity.max_rows)));
  for (Lane& lane : lanes_) {
    lane.workspace = model->MakeWorkspace(chunk_rows);
    lane.outputs.resize(static_cast<size_t>(chunk_rows * width_));
    if (capacity.picked_columns > 0) {
      lane.features.resize(static_cast<size_t>(chunk_rows * capacity.picked_columns));
      lane.targets.resize(static_cast<size_t>(chunk_rows));
    }
    if (&lane != lanes_.data() && (capacity.gradients || capacity.hessians)) {
      lane.gradient.resize(static_cast<size_t>(model->layout().size));
    }
    if (!capacity.hessians) continue;
    lane.tangents = model->MakeTangentWorkspace(chunk_rows);
    lane.changes.resize(lane.outputs.size());
    lane.derivatives.resize(lane.outputs.size());
  }
}

template <typename T>
int64_t RowPass<T>::LanesFor(int64_t rows) const {
  return std::clamp<int64_t>((rows + kChunkRows - 1) / kChunkRows, 1, most_lanes_);
}

template <typename T>
void RowPass<T>::RunLanes(int64_t rows, absl::FunctionRef<void(Lane*, int64_t, int64_t)> work) {
  const int64_t chunks = (rows + kChunkRows - 1) / kChunkRows;
  const int64_t lanes = LanesFor(rows);
  team_->Run(lanes, [&](int64_t lane) {
    const int64_t begin = chunks * lane / lanes * kChunkRows;
    const int64_t end = std::min(rows, chunks * (lane + 1) / lanes * kChunkRows);
    lanes_[static_cast<size_t>(lane)].loss = 0;
    work(&lanes_[static_cast<size_t>(lane)], begin, end);
  });
}

template <typename T>
void RowPass<T>::SumLanes(int64_t rows, absl::Span<T> sum,
                          absl::FunctionRef<void(Lane*, int64_t, int64_t, absl::Span<T>)> work) {
  RunLanes(rows, [&](Lane* lane, int64_t begin, int64_t end) {
    const absl::Span<T> own = lane == lanes_.data() ? sum : absl::MakeSpan(lane->gradient);
    std::fill(own.begin(), own.end(), T{0});
    work(lane, begin, end, own);
  });
  for (int64_t lane = 1; lane < LanesFor(rows); ++lane) {
    const T* const own = lanes_[static_cast<size_t>(lane)].gradient.data();
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += own[i];
  }
}

template <typename T>
double RowPass<T>::SumGradients(const Pass& pass, absl::Span<const T> parameters, const Matrix<T>& matrix,
                                absl::Span<const int64_t> picked, absl::Span<T> gradient) {
  const int64_t rows = picked.empty() ? matrix.rows : static_cast<int64_t>(picked.size());
  SumLanes(rows, gradient, [&](Lane* lane, int64_t begin, int64_t end, absl::Span<T> sum) {
    T* const outputs = lane->outputs.data();
    Pass own = pass;
    for (int64_t first = begin; first < end; first += kChunkRows) {
      const int64_t count = std::min(kChunkRows, end - first);
      const Chunk chunk = ChunkAt(matrix, picked, first, count, lane);
      own.first_row = first;
      model_->Forward(own, parameters, count, chunk.features, &lane->workspace, outputs);
      lane->loss += loss_->Evaluate(count, width_, outputs, chunk.targets, /*derivatives=*/outputs);
      model_->Backward(parameters, count, chunk.features, outputs, &lane->workspace, sum);
    }
  });
  return SumOfLaneLosses(rows);
}

template <typename T>
void RowPass<T>::SumHessianProducts(const Pass& pass, absl::Span<const T> parameters, absl::Span<const T> direction,
                                    const Matrix<T>& matrix, absl::Span<const int64_t> picked, absl::Span<T> product) {
  const int64_t rows = picked.empty() ? matrix.rows : static_cast<int64_t>(picked.size());
  SumLanes(rows, product, [&](Lane* lane, int64_t begin, int64_t end, absl::Span<T> sum) {
    T* const outputs = lane->outputs.data();
    T* const changes = lane->changes.data();
    T* const derivatives = lane->derivatives.data();
    Pass own = pass;
    for (int64_t first = begin; first < end; first += kChunkRows) {
      const int64_t count = std::min(kChunkRows, end - first);
      const Chunk chunk = ChunkAt(matrix, picked, first, count, lane);
      own.first_row = first;
      model_->Forward(own, parameters, count, chunk.features, &lane->workspace, outputs);
      model_->Tangent(parameters, direction, count, chunk.features, lane->workspace, &lane->tangents, changes);
      loss_->Evaluate(count, width_, outputs, chunk.targets, derivatives);
      loss_->MultiplyByHessian(count, width_, outputs, chunk.targets, changes, /*products=*/changes);
      model_->AddHessianProduct(parameters, direction, count, chunk.features, derivatives, changes, lane->workspace,
                                &lane->tangents, sum);
    }
  });
}

template <typename T>
double RowPass<T>::SumLosses(absl::Span<const T> parameters, const Matrix<T>& matrix, absl::Span<double> outputs) {
  RunLanes(matrix.rows, [&](Lane* lane, int64_t begin, int64_t end) {
    T* const lane_outputs = lane->outputs.data();
    for (int64_t first = begin; first < end; first += kChunkRows) {
      const int64_t count = std::min(kChunkRows, end - first);
      const Chunk chunk = ChunkAt(matrix, {}, first, count, lane);
      model_->Forward(Pass{}, parameters, count, chunk.features, &lane->workspace, lane_outputs);
      if (!outputs.empty()) std::copy_n(lane_outputs, count * width_, outputs.data() + first * width_);
      if (loss_ == nullptr || chunk.targets == nullptr) continue;
      lane->loss += loss_->Evaluate(count, width_, lane_outputs, chunk.targets, /*derivatives=*/nullptr);
    }
  });
  return SumOfLaneLosses(matrix.rows);
}

template <typename T>
typename RowPass<T>::Chunk RowPass<T>::ChunkAt(const Matrix<T>& matrix, absl::Span<const int64_t> picked, int64_t first,
                                               int64_t count, Lane* lane) const {
  if (picked.empty()) {
    return {matrix.values.data() + first * matrix.columns,
            matrix.targets.empty() ? nullptr : matrix.targets.data() + first};
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = picked[static_cast<size_t>(first + i)];
    std::copy_n(matrix.values.data() + row * matrix.columns, matrix.columns,
                lane->features.data() + i * matrix.columns);
    lane->targets[static_cast<size_t>(i)] = matrix.targets[static_cast<size_t>(row)];
  }
  return {lane->features.data(), lane->targets.data()};
}

template <typename T>
double RowPass<T>::SumOfLaneLosses(int64_t rows) const {
  double sum = 0;
  for (int64_t lane = 0; lane < LanesFor(rows); ++lane) sum += lanes_[static_cast<size_t>(lane)].loss;
  return sum;
}

template class RowPass<float>;
template class RowPass<double>;

}  // namespace descent::core
