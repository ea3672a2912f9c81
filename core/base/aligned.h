// Memory for numbers that starts at a 64-byte boundary: Eigen's sums differ when an address moves by 16 bytes, so every
// numeric buffer starts at the same alignment and the same bits come out wherever the allocator puts it.
#ifndef DESCENT_CORE_BASE_ALIGNED_H_
#define DESCENT_CORE_BASE_ALIGNED_H_

#include <cstddef>
#include <new>
#include <vector>

namespace descent::core {

inline constexpr size_t kAlignment = 64;

template <typename T>
struct AlignedAllocator {
  using value_type = T;

  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT(google-explicit-constructor): an allocator converts

  T* allocate(size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kAlignment}));
  }
  void deallocate(T* pointer, size_t) { ::operator delete (pointer, std::align_val_t{kAlignment}); }

  bool operator==(const AlignedAllocator&) const { return true; }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_ALIGNED_H_
