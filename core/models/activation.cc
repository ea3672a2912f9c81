#include "core/models/activation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <numbers>

namespace descent::core {
namespace {

// Each has Value(z), Slope(z, h) and Curvature(z, h) with h = Value(z): the formula takes what is cheaper. All let NaN
// through, so that it is noticed.

// max(z, 0).
struct Relu {
  static constexpr double kGain = std::numbers::sqrt2;
  static constexpr bool kHasKinks = true;
  template <typename T>
  static T Value(T z) {
    return z < 0 ? T{0} : z;
  }
  template <typename T>
  static T Slope(T /*z*/, T h) {
    return h > 0 ? T{1} : T{0};
  }
  template <typename T>
  static T Curvature(T /*z*/, T /*h*/) {
    return 0;
  }
};

struct Tanh {
  static constexpr double kGain = 5.0 / 3.0;
  static constexpr bool kHasKinks = false;
  template <typename T>
  static T Value(T z) {
    return std::tanh(z);
  }
  template <typename T>
  static T Slope(T /*z*/, T h) {
    return 1 - h * h;
  }
  template <typename T>
  static T Curvature(T /*z*/, T h) {
    return -2 * h * (1 - h * h);
  }
};

// 1/(1 + exp(-z)).
struct Sigmoid {
  static constexpr double kGain = 1;
  static constexpr bool kHasKinks = false;
  template <typename T>
  static T Value(T z) {
    return 1 / (1 + std::exp(-z));
  }
  template <typename T>
  static T Slope(T /*z*/, T h) {
    return h * (1 - h);
  }
  template <typename T>
  static T Curvature(T /*z*/, T h) {
    return h * (1 - h) * (1 - 2 * h);
  }
};

// z if z > 0, else 0.01 z. Maas, Hannun and Ng, ICML 2013.
struct LeakyRelu {
  static constexpr double kGain = 1.4141428569978354;  // sqrt(2/(1 + 0.01^2))
  static constexpr bool kHasKinks = true;
  template <typename T>
  static T Value(T z) {
    return z > 0 ? z : static_cast<T>(0.01) * z;
  }
  template <typename T>
  static T Slope(T z, T /*h*/) {
    return z > 0 ? T{1} : static_cast<T>(0.01);
  }
  template <typename T>
  static T Curvature(T /*z*/, T /*h*/) {
    return 0;
  }
};

// z if z > 0, else exp(z) - 1. Clevert, Unterthiner and Hochreiter, ICLR 2016.
struct Elu {
  static constexpr double kGain = 1.2451983007007066;
  static constexpr bool kHasKinks = false;
  template <typename T>
  static T Value(T z) {
    return z > 0 ? z : std::expm1(z);
  }
  template <typename T>
  static T Slope(T z, T h) {
    return z > 0 ? T{1} : h + 1;
  }
  template <typename T>
  static T Curvature(T z, T h) {
    return z > 0 ? T{0} : h + 1;
  }
};

// s z if z > 0, else s a (exp(z) - 1). Klambauer, Unterthiner, Mayr and Hochreiter, NIPS 2017.
struct Selu {
  static constexpr double kGain = 0.75;
  static constexpr bool kHasKinks = true;
  static constexpr double kScale = 1.0507009873554804934193349852946;
  static constexpr double kBottom = kScale * 1.6732632423543772848170429916717;
  template <typename T>
  static T Value(T z) {
    return z > 0 ? static_cast<T>(kScale) * z : static_cast<T>(kBottom) * std::expm1(z);
  }
  template <typename T>
  static T Slope(T z, T h) {
    return z > 0 ? static_cast<T>(kScale) : h + static_cast<T>(kBottom);
  }
  template <typename T>
  static T Curvature(T z, T h) {
    return z > 0 ? T{0} : h + static_cast<T>(kBottom);
  }
};

// z Phi(z), Phi the normal distribution function (the exact form, not the one with tanh). Hendrycks and Gimpel, 2016.
struct Gelu {
  static constexpr double kGain = 1.5335304411955353;
  static constexpr bool kHasKinks = false;
  template <typename T>
  static T Distribution(T z) {
    return static_cast<T>(0.5) * std::erfc(z * static_cast<T>(-1 / std::numbers::sqrt2));
  }
  template <typename T>
  static T Density(T z) {
    return static_cast<T>(0.5 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi) *
           std::exp(static_cast<T>(-0.5) * z * z);
  }
  template <typename T>
  static T Value(T z) {
    return z * Distribution(z);
  }
  template <typename T>
  static T Slope(T z, T /*h*/) {
    return Distribution(z) + z * Density(z);
  }
  template <typename T>
  static T Curvature(T z, T /*h*/) {
    return Density(z) * (2 - z * z);
  }
};

// z/(1 + exp(-z)), also called swish. Elfwing, Uchibe and Doya, Neural Networks 107, 2018.
struct Silu {
  static constexpr double kGain = 1.6765324703310913;
  static constexpr bool kHasKinks = false;
  template <typename T>
  static T Value(T z) {
    return z * Sigmoid::Value(z);
  }
  template <typename T>
  static T Slope(T z, T /*h*/) {
    const T s = Sigmoid::Value(z);
    return s * (1 + z * Sigmoid::Value(-z));
  }
  template <typename T>
  static T Curvature(T z, T /*h*/) {
    const T s = Sigmoid::Value(z);
    return s * Sigmoid::Value(-z) * (2 + z * (1 - 2 * s));
  }
};

// log(1 + exp(z)). Its derivative is the sigmoid.
struct Softplus {
  static constexpr double kGain = 1.0418668355353016;
  static constexpr bool kHasKinks = false;
  template <typename T>
  static T Value(T z) {
    return std::max(z, T{0}) + std::log1p(std::exp(-std::abs(z)));
  }
  template <typename T>
  static T Slope(T z, T /*h*/) {
    return Sigmoid::Value(z);
  }
  template <typename T>
  static T Curvature(T z, T /*h*/) {
    return Sigmoid::Value(z) * Sigmoid::Value(-z);
  }
};

// max(-1, min(z, 1)).
struct HardTanh {
  static constexpr double kGain = Tanh::kGain;
  static constexpr bool kHasKinks = true;
  template <typename T>
  static T Value(T z) {
    return z < -1 ? T{-1} : (z > 1 ? T{1} : z);
  }
  template <typename T>
  static T Slope(T z, T /*h*/) {
    return z > -1 && z <= 1 ? T{1} : T{0};
  }
  template <typename T>
  static T Curvature(T /*z*/, T /*h*/) {
    return 0;
  }
};

// max(0, min(z/6 + 1/2, 1)).
struct HardSigmoid {
  static constexpr double kGain = Sigmoid::kGain;
  static constexpr bool kHasKinks = true;
  template <typename T>
  static T Value(T z) {
    return z <= -3 ? T{0} : (z > 3 ? T{1} : z / 6 + static_cast<T>(0.5));
  }
  template <typename T>
  static T Slope(T z, T /*h*/) {
    return z > -3 && z <= 3 ? T{1} / 6 : T{0};
  }
  template <typename T>
  static T Curvature(T /*z*/, T /*h*/) {
    return 0;
  }
};

// z max(0, min(z/6 + 1/2, 1)). Howard et al., "Searching for MobileNetV3", ICCV 2019.
struct HardSwish {
  static constexpr double kGain = 1.7366572127665416;
  static constexpr bool kHasKinks = true;
  template <typename T>
  static T Value(T z) {
    return z * HardSigmoid::Value(z);
  }
  template <typename T>
  static T Slope(T z, T /*h*/) {
    return z <= -3 ? T{0} : (z > 3 ? T{1} : z / 3 + static_cast<T>(0.5));
  }
  template <typename T>
  static T Curvature(T z, T /*h*/) {
    return z > -3 && z <= 3 ? T{1} / 3 : T{0};
  }
};

// z: a stack of layers that is one affine map.
struct None {
  static constexpr double kGain = 1;
  static constexpr bool kHasKinks = false;
  template <typename T>
  static T Value(T z) {
    return z;
  }
  template <typename T>
  static T Slope(T /*z*/, T /*h*/) {
    return 1;
  }
  template <typename T>
  static T Curvature(T /*z*/, T /*h*/) {
    return 0;
  }
};

// Calls work with the formulas of an activation.
template <typename Work>
auto Visit(Activation activation, Work work) {
  switch (activation) {
    case Activation::kRelu:
      return work(Relu{});
    case Activation::kTanh:
      return work(Tanh{});
    case Activation::kSigmoid:
      return work(Sigmoid{});
    case Activation::kLeakyRelu:
      return work(LeakyRelu{});
    case Activation::kElu:
      return work(Elu{});
    case Activation::kSelu:
      return work(Selu{});
    case Activation::kGelu:
      return work(Gelu{});
    case Activation::kSilu:
      return work(Silu{});
    case Activation::kSoftplus:
      return work(Softplus{});
    case Activation::kHardTanh:
      return work(HardTanh{});
    case Activation::kHardSigmoid:
      return work(HardSigmoid{});
    case Activation::kHardSwish:
      return work(HardSwish{});
    case Activation::kNone:
      return work(None{});
  }
  std::abort();
}

}  // namespace

template <typename T>
void Activate(Activation activation, absl::Span<const T> z, absl::Span<T> h) {
  Visit(activation, [&](auto formula) {
    for (size_t i = 0; i < h.size(); ++i) h[i] = decltype(formula)::Value(z[i]);
  });
}

template <typename T>
void MultiplyBySlope(Activation activation, absl::Span<const T> z, absl::Span<const T> h, absl::Span<T> d) {
  Visit(activation, [&](auto formula) {
    for (size_t i = 0; i < d.size(); ++i) d[i] *= decltype(formula)::Slope(z[i], h[i]);
  });
}

template <typename T>
void MultiplyByCurvature(Activation activation, absl::Span<const T> z, absl::Span<const T> h, absl::Span<T> d) {
  Visit(activation, [&](auto formula) {
    for (size_t i = 0; i < d.size(); ++i) d[i] *= decltype(formula)::Curvature(z[i], h[i]);
  });
}

bool HasKinks(Activation activation) {
  return Visit(activation, [](auto formula) { return decltype(formula)::kHasKinks; });
}

double GainOf(Activation activation) {
  return Visit(activation, [](auto formula) { return decltype(formula)::kGain; });
}

template void Activate(Activation, absl::Span<const double>, absl::Span<double>);
template void Activate(Activation, absl::Span<const float>, absl::Span<float>);
template void MultiplyBySlope(Activation, absl::Span<const double>, absl::Span<const double>, absl::Span<double>);
template void MultiplyBySlope(Activation, absl::Span<const float>, absl::Span<const float>, absl::Span<float>);
template void MultiplyByCurvature(Activation, absl::Span<const double>, absl::Span<const double>, absl::Span<double>);
template void MultiplyByCurvature(Activation, absl::Span<const float>, absl::Span<const float>, absl::Span<float>);

}  // namespace descent::core
