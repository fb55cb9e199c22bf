// Conv2D and Dense for one image: vectors run along the output channels.
//
// With one image most lanes of a slab would be idle. Here a tile is P positions x one vector of
// channels; weights are read as the host keeps them, inputs are broadcast. The sums are taken in the
// same order as on a slab.
#pragma once

#include "../ops/operator.h"

namespace sn {

namespace detail {

template <int N>
struct Stretch {
  typedef typename Vector<N>::Loose Type;
};
template <>
struct Stretch<1> {
  typedef float Type;
};

// N channels of P neighbouring positions.
template <int N, int P>
[[gnu::always_inline]] inline void single_tile(const Context<float>& ctx, const float* input,
                                               int64_t input_row, const float* kernel,
                                               const float* bias, float* output) {
  typedef typename Stretch<N>::Type Channels;
  const Operation& op = ctx.op;
  const int64_t units = op.out.channels;
  const int64_t length = int64_t{op.window.width} * op.in.channels;
  const int64_t depth = op.matrix ? op.fan_in : length;
  const int64_t step = int64_t{op.window.stride_width} * op.in.channels;
  Channels sum[P];
  for (int p = 0; p < P; ++p) {
    sum[p] = bias ? *reinterpret_cast<const Channels*>(bias) : Channels{};
  }
  for (int row = 0; row < op.window.height; ++row) {
    const float* from = input + row * input_row;
    const float* weights = kernel + row * depth * units;
    for (int64_t t = 0; t < depth; ++t) {
      const Channels w = *reinterpret_cast<const Channels*>(weights + t * units);
      for (int p = 0; p < P; ++p) sum[p] += w * from[t + p * step];
    }
  }
  for (int p = 0; p < P; ++p) *reinterpret_cast<Channels*>(output + p * units) = sum[p];
}

template <int N>
inline void single_row(const Context<float>& ctx, const float* input, int64_t input_row,
                       const float* kernel, const float* bias, float* output) {
  const Operation& op = ctx.op;
  const int64_t units = op.out.channels;
  const int64_t step = int64_t{op.window.stride_width} * op.in.channels;
  int position = 0;
  for (; position + 8 <= op.out.width; position += 8) {
    single_tile<N, 8>(ctx, input + position * step, input_row, kernel, bias,
                      output + position * units);
  }
  for (; position + 4 <= op.out.width; position += 4) {
    single_tile<N, 4>(ctx, input + position * step, input_row, kernel, bias,
                      output + position * units);
  }
  for (; position < op.out.width; ++position) {
    single_tile<N, 1>(ctx, input + position * step, input_row, kernel, bias,
                      output + position * units);
  }
}

}  // namespace detail

// Conv2D, or Dense as a convolution of one position.
inline void single_forward(const Context<float>& ctx, const Pass& pass) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const Rows<float> x = ctx.x(), y = ctx.y();
  const int units = op.out.channels;
  for (int row = 0; row < op.out.height; ++row) {
    const float* input = op.matrix ? x.at
                                   : x.row(int64_t{row} * w.stride_height - w.pad_top) -
                                         int64_t{w.pad_left} * op.in.channels;
    for (int c = 0; c < units;) {
      const float* kernel = pass.parameters + op.kernel + c;
      const float* bias = op.bias >= 0 ? pass.parameters + op.bias + c : nullptr;
      float* output = y.row(row) + c;
      const int left = units - c;
      if (left >= kLanes) {
        detail::single_row<kLanes>(ctx, input, x.stride, kernel, bias, output);
        c += kLanes;
      } else if (kLanes > 8 && left >= 8) {
        detail::single_row<8>(ctx, input, x.stride, kernel, bias, output);
        c += 8;
      } else if (left >= 4) {
        detail::single_row<4>(ctx, input, x.stride, kernel, bias, output);
        c += 4;
      } else {
        detail::single_row<1>(ctx, input, x.stride, kernel, bias, output);
        c += 1;
      }
    }
    activate_row(y.row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

}  // namespace sn
