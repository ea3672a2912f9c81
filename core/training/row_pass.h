// A model and a loss over many rows, on several threads, with the same bits for any number of them.
#ifndef DESCENT_CORE_TRAINING_ROW_PASS_H_
#define DESCENT_CORE_TRAINING_ROW_PASS_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/parallel.h"
#include "core/data/matrix.h"
#include "core/losses/loss.h"
#include "core/models/model.h"

namespace descent::core {

// Rows are taken in chunks of kChunkRows, and consecutive chunks form a lane: there are at most kMaxLanes, and how many
// depends on the number of rows and parameters only. A lane sums its losses and gradients one chunk after another, and
// the lanes' sums are added in order; threads only decide who computes a lane.
//
// A sparse gradient is that of a batch of sparse rows under a model with few parameters a feature: only the parameters
// in its support are summed, so that it costs what the rows store.
//
// T is float or double. All memory is taken at construction, but for lists of parameters that grow to what batches
// need. Thread-safety: one call at a time.
template <typename T>
class RowPass {
 public:
  static constexpr int64_t kChunkRows = 256;
  static constexpr int64_t kMaxLanes = 16;

  // What it must be able to take.
  struct Capacity {
    int64_t max_rows = 0;
    int64_t picked_columns = 0;  // features of dense rows that are picked; 0: dense rows are never picked
    bool picks_targets = false;  // whether rows are picked at all
    int64_t target_width = 1;
    bool gradients = false;
    bool sparse_gradients = false;
    bool hessians = false;
  };

  // `loss` may be null when only outputs are wanted. All pointers must outlive the object.
  RowPass(const Model<T>* model, const Loss<T>* loss, const Capacity& capacity, Team* team);

  // The sum of the losses of some rows of `matrix`, each times its weight (`picked`, in their order; none stands for
  // all), and the sum of their gradients by the parameters.
  double SumGradients(const Pass& pass, absl::Span<const T> parameters, const Matrix<T>& matrix,
                      absl::Span<const int64_t> picked, absl::Span<T> gradient);

  // The same for a sparse gradient, whose values are those of the parameters support(). Needs Capacity.sparse_gradients
  // and a model and rows with support; `gradient` has room for all parameters.
  double SumSparseGradients(const Pass& pass, absl::Span<const T> parameters, const Matrix<T>& matrix,
                            absl::Span<const int64_t> picked, absl::Span<T> gradient);
  // The parameters of the last sparse gradient, each once, in an order that depends on the batch only.
  absl::Span<const int64_t> support() const { return lanes_[0].support; }

  // The product of the sum's second derivative with a direction in parameter space; needs Capacity.hessians.
  void SumHessianProducts(const Pass& pass, absl::Span<const T> parameters, absl::Span<const T> direction,
                          const Matrix<T>& matrix, absl::Span<const int64_t> picked, absl::Span<T> product);

  // Outputs of all rows, [rows, width], unless `outputs` is empty; the sum of their losses, 0 without targets or loss.
  double SumLosses(absl::Span<const T> parameters, const Matrix<T>& matrix, absl::Span<double> outputs);

 private:
  // What one lane needs for itself.
  struct Lane {
    Workspace<T> workspace;
    AlignedVector<T> features;  // rows picked from here and there
    AlignedVector<T> targets;
    AlignedVector<T> weights;
    AlignedVector<T> outputs;
    AlignedVector<T> gradient;  // empty in lane 0 unless gradients are sparse: it sums in the caller's memory
    std::vector<int64_t> support;
    std::vector<char> marks;  // of all parameters: whether they are in `support`
    Workspace<T> tangents;
    AlignedVector<T> changes;      // of outputs along a direction
    AlignedVector<T> derivatives;  // by the outputs
    double loss = 0;
  };
  struct Chunk {
    FeatureRows<T> features;
    const T* targets = nullptr;
    const T* weights = nullptr;  // null: all 1
  };

  int64_t LanesFor(int64_t rows) const;
  // Calls work(lane, begin, end) for the rows of every lane, in parallel.
  void RunLanes(int64_t rows, absl::FunctionRef<void(Lane*, int64_t, int64_t)> work);
  // As RunLanes, for work that adds to a vector of the parameters' size; the lanes' sums are added into `sum`.
  void SumLanes(int64_t rows, absl::Span<T> sum, absl::FunctionRef<void(Lane*, int64_t, int64_t, absl::Span<T>)> work);
  // Rows [first, first + count) of the pass: where they are, or copied to the lane's aligned memory when picked.
  Chunk ChunkAt(const Matrix<T>& matrix, absl::Span<const int64_t> picked, int64_t first, int64_t count,
                Lane* lane) const;
  // Loss and gradient of one chunk, added to the lane's sums and to `gradient`.
  void AddChunk(const Pass& pass, absl::Span<const T> parameters, const Chunk& chunk, Lane* lane,
                absl::Span<T> gradient) const;
  // Adds the lanes from 1 on to lane 0.
  void AddSparseLanes(int64_t lanes);
  // Each row of `values`, [rows, width_], times its weight.
  void Weigh(const Chunk& chunk, T* values) const;
  double SumOfLaneLosses(int64_t rows) const;

  const Model<T>* const model_;
  const Loss<T>* const loss_;
  Team* const team_;
  const int64_t width_;
  const int64_t most_lanes_;
  std::vector<Lane> lanes_;
};

extern template class RowPass<float>;
extern template class RowPass<double>;

}  // namespace descent::core

#endif  // DESCENT_CORE_TRAINING_ROW_PASS_H_
