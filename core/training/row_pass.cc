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
    lane.features.resize(static_cast<size_t>(chunk_rows * capacity.picked_columns));
    if (capacity.picks_targets) {
      lane.targets.resize(static_cast<size_t>(chunk_rows * capacity.target_width));
      lane.weights.resize(static_cast<size_t>(chunk_rows));
    }
    if (capacity.sparse_gradients) lane.marks.resize(static_cast<size_t>(model->layout().size));
    if (capacity.sparse_gradients || (&lane != lanes_.data() && (capacity.gradients || capacity.hessians))) {
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
void RowPass<T>::AddChunk(const Pass& pass, absl::Span<const T> parameters, const Chunk& chunk, Lane* lane,
                          absl::Span<T> gradient) const {
  T* const outputs = lane->outputs.data();
  model_->Forward(pass, parameters, chunk.features, &lane->workspace, outputs);
  lane->loss += loss_->Evaluate(chunk.features.count, width_, outputs, chunk.targets, chunk.weights,
                                /*derivatives=*/outputs);
  Weigh(chunk, outputs);
  model_->Backward(parameters, chunk.features, outputs, &lane->workspace, gradient);
}

template <typename T>
double RowPass<T>::SumGradients(const Pass& pass, absl::Span<const T> parameters, const Matrix<T>& matrix,
                                absl::Span<const int64_t> picked, absl::Span<T> gradient) {
  const int64_t rows = picked.empty() ? matrix.rows : static_cast<int64_t>(picked.size());
  SumLanes(rows, gradient, [&](Lane* lane, int64_t begin, int64_t end, absl::Span<T> sum) {
    Pass own = pass;
    for (int64_t first = begin; first < end; first += kChunkRows) {
      own.first_row = first;
      AddChunk(own, parameters, ChunkAt(matrix, picked, first, std::min(kChunkRows, end - first), lane), lane, sum);
    }
  });
  return SumOfLaneLosses(rows);
}

template <typename T>
double RowPass<T>::SumSparseGradients(const Pass& pass, absl::Span<const T> parameters, const Matrix<T>& matrix,
                                      absl::Span<const int64_t> picked, absl::Span<T> gradient) {
  const int64_t rows = picked.empty() ? matrix.rows : static_cast<int64_t>(picked.size());
  RunLanes(rows, [&](Lane* lane, int64_t begin, int64_t end) {
    const absl::Span<T> sum = absl::MakeSpan(lane->gradient);
    for (const int64_t parameter : lane->support) {
      sum[static_cast<size_t>(parameter)] = 0;
      lane->marks[static_cast<size_t>(parameter)] = 0;
    }
    lane->support.clear();
    Pass own = pass;
    for (int64_t first = begin; first < end; first += kChunkRows) {
      const Chunk chunk = ChunkAt(matrix, picked, first, std::min(kChunkRows, end - first), lane);
      own.first_row = first;
      model_->AddSupport(chunk.features, absl::MakeSpan(lane->marks), &lane->support);
      AddChunk(own, parameters, chunk, lane, sum);
    }
  });
  AddSparseLanes(LanesFor(rows));
  const Lane& total = lanes_[0];
  for (size_t i = 0; i < total.support.size(); ++i) {
    gradient[i] = total.gradient[static_cast<size_t>(total.support[i])];
  }
  return SumOfLaneLosses(rows);
}

template <typename T>
void RowPass<T>::AddSparseLanes(int64_t lanes) {
  Lane& total = lanes_[0];
  for (int64_t i = 1; i < lanes; ++i) {
    const Lane& lane = lanes_[static_cast<size_t>(i)];
    for (const int64_t parameter : lane.support) {
      const auto at = static_cast<size_t>(parameter);
      if (total.marks[at] == 0) {
        total.marks[at] = 1;
        total.support.push_back(parameter);
      }
      total.gradient[at] += lane.gradient[at];
    }
  }
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
      model_->Forward(own, parameters, chunk.features, &lane->workspace, outputs);
      model_->Tangent(parameters, direction, chunk.features, lane->workspace, &lane->tangents, changes);
      loss_->Evaluate(count, width_, outputs, chunk.targets, /*weights=*/nullptr, derivatives);
      loss_->MultiplyByHessian(count, width_, outputs, chunk.targets, changes, /*products=*/changes);
      Weigh(chunk, derivatives);
      Weigh(chunk, changes);
      model_->AddHessianProduct(parameters, direction, chunk.features, derivatives, changes, lane->workspace,
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
      model_->Forward(Pass{}, parameters, chunk.features, &lane->workspace, lane_outputs);
      if (!outputs.empty()) std::copy_n(lane_outputs, count * width_, outputs.data() + first * width_);
      if (loss_ == nullptr || chunk.targets == nullptr) continue;
      lane->loss += loss_->Evaluate(count, width_, lane_outputs, chunk.targets, chunk.weights, /*derivatives=*/nullptr);
    }
  });
  return SumOfLaneLosses(matrix.rows);
}

template <typename T>
typename RowPass<T>::Chunk RowPass<T>::ChunkAt(const Matrix<T>& matrix, absl::Span<const int64_t> picked, int64_t first,
                                               int64_t count, Lane* lane) const {
  const int64_t width = matrix.target_width;
  if (picked.empty()) {
    return {matrix.Rows(first, count), matrix.targets.empty() ? nullptr : matrix.targets.data() + first * width,
            matrix.weights.empty() ? nullptr : matrix.weights.data() + first};
  }
  const int64_t* const own = picked.data() + first;
  for (int64_t i = 0; i < count; ++i) {
    if (!matrix.is_sparse()) {
      std::copy_n(matrix.values.data() + own[i] * matrix.columns, matrix.columns,
                  lane->features.data() + i * matrix.columns);
    }
    std::copy_n(matrix.targets.data() + own[i] * width, width, lane->targets.data() + i * width);
    if (!matrix.weights.empty()) {
      lane->weights[static_cast<size_t>(i)] = matrix.weights[static_cast<size_t>(own[i])];
    }
  }
  FeatureRows<T> features{count, lane->features.data()};
  if (matrix.is_sparse()) features = {count, matrix.values.data(), matrix.starts.data(), matrix.indices.data(), own};
  return {features, lane->targets.data(), matrix.weights.empty() ? nullptr : lane->weights.data()};
}

template <typename T>
void RowPass<T>::Weigh(const Chunk& chunk, T* values) const {
  if (chunk.weights == nullptr) return;
  for (int64_t row = 0; row < chunk.features.count; ++row) {
    for (int64_t i = row * width_; i < (row + 1) * width_; ++i) values[i] *= chunk.weights[row];
  }
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
