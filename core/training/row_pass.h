// A model and a loss over many rows, on several threads, with the same bits for any number of them.
#ifndef DESCENT_CORE_TRAINING_ROW_PASS_H_
#define DESCENT_CORE_TRAINING_ROW_PASS_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "core/base/aligned.h"
#include "core/base/parallel.h"
#include "core/data/features.h"
#include "core/losses/loss.h"
#include "core/models/model.h"

namespace descent::core {

// Rows are taken in chunks of kChunkRows, and consecutive chunks form a lane: there are at most kMaxLanes, and how many
// depends on the number of rows and parameters only. A lane sums its losses and gradients one chunk after another, and
// the lanes' sums are added in order; threads only decide who computes a lane.
//
// T is float or double. All memory is taken at construction. Thread-safety: one call at a time.
template <typename T>
class RowPass {
 public:
  static constexpr int64_t kChunkRows = 256;
  static constexpr int64_t kMaxLanes = 16;

  // What it must be able to take.
  struct Capacity {
    int64_t max_rows = 0;
    int64_t picked_columns = 0;  // features of rows that are picked; 0: rows are never picked
    bool gradients = false;
    bool hessians = false;
  };

  // `loss` may be null when only outputs are wanted. All pointers must outlive the object.
  RowPass(const Model<T>* model, const Loss<T>* loss, const Capacity& capacity, Team* team);

  // The sum of the losses of some rows of `matrix` (`picked`, in their order; none stands for all), and the sum of
  // their gradients by the parameters.
  double SumGradients(const Pass& pass, absl::Span<const T> parameters, const Matrix<T>& matrix,
                      absl::Span<const int64_t> picked, absl::Span<T> gradient);

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
    AlignedVector<T> outputs;
    AlignedVector<T> gradient;  // empty in lane 0, which sums in the caller's memory
    Workspace<T> tangents;
    AlignedVector<T> changes;      // of outputs along a direction
    AlignedVector<T> derivatives;  // by the outputs
    double loss = 0;
  };
  struct Chunk {
    const T* features = nullptr;
    const T* targets = nullptr;
  };

  int64_t LanesFor(int64_t rows) const;
  // Calls work(lane, begin, end) for the rows of every lane, in parallel.
  void RunLanes(int64_t rows, absl::FunctionRef<void(Lane*, int64_t, int64_t)> work);
  // As RunLanes, for work that adds to a vector of the parameters' size; the lanes' sums are added into `sum`.
  void SumLanes(int64_t rows, absl::Span<T> sum, absl::FunctionRef<void(Lane*, int64_t, int64_t, absl::Span<T>)> work);
  // Rows [first, first + count) of the pass: where they are, or copied to the lane's aligned memory when picked.
  Chunk ChunkAt(const Matrix<T>& matrix, absl::Span<const int64_t> picked, int64_t first, int64_t count,
                Lane* lane) const;
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
