// Conv2D and Dense for one image: vectors run along the output channels.
//
// With one image most lanes of a slab would be idle. Here a tile is P positions x V vectors of
// channels; weights are read as the host keeps them, inputs are broadcast. The sums are taken in the
// same order as on a slab. The channels are worked on in groups, so that a group's weights stay in the
// cache for all positions, and so that threads can share an operation.
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

// Neighbouring positions in a tile, and vectors of channels in a group.
inline constexpr int kSinglePositions = kSums >= 24 ? 8 : 4;
#if defined(__wasm__)
inline constexpr int kSingleVectors = 1;  // there a small download counts for more
#else
inline constexpr int kSingleVectors = 2;
#endif
inline constexpr int kSingleGroup = kSingleVectors * kLanes;
// A group's weights lie a row of all channels apart, where caches keep few of them. They are copied side
// by side for so many tiles or more.
inline constexpr int kCopiedFor = 3;
// Rows of a matrix that are read side by side.
inline constexpr int kMatrixStreams = 8;

// V vectors of N channels of P neighbouring positions.
template <int N, int V, int P>
[[gnu::always_inline]] inline void single_tile(const Context<float>& ctx, const float* input,
                                               int64_t input_row, const float* kernel,
                                               int64_t kernel_row, const float* bias,
                                               float* output) {
  typedef typename Stretch<N>::Type Channels;
  const Operation& op = ctx.op;
  const int64_t units = op.out.channels;
  const int64_t depth = int64_t{op.window.width} * op.in.channels;
  const int64_t step = int64_t{op.window.stride_width} * op.in.channels;
  const bool relu = ctx.out.activation == kRelu;
  Channels sum[P][V];
  for (int v = 0; v < V; ++v) {
    const Channels first = bias ? *reinterpret_cast<const Channels*>(bias + v * N) : Channels{};
    for (int p = 0; p < P; ++p) sum[p][v] = first;
  }
  for (int row = 0; row < op.window.height; ++row) {
    const float* from = input + row * input_row;
    const float* weights = kernel + row * depth * kernel_row;
    for (int64_t t = 0; t < depth; ++t, weights += kernel_row) {
      Channels w[V];
      for (int v = 0; v < V; ++v) w[v] = *reinterpret_cast<const Channels*>(weights + v * N);
      for (int p = 0; p < P; ++p) {
        for (int v = 0; v < V; ++v) sum[p][v] += w[v] * from[t + p * step];
      }
    }
  }
  for (int p = 0; p < P; ++p) {
    for (int v = 0; v < V; ++v) {
      Channels y = sum[p][v];
      if (relu) y = y < Channels{} ? Channels{} : y;
      *reinterpret_cast<Channels*>(output + p * units + v * N) = y;
    }
  }
}

template <int N, int V>
inline void single_row(const Context<float>& ctx, const float* input, int64_t input_row,
                       const float* kernel, int64_t kernel_row, const float* bias, float* output) {
  const Operation& op = ctx.op;
  const int64_t units = op.out.channels;
  const int64_t step = int64_t{op.window.stride_width} * op.in.channels;
  int position = 0;
  for (; position + kSinglePositions <= op.out.width; position += kSinglePositions) {
    single_tile<N, V, kSinglePositions>(ctx, input + position * step, input_row, kernel, kernel_row,
                                        bias, output + position * units);
  }
  for (; !kPlainTails && position + 3 <= op.out.width; position += 3) {
    single_tile<N, V, 3>(ctx, input + position * step, input_row, kernel, kernel_row, bias,
                         output + position * units);
  }
  for (; position < op.out.width; ++position) {
    single_tile<N, V, 1>(ctx, input + position * step, input_row, kernel, kernel_row, bias,
                         output + position * units);
  }
}

// All rows of V vectors of N channels, from channel c on.
template <int N, int V>
[[gnu::noinline]] inline void single_channels(const Context<float>& ctx, const Pass& pass, int c,
                                              const float* kernel, int64_t kernel_row) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const Rows<float> x = ctx.x(), y = ctx.y();
  const float* bias = op.bias >= 0 ? pass.parameters + op.bias + c : nullptr;
  for (int row = 0; row < op.out.height; ++row) {
    const float* input =
        x.row(int64_t{row} * w.stride_height - w.pad_top) - int64_t{w.pad_left} * op.in.channels;
    float* output = y.row(row) + c;
    single_row<N, V>(ctx, input, x.stride, kernel, kernel_row, bias, output);
    if (ctx.out.activation == kRelu) continue;
    for (int column = 0; column < op.out.width; ++column, output += op.out.channels) {
      activate_row(output, N * V, ctx.out.activation, ctx.out.alpha);
    }
  }
}

// The weights of the whole groups among channels first … last-1, a group after the other.
inline void copy_groups(const Operation& op, const float* kernel, int first, int last, float* to) {
  const int64_t units = op.out.channels;
  for (int64_t t = 0; t < op.fan_in; ++t) {
    const float* from = kernel + t * units;
    for (int c = first; c + kSingleGroup <= last; c += kSingleGroup) {
      float* row = to + int64_t{c} * op.fan_in + t * kSingleGroup;
      for (int k = 0; k < kSingleGroup; ++k) row[k] = from[c + k];
    }
  }
}

}  // namespace detail

// The number of threads that may share an operation of one image: a group of channels each.
inline int32_t conv2d_single_parts(const Operation& op) {
  return ceil_div(op.out.channels, detail::kSingleGroup);
}
inline int32_t dense_single_parts(const Operation& op) {
  return ceil_div(op.out.channels, 4 * kLanes);
}

// Conv2D; part `pass.part` of its channels.
inline void conv2d_single(const Context<float>& ctx, const Pass& pass) {
  using namespace detail;
  const Operation& op = ctx.op;
  const int32_t groups = conv2d_single_parts(op);
  const int32_t end = groups * (pass.part + 1) / pass.parts * kSingleGroup;
  const int first = groups * pass.part / pass.parts * kSingleGroup;
  const int last = end < op.out.channels ? end : op.out.channels;
  const float* kernel = pass.parameters + op.kernel;
  float* copies = ctx.slab.scratch + op.packed_forward;
  const bool copied = op.out.height * op.out.width >= kCopiedFor * kSinglePositions;
  if (copied) copy_groups(op, kernel, first, last, copies);
  const int64_t units = op.out.channels;
  for (int c = first; c < last;) {
    const int left = last - c;
    if (left >= kSingleGroup && copied) {
      single_channels<kLanes, kSingleVectors>(ctx, pass, c, copies + int64_t{c} * op.fan_in,
                                              kSingleGroup);
      c += kSingleGroup;
    } else if (left >= kSingleGroup) {
      single_channels<kLanes, kSingleVectors>(ctx, pass, c, kernel + c, units);
      c += kSingleGroup;
    } else if (left >= kLanes) {
      single_channels<kLanes, 1>(ctx, pass, c, kernel + c, units);
      c += kLanes;
    } else if (kLanes > 8 && left >= 8) {
      single_channels<8, 1>(ctx, pass, c, kernel + c, units);
      c += 8;
    } else if (left >= 4) {
      single_channels<4, 1>(ctx, pass, c, kernel + c, units);
      c += 4;
    } else {
      single_channels<1, 1>(ctx, pass, c, kernel + c, units);
      c += 1;
    }
  }
}

// Dense: the outputs stay in the nearest cache while a few rows of the kernel at a time pass by.
inline void dense_single(const Context<float>& ctx, const Pass& pass) {
  using namespace detail;
  typedef Vector<kLanes>::Loose Units;
  const Operation& op = ctx.op;
  const int32_t groups = dense_single_parts(op);
  const int64_t units = op.out.channels, first = groups * pass.part / pass.parts * (4 * kLanes);
  const int64_t end = groups * (pass.part + 1) / pass.parts * (4 * kLanes);
  const int64_t last = end < units ? end : units;
  const float* x = ctx.x().at;
  float* y = ctx.y().at;
  for (int64_t u = first; u < last; ++u) {
    y[u] = op.bias >= 0 ? pass.parameters[op.bias + u] : 0.0f;
  }
  const float* kernel = pass.parameters + op.kernel;
  for (int64_t t = 0; t < op.fan_in; t += kMatrixStreams) {
    const int64_t left = op.fan_in - t;
    const float* rows = kernel + t * units;
    int64_t u = first;
    if (left >= kMatrixStreams) {
      for (; u + kLanes <= last; u += kLanes) {
        Units sum = *reinterpret_cast<const Units*>(y + u);
        for (int i = 0; i < kMatrixStreams; ++i) {
          sum += *reinterpret_cast<const Units*>(rows + i * units + u) * x[t + i];
        }
        *reinterpret_cast<Units*>(y + u) = sum;
      }
    }
    for (; u < last; ++u) {
      for (int64_t i = 0; i < (left < kMatrixStreams ? left : kMatrixStreams); ++i) {
        y[u] += rows[i * units + u] * x[t + i];
      }
    }
  }
  activate_row(y + first, last - first, ctx.out.activation, ctx.out.alpha);
}

}  // namespace sn
