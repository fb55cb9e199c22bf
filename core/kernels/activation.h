// Activations on rows of values, and gradients carried back through them.
#pragma once

#include "../elementary.h"
#include "../slab.h"

namespace sn {

template <class T>
inline T activated(T x, int32_t activation, float alpha) {
  const T zero = T{};
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
    default:
      return x;
  }
}

// The derivative where the output is y; for gelu, where the input is y.
template <class T>
inline T slope(T y, int32_t activation, float alpha) {
  const T zero = T{}, one = broadcast<T>(1.0f);
  switch (activation) {
    case kRelu:
      return y > zero ? one : zero;
    case kRelu6: {
      const T below = y < broadcast<T>(6.0f) ? one : zero;
      return y > zero ? below : zero;
    }
    case kLeakyRelu:
      return y > zero ? one : broadcast<T>(alpha);
    case kElu:
      return y > zero ? one : y + alpha;
    case kGelu: {
      const T density = exp(y * y * -0.5f) * 0.398942280f;
      return (erf(y * 0.707106781f) + 1.0f) * 0.5f + y * density;
    }
    case kSigmoid:
      return y * (1.0f - y);
    case kTanh:
      return 1.0f - y * y;
    default:
      return one;
  }
}

namespace detail {

// Not inlined: each operator would have all functions in it, several times.
template <class T>
[[gnu::noinline]] inline void activate_slowly(T* values, int64_t count, int32_t activation,
                                              float alpha) {
  for (int64_t i = 0; i < count; ++i) values[i] = activated(values[i], activation, alpha);
}

template <class T>
[[gnu::noinline]] inline void backward_slowly(T* to, const T* values, const T* gradient,
                                              int64_t count, int32_t activation, float alpha) {
  for (int64_t i = 0; i < count; ++i) {
    to[i] = gradient[i] * slope(values[i], activation, alpha);
  }
}

}  // namespace detail

template <class T>
inline void activate_row(T* values, int64_t count, int32_t activation, float alpha) {
  if (activation == kLinear) return;
  if (activation != kRelu) return detail::activate_slowly(values, count, activation, alpha);
  for (int64_t i = 0; i < count; ++i) values[i] = activated(values[i], kRelu, 0.0f);
}

// to = gradient * slope(values); `to` may be `values`.
template <class T>
inline void backward_row(T* to, const T* values, const T* gradient, int64_t count,
                         int32_t activation, float alpha) {
  if (activation == kLinear) {
    for (int64_t i = 0; i < count; ++i) to[i] = gradient[i];
  } else if (activation == kRelu) {
    for (int64_t i = 0; i < count; ++i) to[i] = values[i] > T{} ? gradient[i] : T{};
  } else {
    detail::backward_slowly(to, values, gradient, count, activation, alpha);
  }
}

// The sum of the output's gradients, channel by channel.
inline void bias_gradient_of(const Context<Lanes>& ctx, float* bias) {
  const Operation& op = ctx.op;
  const Rows<Lanes> dy = ctx.dy();
  for (int c = 0; c < op.out.channels; ++c) {
    Lanes sum = Lanes{};
    for (int row = 0; row < op.out.height; ++row) {
      const Lanes* from = dy.row(row) + c;
      for (int column = 0; column < op.out.width; ++column) {
        sum += from[int64_t{column} * op.out.channels];
      }
    }
    bias[c] = sum_of(sum);
  }
}

}  // namespace sn
