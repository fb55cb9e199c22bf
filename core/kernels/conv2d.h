// Conv2D on a slab: outputs, gradient of the input, gradients of kernel and bias.
//
// Shapes: x [height][width][in], kernel [ky][kx][in][out], y [rows][columns][out], each value a vector
// of lanes. The input's border of zeros (for `same`) is part of its memory, so forward and kernel
// gradient never look where they are; the input's gradient clips its taps instead of multiplying zeros.
#pragma once

#include "activation.h"
#include "correlate.h"
#include "pack.h"

namespace sn {

inline void conv2d_forward(const Context<Lanes>& ctx, const float* parameters, const float* packed,
                           const Band& band) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const Rows<Lanes> x = ctx.x(), y = ctx.y();
  const int depth = op.in.channels;
  RowTask task{};
  task.input_row = x.stride;
  task.step = int64_t{w.stride_width} * depth;
  task.first_row = 0;
  task.last_row = task.kernel_rows = w.height;
  task.taps = w.width;
  task.depth = depth;
  task.positions = op.out.width;
  task.weights = packed + op.packed_forward;
  task.channels = op.out.channels;
  task.bias = op.bias >= 0 ? parameters + op.bias : nullptr;
  task.floor = ctx.out.activation == kRelu ? 0.0f : -__builtin_inff();
  task.output_step = op.out.channels;
  for (int row = band.first(); row < band.last(op.out.height); ++row) {
    task.input = x.row(int64_t{row} * w.stride_height - w.pad_top) - int64_t{w.pad_left} * depth;
    task.output = y.row(row);
    correlate_row<kConvTile, false>(task);
    if (ctx.out.activation != kRelu) {
      activate_row(y.row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
    }
  }
}

// dx[iy][ix] = sum over ky, kx, out of dy[(iy + pad - ky) / stride][…] kernel[ky][kx][in][out].
// Input rows and columns whose (index + pad) leaves the same remainder share their taps: a phase.
// With stride 1 there is one phase and this is a correlation with the turned kernel.
inline void conv2d_input_gradient(const Context<Lanes>& ctx, const float* packed,
                                  const Band& band) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const Rows<Lanes> dy = ctx.dy(), dx = ctx.dx(), x = ctx.x();
  const int inputs = op.in.channels, outputs = op.out.channels;
  Lanes* scratch = ctx.slab.scratch;
  RowTask task{};
  task.input_row = dy.stride;
  task.step = outputs;
  task.depth = outputs;
  task.clipped = true;
  task.clip_width = op.out.width;
  task.channels = inputs;
  task.floor = -__builtin_inff();
  task.output_step = int64_t{w.stride_width} * inputs;
  for (int iy = band.first(); iy < band.last(op.in.height); ++iy) {
    const int phase_row = (iy + w.pad_top) % w.stride_height;
    const int rows = phase_taps(w.height, w.stride_height, phase_row);
    const int top = (iy + w.pad_top) / w.stride_height - (rows - 1);  // dy row of tap row 0
    task.kernel_rows = rows;
    task.first_row = top < 0 ? -top : 0;
    task.last_row = op.out.height - top < rows ? op.out.height - top : rows;
    bool direct = false;
    for (int phase = 0; phase < w.stride_width; ++phase) {
      const int first = (phase - w.pad_left % w.stride_width + w.stride_width) % w.stride_width;
      if (first >= op.in.width) continue;
      task.taps = phase_taps(w.width, w.stride_width, phase);
      task.positions = (op.in.width - first + w.stride_width - 1) / w.stride_width;
      task.clip_start = (first + w.pad_left) / w.stride_width - (task.taps - 1);
      task.weights = packed + op.packed_backward + phase_start(op, phase_row, phase);
      task.input = dy.at + top * dy.stride + int64_t{task.clip_start} * outputs;
      task.output = scratch + int64_t{first} * inputs;
      // One tap reads where its output gradient is, if there is one for each input.
      const bool inside = kLargeImages && w.width == 1 && task.positions == op.out.width;
      direct = inside && w.stride_width == 1 &&
               (ctx.in.activation == kRelu || ctx.in.activation == kLinear);
      if (direct) {
        task.output = dx.row(iy);
        task.values = ctx.in.activation == kRelu ? x.row(iy) : nullptr;
      }
      inside ? correlate_row<kConvTile, false>(task) : correlate_row<kConvTile, true>(task);
    }
    if (direct) continue;
    backward_row(dx.row(iy), x.row(iy), scratch, ctx.in_row(), ctx.in.activation, ctx.in.alpha);
  }
}

namespace detail {

// Output channels of a tile of the kernel's gradient: 12 sums of 6 x 2 leave a register free.
inline constexpr int kGradientTile = kConvSums > kSums ? 2 : kConvTile;

// Each of `count` sums over its lanes, `channels` of them side by side and the next `outputs` behind. Not
// part of a tile: there it would take registers from the loop.
#if !defined(__wasm__)
[[gnu::noinline]]
#endif
inline void store_sums(const Lanes* sums, int count, int channels, int64_t outputs, float* to) {
  int channel = 0;
  for (int first = 0; first < count; first += kLanes) {
    Lanes group[kLanes];
    const int left = count - first < kLanes ? count - first : kLanes;
    for (int i = 0; i < kLanes; ++i) group[i] = i < left ? sums[first + i] : Lanes{};
    const Lanes totals = sum_lanes(group);
    const float* values = reinterpret_cast<const float*>(&totals);
    for (int i = 0; i < left; ++i) {
      to[channel] = values[i];
      if (++channel < channels) continue;
      channel = 0;
      to += outputs;
    }
  }
}

// Pairs of inputs and output gradients, in rows of columns; vectors from one to the next.
struct Windows {
  int rows, columns;
  int64_t x_row, x_step, dy_row, dy_step;
};

// The gradient of Steps x Channels neighbouring weights stays in registers while all windows pass by; its
// lanes are summed once, at the end.
template <int Steps, int Channels>
[[gnu::noinline]] inline void kernel_tile(const Windows& task, const Lanes* x, const Lanes* dy,
                                          float* gradient, int64_t outputs) {
  Lanes sum[Steps][Channels] = {};
  for (int row = 0; row < task.rows; ++row) {
    const Lanes* from = x + row * task.x_row;
    const Lanes* by = dy + row * task.dy_row;
    for (int column = 0; column < task.columns; ++column) {
      Lanes d[Channels];
      for (int c = 0; c < Channels; ++c) d[c] = by[c];
      for (int s = 0; s < Steps; ++s) {
        const Lanes value = from[s];
        for (int c = 0; c < Channels; ++c) sum[s][c] += value * d[c];
        for (int c = 0; Steps * Channels > kSums && c < Channels; ++c) keep(sum[s][c]);
      }
      from += task.x_step;
      by += task.dy_step;
    }
  }
  Lanes sums[Steps * Channels];  // another array, so that the loop's isn't one in memory
  for (int k = 0; k < Steps * Channels; ++k) sums[k] = sum[k / Channels][k % Channels];
  store_sums(sums, Steps * Channels, Channels, outputs, gradient);
}

template <int Channels, int Steps>
inline void kernel_steps(int steps, const Windows& task, const Lanes* x, const Lanes* dy,
                         float* gradient, int64_t outputs) {
  if constexpr (Steps >= 1) {
    if (steps == Steps) return kernel_tile<Steps, Channels>(task, x, dy, gradient, outputs);
    kernel_steps<Channels, Steps - 1>(steps, task, x, dy, gradient, outputs);
  }
}

// `length` inputs of a window that lie one behind the other, and Channels outputs.
template <int Channels>
inline void kernel_channels(const Windows& task, const Lanes* x, const Lanes* dy, int64_t length,
                            float* gradient, int64_t outputs) {
  constexpr bool kPlain = kPlainTails && Channels < kGradientTile;
  constexpr int kFit = (Channels == kGradientTile ? kConvSums : kSums) / Channels;
  constexpr int kMost = kPlain ? 1 : kFit > 6 ? 6 : kFit;
  const int64_t tiles = (length + kMost - 1) / kMost;
  int64_t t = 0;
  for (int64_t i = 0; i < tiles; ++i) {
    const int wide = static_cast<int>((length - t + tiles - i - 1) / (tiles - i));
    kernel_steps<Channels, kMost>(wide, task, x + t, dy, gradient + t * outputs, outputs);
    t += wide;
  }
}

template <int Channels>
inline void kernel_tail(int width, const Windows& task, const Lanes* x, const Lanes* dy,
                        int64_t length, float* gradient, int64_t outputs) {
  if constexpr (kPlainTails) {
    for (int c = 0; c < width; ++c) {
      kernel_channels<1>(task, x, dy + c, length, gradient + c, outputs);
    }
  } else if constexpr (Channels >= 1) {
    if (width == Channels) return kernel_channels<Channels>(task, x, dy, length, gradient, outputs);
    kernel_tail<Channels - 1>(width, task, x, dy, length, gradient, outputs);
  }
}

// [input][output].
#if !defined(__wasm__)
[[gnu::noinline]]
#endif
inline void kernel_row(const Windows& task, const Lanes* x, const Lanes* dy, int64_t length,
                       int outputs, float* gradient) {
  int channel = 0;
  for (; channel + kGradientTile <= outputs; channel += kGradientTile) {
    kernel_channels<kGradientTile>(task, x, dy + channel, length, gradient + channel, outputs);
  }
  kernel_tail<kGradientTile - 1>(outputs - channel, task, x, dy + channel, length,
                                 gradient + channel, outputs);
}

}  // namespace detail

// Writes this slab's kernel gradient into the slab's sums; behind it comes the bias gradient.
inline void conv2d_kernel_gradient(const Context<Lanes>& ctx) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const Rows<Lanes> x = ctx.x(), dy = ctx.dy();
  const int64_t length = int64_t{w.width} * op.in.channels;
  const detail::Windows task = {op.out.height,
                                op.out.width,
                                x.stride * w.stride_height,
                                int64_t{w.stride_width} * op.in.channels,
                                dy.stride,
                                op.out.channels};
  for (int ky = 0; ky < w.height; ++ky) {
    const Lanes* from = x.row(ky - w.pad_top) - int64_t{w.pad_left} * op.in.channels;
    detail::kernel_row(task, from, dy.at, length, op.out.channels,
                       ctx.slab.gradients + op.slab_gradient + ky * length * op.out.channels);
  }
}

inline void conv2d_bias_gradient(const Context<Lanes>& ctx) {
  const Operation& op = ctx.op;
  if (op.bias < 0) return;
  bias_gradient_of(ctx,
                   ctx.slab.gradients + op.slab_gradient + int64_t{op.fan_in} * op.out.channels);
}

}  // namespace sn
