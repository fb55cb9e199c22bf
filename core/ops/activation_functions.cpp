// The activations and their derivatives on rows of values; relu has a shorter way in kernels/activation.h.
#include "../kernels/activation.h"

namespace sn {
namespace {

constexpr float kSeluScale = 1.05070098f, kSeluBelow = 1.75809934f;  // scale, and scale alpha
constexpr float kGeluRoot = 0.797884561f, kGeluCube = 0.044715f;     // sqrt(2 / pi)

Lanes softplus(Lanes x) {
  const Lanes zero = Lanes{};
  const Lanes below = x < zero ? x : zero - x;  // -|x|
  return (x < zero ? zero : x) + log(exp(below) + 1.0f);
}

// tanh(softplus(x)) = (n n + 2 n) / (n n + 2 n + 2), n = exp(x); 1 beyond 20.
Lanes mish_factor(Lanes x) {
  const Lanes n = exp(clamp(x, -87.0f, 20.0f));
  const Lanes twice = n * (n + 2.0f);
  return twice / (twice + 2.0f);
}

// (1 + tanh(u)) / 2 = sigmoid(2 u), which is exact where the first is nearly 0.
Lanes gelu_factor(Lanes x) { return sigmoid((x * x * x * kGeluCube + x) * (2.0f * kGeluRoot)); }

// 1 where the value is between both.
Lanes between(Lanes value, float low, float high) {
  const Lanes one = broadcast<Lanes>(1.0f);
  const Lanes below = value < broadcast<Lanes>(high) ? one : Lanes{};
  return value > broadcast<Lanes>(low) ? below : Lanes{};
}

inline Lanes activated(Lanes x, int32_t activation, float alpha) {
  const Lanes zero = Lanes{};
  switch (activation) {
    case kRelu:
      return x < zero ? zero : x;
    case kRelu6:
      return clamp(x, 0.0f, 6.0f);
    case kLeakyRelu:
      return x < zero ? x * alpha : x;
    case kElu:
      return x < zero ? (exp(x) - 1.0f) * alpha : x;
    case kGelu:
      return x * 0.5f * (erf(x * 0.707106781f) + 1.0f);
    case kSigmoid:
      return sigmoid(x);
    case kTanh:
      return tanh(x);
    case kSelu:
      return x < zero ? (exp(x) - 1.0f) * kSeluBelow : x * kSeluScale;
    case kSoftplus:
      return softplus(x);
    case kLogSigmoid:
      return zero - softplus(zero - x);
    case kSoftsign:
      return x / ((x < zero ? zero - x : x) + 1.0f);
    case kExponential:
      return exp(x);
    case kHardSigmoid:
      return clamp(x * 0.166666667f + 0.5f, 0.0f, 1.0f);
    case kHardTanh:
      return clamp(x, -1.0f, 1.0f);
    case kHardShrink:
      return x - clamp(x, -alpha, alpha) == zero ? zero : x;
    case kSoftShrink:
      return x - clamp(x, -alpha, alpha);
    case kSparseSigmoid:
      return clamp(x * 0.5f + 0.5f, 0.0f, 1.0f);
    case kSquareplus: {
      const Lanes length = sqrt(x * x + 4.0f);
      return x < zero ? 2.0f / (length - x) : (length + x) * 0.5f;
    }
    case kGeluNew:
      return x * gelu_factor(x);
    case kSilu:
      return x * sigmoid(x);
    case kHardSilu:
      return x * clamp(x * 0.166666667f + 0.5f, 0.0f, 1.0f);
    case kMish:
      return x * mish_factor(x);
    case kTanhShrink:
      return x - tanh(x);
    case kSparsePlus: {
      const Lanes middle = x * 0.5f + 0.5f;
      const Lanes below = x < broadcast<Lanes>(-1.0f) ? zero : middle * middle;
      return x > broadcast<Lanes>(1.0f) ? x : below;
    }
    default:
      return x;
  }
}

inline Lanes derivative(Lanes y, int32_t activation, float alpha) {
  const Lanes zero = Lanes{}, one = broadcast<Lanes>(1.0f);
  switch (activation) {
    case kRelu:
      return y > zero ? one : zero;
    case kRelu6: {
      const Lanes below = y < broadcast<Lanes>(6.0f) ? one : zero;
      return y > zero ? below : zero;
    }
    case kLeakyRelu:
      return y > zero ? one : broadcast<Lanes>(alpha);
    case kElu:
      return y > zero ? one : y + alpha;
    case kSigmoid:
      return y * (1.0f - y);
    case kTanh:
      return 1.0f - y * y;
    case kSelu:
      return y > zero ? broadcast<Lanes>(kSeluScale) : y + kSeluBelow;
    case kSoftplus:
      return 1.0f - exp(-y);
    case kLogSigmoid:
      return 1.0f - exp(y);
    case kSoftsign: {
      const Lanes rest = 1.0f - (y < zero ? -y : y);
      return rest * rest;
    }
    case kExponential:
      return y;
    case kHardSigmoid:
      return between(y, 0.0f, 1.0f) * 0.166666667f;
    case kHardTanh:
      return between(y, -1.0f, 1.0f);
    case kHardShrink:
    case kSoftShrink:
      return y == zero ? zero : one;
    case kSparseSigmoid:
      return between(y, 0.0f, 1.0f) * 0.5f;
    case kSquareplus:
      return y * y / (y * y + 1.0f);
    // Of the input:
    case kGelu: {
      const Lanes density = exp(y * y * -0.5f) * 0.398942280f;
      return (erf(y * 0.707106781f) + 1.0f) * 0.5f + y * density;
    }
    case kGeluNew: {
      const Lanes s = gelu_factor(y);
      const Lanes inner = (y * y * (3.0f * kGeluCube) + 1.0f) * (2.0f * kGeluRoot);
      return s + y * s * (1.0f - s) * inner;
    }
    case kSilu: {
      const Lanes s = sigmoid(y);
      return s + y * s * (1.0f - s);
    }
    case kHardSilu: {
      const Lanes inside = y * 0.333333333f + 0.5f;
      const Lanes above = y > broadcast<Lanes>(3.0f) ? one : inside;
      return y < broadcast<Lanes>(-3.0f) ? zero : above;
    }
    case kMish: {
      const Lanes t = mish_factor(y);
      return t + y * (1.0f - t * t) * sigmoid(y);
    }
    case kTanhShrink: {
      const Lanes t = tanh(y);
      return t * t;
    }
    case kSparsePlus:
      return clamp(y * 0.5f + 0.5f, 0.0f, 1.0f);
    default:
      return one;
  }
}

}  // namespace

void activate_slowly(Lanes* values, int64_t count, int32_t activation, float alpha) {
  for (int64_t i = 0; i < count; ++i) values[i] = activated(values[i], activation, alpha);
}

// One image: as many of its values at a time as there are lanes.
void activate_slowly(float* values, int64_t count, int32_t activation, float alpha) {
  for (int64_t first = 0; first < count; first += kLanes) {
    const int64_t left = count - first;
    const uint64_t bytes = sizeof(float) * static_cast<uint64_t>(left < kLanes ? left : kLanes);
    Lanes some = Lanes{};
    __builtin_memcpy(&some, values + first, bytes);
    some = activated(some, activation, alpha);
    __builtin_memcpy(values + first, &some, bytes);
  }
}

void backward_slowly(Lanes* to, const Lanes* values, const Lanes* gradient, int64_t count,
                     int32_t activation, float alpha) {
  for (int64_t i = 0; i < count; ++i) {
    to[i] = gradient[i] * derivative(values[i], activation, alpha);
  }
}

Lanes slope_of(Lanes value, int32_t activation, float alpha) {
  return derivative(value, activation, alpha);
}

}  // namespace sn
