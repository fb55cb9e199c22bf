// Activations on rows of values, and gradients carried back through them.
#pragma once

#include "../elementary.h"
#include "../slab.h"

namespace sn {

template <class T>
inline T activated(T x, int32_t activation, float alpha) {
  const T zero = T{};
  switch (activation) {
    case SN_RELU:
      return x < zero ? zero : x;
    case SN_RELU6:
      return clamp(x, 0.0f, 6.0f);
    case SN_LEAKY_RELU:
      return x < zero ? x * alpha : x;
    case SN_ELU:
      return x < zero ? (exp(x) - 1.0f) * alpha : x;
    case SN_GELU:
      return x * 0.5f * (erf(x * 0.707106781f) + 1.0f);
    case SN_SIGMOID:
      return sigmoid(x);
    case SN_TANH:
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
    case SN_RELU:
      return y > zero ? one : zero;
    case SN_RELU6: {
      const T below = y < broadcast<T>(6.0f) ? one : zero;
      return y > zero ? below : zero;
    }
    case SN_LEAKY_RELU:
      return y > zero ? one : broadcast<T>(alpha);
    case SN_ELU:
      return y > zero ? one : y + alpha;
    case SN_GELU: {
      const T density = exp(y * y * -0.5f) * 0.398942280f;
      return (erf(y * 0.707106781f) + 1.0f) * 0.5f + y * density;
    }
    case SN_SIGMOID:
      return y * (1.0f - y);
    case SN_TANH:
      return 1.0f - y * y;
    default:
      return one;
  }
}

template <class T>
inline void activate_row(T* values, int64_t count, int32_t activation, float alpha) {
  if (activation == SN_LINEAR) return;
  if (activation == SN_RELU) {
    for (int64_t i = 0; i < count; ++i) values[i] = activated(values[i], SN_RELU, 0.0f);
    return;
  }
  for (int64_t i = 0; i < count; ++i) values[i] = activated(values[i], activation, alpha);
}

// to = gradient * slope(values); `to` may be `values`.
template <class T>
inline void carry_row(T* to, const T* values, const T* gradient, int64_t count,
                             int32_t activation, float alpha) {
  if (activation == SN_LINEAR) {
    for (int64_t i = 0; i < count; ++i) to[i] = gradient[i];
  } else if (activation == SN_RELU) {
    for (int64_t i = 0; i < count; ++i) to[i] = values[i] > T{} ? gradient[i] : T{};
  } else {
    for (int64_t i = 0; i < count; ++i) {
      to[i] = gradient[i] * slope(values[i], activation, alpha);
    }
  }
}

// The activation layer that could not be folded into the operation before it.
template <class T>
inline void activation_forward(const Site<T>& site) {
  const Rows<T> x = site.x(), y = site.y();
  for (int r = 0; r < site.op.out.height; ++r) {
    for (int64_t i = 0; i < site.out_row(); ++i) {
      y.row(r)[i] = activated(x.row(r)[i], site.op.function, 0.0f);
    }
    activate_row(y.row(r), site.out_row(), site.out.activation, site.out.alpha);
  }
}

template <class T>
inline void activation_backward(const Site<T>& site) {
  const Rows<T> x = site.x(), dx = site.dx(), dy = site.dy();
  for (int r = 0; r < site.op.in.height; ++r) {
    for (int64_t i = 0; i < site.in_row(); ++i) {
      const T value = x.row(r)[i];
      const T through = dy.row(r)[i] * slope(value, site.op.function, 0.0f);
      dx.row(r)[i] = through * slope(value, site.in.activation, site.in.alpha);
    }
  }
}

// Softmax over the last axis, the largest value subtracted first; y may be x.
template <class T>
inline void softmax_row(const T* x, T* y, int channels) {
  T most = x[0];
  for (int c = 1; c < channels; ++c) most = larger(x[c], most);
  T sum = T{};
  for (int c = 0; c < channels; ++c) {
    y[c] = exp(x[c] - most);
    sum += y[c];
  }
  const T inverse = 1.0f / sum;
  for (int c = 0; c < channels; ++c) y[c] = y[c] * inverse;
}

template <class T>
inline void softmax_forward(const Site<T>& site) {
  const int channels = site.op.in.channels;
  for (int r = 0; r < site.op.in.height; ++r) {
    for (int64_t at = 0; at < site.in_row(); at += channels) {
      softmax_row(site.x().row(r) + at, site.y().row(r) + at, channels);
    }
  }
}

// dx_i = y_i (dy_i - sum_j dy_j y_j)
template <class T>
inline void softmax_backward(const Site<T>& site) {
  const int channels = site.op.in.channels;
  for (int r = 0; r < site.op.in.height; ++r) {
    for (int64_t at = 0; at < site.in_row(); at += channels) {
      const T* x = site.x().row(r) + at;
      const T* y = site.y().row(r) + at;
      const T* dy = site.dy().row(r) + at;
      T* dx = site.dx().row(r) + at;
      T mean = T{};
      for (int c = 0; c < channels; ++c) mean += dy[c] * y[c];
      for (int c = 0; c < channels; ++c) {
        dx[c] = y[c] * (dy[c] - mean) * slope(x[c], site.in.activation, site.in.alpha);
      }
    }
  }
}

}  // namespace sn
