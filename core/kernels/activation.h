// Activations on rows of values, and gradients carried back through them.
#pragma once

#include "../elementary.h"
#include "../slab.h"

namespace sn {

// All but relu, compiled once (ops/activation_functions.cpp): each operator would have all functions in
// it, several times. The derivative is of the output or, where the activation needs it, of the input.
void activate_slowly(Lanes* values, int64_t count, int32_t activation, float alpha);
void activate_slowly(float* values, int64_t count, int32_t activation, float alpha);
void backward_slowly(Lanes* to, const Lanes* values, const Lanes* gradient, int64_t count,
                     int32_t activation, float alpha);
[[gnu::const]] Lanes slope_of(Lanes value, int32_t activation, float alpha);

// The softmax of one image's values, in their place.
void softmax_values(float* values, int channels);

// The derivative where the output is y; for those that need it, where the input is y.
inline Lanes slope(Lanes y, int32_t activation, float alpha) {
  const Lanes one = broadcast<Lanes>(1.0f);
  if (activation == kLinear) return one;
  if (activation == kRelu) return y > Lanes{} ? one : Lanes{};
  return slope_of(y, activation, alpha);
}

template <class T>
inline void activate_row(T* values, int64_t count, int32_t activation, float alpha) {
  if (activation == kLinear) return;
  if (activation != kRelu) return activate_slowly(values, count, activation, alpha);
  for (int64_t i = 0; i < count; ++i) values[i] = values[i] < T{} ? T{} : values[i];
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
    backward_slowly(to, values, gradient, count, activation, alpha);
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
