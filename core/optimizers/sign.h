#ifndef DESCENT_CORE_OPTIMIZERS_SIGN_H_
#define DESCENT_CORE_OPTIMIZERS_SIGN_H_

namespace descent::core {

// -1, 0 or 1; 0 of what is not a number. Without branches, so that loops over it are vectorised.
template <typename T>
constexpr T Sign(T value) {
  return static_cast<T>(value > 0 ? 1 : 0) - static_cast<T>(value < 0 ? 1 : 0);
}

}  // namespace descent::core

#endif  // DESCENT_CORE_OPTIMIZERS_SIGN_H_
