// Eigen made repeatable: its products depend on cache sizes that it detects at run time, and on its own threads.
#ifndef DESCENT_CORE_BASE_EIGEN_H_
#define DESCENT_CORE_BASE_EIGEN_H_

#include <Eigen/Core>
#include <cstdint>

namespace descent::core {

template <typename T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <typename T>
using ColumnVector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

// Row-major matrices and vectors in memory that others own.
template <typename T>
using MatrixView = Eigen::Map<RowMajor<T>>;
template <typename T>
using ConstMatrixView = Eigen::Map<const RowMajor<T>>;
template <typename T>
using VectorView = Eigen::Map<ColumnVector<T>>;
template <typename T>
using ConstVectorView = Eigen::Map<const ColumnVector<T>>;

// Cache sizes that Eigen cuts its products by, in bytes. Any constants give repeatable bits; these are near most of
// today's CPUs (a core's first and second level, its share of the third).
inline constexpr int64_t kEigenLevel1Bytes = int64_t{32} << 10;
inline constexpr int64_t kEigenLevel2Bytes = int64_t{512} << 10;
inline constexpr int64_t kEigenLevel3Bytes = int64_t{2} << 20;

// Call it once at the start of a program, before any other thread uses Eigen. A product is summed in blocks whose
// lengths follow the cache sizes; left alone, Eigen asks the CPU for them, so that the same build would give other bits
// on another machine of the same class, and its own threads would cut the work by their number. Work is spread over
// threads by Team only.
void FixEigenCacheSizes();

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_EIGEN_H_
