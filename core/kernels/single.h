// Conv2D and Dense for one image: vectors run along the output channels.
//
// With one image most lanes of a slab would be idle. Here a tile is P positions x V vectors of
// channels; inputs are broadcast. The sums are taken in the same order as on a slab. A group of channels
// takes a block of a kernel's rows at a time, whose weights stay in the nearest cache for all positions;
// meanwhile the outputs hold the sums so far. Threads share the channels.
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
// Weights of a channel in a block, at most: a group's take half of the nearest cache.
inline constexpr int kSingleBlock = 192;
// Rows of a matrix that are read side by side.
inline constexpr int kMatrixStreams = 8;

// A block of weights, from the first channel of V vectors on.
struct SingleTask {
  const float* input;  // what the first weight reads at position 0 of row 0
  const float* weights;
  int64_t weight_row;  // floats from a weight to the next of the same channel
  int kernel_rows;
  int64_t depth;      // weights of a kernel row
  const float* bias;  // may be null
  bool first, last;   // the sums begin here, or go on from the outputs; they are complete
  float* copies;      // where the first tile leaves the weights for the others, or null
  const float* next;  // weights that come next, and how many: they are fetched meanwhile
  int64_t next_rows;
};

// V vectors of N channels of P neighbouring positions.
template <int N, int V, int P, bool Copies>
[[gnu::always_inline]] inline void sum_tile(const Context<float>& ctx, const SingleTask& task,
                                            const float* input, float* output) {
  typedef typename Stretch<N>::Type Channels;
  const int64_t units = ctx.op.out.channels;
  const int64_t step = int64_t{ctx.op.window.stride_width} * ctx.op.in.channels;
  Channels sum[P][V];
  for (int p = 0; p < P; ++p) {
    const float* from = kPlainTails || task.first ? task.bias : output + p * units;
    for (int v = 0; v < V; ++v) {
      sum[p][v] = from ? *reinterpret_cast<const Channels*>(from + v * N) : Channels{};
    }
  }
  const float* weights = task.weights;
  float* copies = task.copies;
  for (int row = 0; row < task.kernel_rows; ++row, input += ctx.x().stride) {
    for (int64_t t = 0; t < task.depth; ++t, weights += task.weight_row) {
      Channels w[V];
      for (int v = 0; v < V; ++v) w[v] = *reinterpret_cast<const Channels*>(weights + v * N);
      for (int v = 0; Copies && v < V; ++v, copies += N) {
        *reinterpret_cast<Channels*>(copies) = w[v];
      }
      for (int p = 0; p < P; ++p) {
        for (int v = 0; v < V; ++v) sum[p][v] += w[v] * input[t + p * step];
      }
    }
  }
  const bool relu = !kPlainTails && task.last && ctx.out.activation == kRelu;
  for (int p = 0; p < P; ++p) {
    for (int v = 0; v < V; ++v) {
      Channels y = sum[p][v];
      if (relu) y = y < Channels{} ? Channels{} : y;
      *reinterpret_cast<Channels*>(output + p * units + v * N) = y;
    }
  }
}

template <int N, int V, int P>
[[gnu::always_inline]] inline void single_tile(const Context<float>& ctx, SingleTask& task,
                                               const float* input, float* output) {
  // A group's weights lie a row of all channels apart, where caches keep few of them.
  if (!kPlainTails && V == kSingleVectors && N == kLanes && task.copies) {
    sum_tile<N, V, P, true>(ctx, task, input, output);
    task.weights = task.copies;
    task.weight_row = N * V;
    task.copies = nullptr;
  } else {
    sum_tile<N, V, P, false>(ctx, task, input, output);
  }
}

// All rows of V vectors of N channels, from channel c on.
template <int N, int V>
[[gnu::noinline]] inline void single_channels(const Context<float>& ctx, SingleTask& task, int c) {
  const Operation& op = ctx.op;
  const Rows<float> x = ctx.x(), y = ctx.y();
  const int64_t units = op.out.channels, step = int64_t{op.window.stride_width} * op.in.channels;
  const int64_t rows = op.out.height;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t t = task.next_rows * row / rows;
         !kPlainTails && t < task.next_rows * (row + 1) / rows; ++t) {
      for (int v = 0; v < N * V; v += 16) __builtin_prefetch(task.next + t * units + v, 0, 2);
    }
    const float* input = task.input + row * x.stride * op.window.stride_height;
    float* output = y.row(row) + c;
    int position = 0;
    for (; position + kSinglePositions <= op.out.width; position += kSinglePositions) {
      single_tile<N, V, kSinglePositions>(ctx, task, input + position * step,
                                          output + position * units);
    }
    for (; !kPlainTails && position + 3 <= op.out.width; position += 3) {
      single_tile<N, V, 3>(ctx, task, input + position * step, output + position * units);
    }
    for (; position < op.out.width; ++position) {
      single_tile<N, V, 1>(ctx, task, input + position * step, output + position * units);
    }
    if (!kPlainTails && (!task.last || ctx.out.activation == kRelu)) continue;
    for (int column = 0; column < op.out.width; ++column, output += units) {
      activate_row(output, N * V, ctx.out.activation, ctx.out.alpha);
    }
  }
}

// Whole groups of channels, first … last-1, with all weights of a group copied at once: less code.
inline void plain_groups(const Context<float>& ctx, SingleTask& task, const float* kernel,
                         const float* bias, int first, int last) {
  float* copies = ctx.slab.scratch + ctx.op.packed_forward;
  for (int c = first; c < last; c += kSingleGroup) {
    const float* from = kernel + c;
    for (int64_t t = 0; t < ctx.op.fan_in; ++t, from += ctx.op.out.channels) {
      typedef Vector<kSingleGroup>::Loose Group;
      *reinterpret_cast<Group*>(copies + t * kSingleGroup) = *reinterpret_cast<const Group*>(from);
    }
    task.weights = copies;
    task.weight_row = kSingleGroup;
    task.bias = bias ? bias + c : nullptr;
    single_channels<kLanes, kSingleVectors>(ctx, task, c);
  }
}

// The same, a block of weights after the other.
inline void single_groups(const Context<float>& ctx, SingleTask task, const float* kernel,
                          const float* bias, int first, int last) {
  alignas(64) float copies[kSingleBlock * kSingleGroup];
  const Operation& op = ctx.op;
  const int64_t units = op.out.channels, depth = task.depth, height = op.window.height;
  const int64_t tall = depth < kSingleBlock ? kSingleBlock / depth : 1;
  const int64_t blocks = (height + tall - 1) / tall,
                parts = (depth + kSingleBlock - 1) / kSingleBlock;
  const float* input = task.input;
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t row = height * block / blocks;
    task.kernel_rows = static_cast<int>(height * (block + 1) / blocks - row);
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t start = depth * part / parts;
      task.depth = depth * (part + 1) / parts - start;
      task.first = block + part == 0;
      task.last = block + 1 == blocks && part + 1 == parts;
      task.input = input + row * ctx.x().stride + start;
      task.next_rows = task.kernel_rows * task.depth;
      const float* weights = kernel + (row * depth + start) * units;
      for (int c = first; c < last; c += kSingleGroup) {
        task.weights = weights + c;
        task.weight_row = units;
        task.copies = copies;
        task.bias = bias ? bias + c : nullptr;
        // After the last block it is the memory behind it: often the weights of the next operation.
        task.next = c + kSingleGroup < last ? weights + c + kSingleGroup
                                            : weights + task.next_rows * units + first;
        single_channels<kLanes, kSingleVectors>(ctx, task, c);
      }
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
  const Window& w = op.window;
  const int32_t groups = conv2d_single_parts(op);
  const int32_t end = groups * (pass.part + 1) / pass.parts * kSingleGroup;
  const int first = groups * pass.part / pass.parts * kSingleGroup;
  const int last = end < op.out.channels ? end : op.out.channels;
  const float* kernel = pass.parameters + op.kernel;
  const float* bias = op.bias >= 0 ? pass.parameters + op.bias : nullptr;
  SingleTask task{};
  task.input = ctx.x().row(-w.pad_top) - int64_t{w.pad_left} * op.in.channels;
  task.kernel_rows = w.height;
  task.depth = int64_t{w.width} * op.in.channels;
  task.first = task.last = true;
  int c = last - (last - first) % kSingleGroup;
  if constexpr (kPlainTails) {
    plain_groups(ctx, task, kernel, bias, first, c);
  } else {
    single_groups(ctx, task, kernel, bias, first, c);
  }
  while (c < last) {
    const int left = last - c;
    task.weights = kernel + c;
    task.weight_row = op.out.channels;
    task.bias = bias ? bias + c : nullptr;
    if (kSingleGroup > kLanes && left >= kLanes) {
      single_channels<kLanes, 1>(ctx, task, c);
      c += kLanes;
    } else if (kLanes > 8 && left >= 8) {
      single_channels<8, 1>(ctx, task, c);
      c += 8;
    } else if (kSingleGroup > 4 && left >= 4) {
      single_channels<4, 1>(ctx, task, c);
      c += 4;
    } else {
      single_channels<1, 1>(ctx, task, c);
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
