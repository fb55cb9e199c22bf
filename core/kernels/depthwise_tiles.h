// Depthwise convolutions of 3 x 3, in tiles of 2 x 4 outputs of one channel: each input is read once, and
// weights, or outputs, stay in registers with the sums.
//
// A tile's vectors are a pixel apart, which is a power of two for most networks, so all of them lie in few
// sets of the nearest cache. These tiles have no more of them than fit there.
#pragma once

#include "../ops/operator.h"

namespace sn {

// Only with registers for their sums.
inline constexpr bool kDepthwiseTiles = kSums >= 24;

inline constexpr int kTileRows = 2, kTileColumns = 4;

// True for the windows that tiles are for, with a filter for each channel.
inline bool by_tiles(const Operation& op) {
  const Window& w = op.window;
  return kDepthwiseTiles && w.height == 3 && w.width == 3 && w.stride_height == w.stride_width &&
         w.stride_width <= 2 && op.in.channels == op.out.channels;
}

// Values of one channel: the first, and how far it is to the next row and column.
template <class T>
struct Plane {
  T* at;
  int64_t row, column;
  T& operator()(int r, int c) const { return at[r * row + c * column]; }
};

// The values under a tile that exist: rows top ... bottom - 1, columns left ... right - 1.
struct Inside {
  int top = 0, bottom = 1 << 30, left = 0, right = 1 << 30;
};

// Calls use(value, tap, output) for every product of a tile with stride S.
template <int S, class Use>
[[gnu::always_inline]] inline void each_product(const Plane<const Lanes>& x, const Inside& inside,
                                                Use use) {
#pragma clang loop unroll(full)
  for (int i = 0; i < S * (kTileRows - 1) + 3; ++i) {
    if (i < inside.top || i >= inside.bottom) continue;
#pragma clang loop unroll(full)
    for (int j = 0; j < S * (kTileColumns - 1) + 3; ++j) {
      if (j < inside.left || j >= inside.right) continue;
      const Lanes value = x(i, j);
#pragma clang loop unroll(full)
      for (int r = 0; r < kTileRows; ++r) {
#pragma clang loop unroll(full)
        for (int p = 0; p < kTileColumns; ++p) {
          const int ky = i - S * r, kx = j - S * p;
          if (ky >= 0 && ky < 3 && kx >= 0 && kx < 3) use(value, 3 * ky + kx, r * kTileColumns + p);
        }
      }
    }
  }
}

// A tile of outputs; `tap`: floats from a weight to that of the next tap. Where there are `values`, outputs
// are 0 unless those are above 0; they may be in the outputs' place.
template <int S>
[[gnu::always_inline]] inline void depthwise_outputs(const Plane<const Lanes>& x,
                                                     const Inside& inside, const float* weights,
                                                     int64_t tap, float bias,
                                                     const Plane<const Lanes>& values,
                                                     const Plane<Lanes>& y) {
  Lanes weight[9], sum[kTileRows * kTileColumns];
  for (int t = 0; t < 9; ++t) weight[t] = broadcast<Lanes>(weights[t * tap]);
  for (Lanes& each : sum) each = broadcast<Lanes>(bias);
  each_product<S>(x, inside, [&](Lanes value, int t, int output) __attribute__((always_inline)) {
    sum[output] += value * weight[t];
  });
  for (int r = 0; r < kTileRows; ++r) {
    for (int p = 0; p < kTileColumns; ++p) {
      const Lanes total = sum[r * kTileColumns + p];
      y(r, p) = !values.at ? total : values(r, p) > Lanes{} ? total : Lanes{};
    }
  }
}

// With stride 2, the gradients of 2 x 8 inputs of one channel, of which the last that output gradient 1, 1
// reaches is the first: dy's rows and columns begin one before. `values` as above.
[[gnu::always_inline]] inline void depthwise_inputs(const Plane<const Lanes>& dy,
                                                    const Inside& inside, const float* weights,
                                                    int64_t tap, const Plane<const Lanes>& values,
                                                    const Plane<Lanes>& dx) {
  Lanes w[9];
  for (int t = 0; t < 9; ++t) w[t] = broadcast<Lanes>(weights[t * tap]);
  const auto gradient = [&](int r, int c) __attribute__((always_inline)) {
    const bool there = r >= inside.top && r < inside.bottom && c >= inside.left && c < inside.right;
    return there ? dy(r, c) : Lanes{};
  };
  const auto put = [&](int r, int c, Lanes sum) __attribute__((always_inline)) {
    dx(r, c) = !values.at ? sum : values(r, c) > Lanes{} ? sum : Lanes{};
  };
  Lanes above = gradient(0, 0), before = gradient(1, 0);
#pragma clang loop unroll(full)
  for (int p = 0; p < kTileColumns; ++p) {
    const Lanes over = gradient(0, p + 1), here = gradient(1, p + 1);
    put(0, 2 * p, here * w[0] + before * w[2] + over * w[6] + above * w[8]);
    put(0, 2 * p + 1, here * w[1] + over * w[7]);
    put(1, 2 * p, here * w[3] + before * w[5]);
    put(1, 2 * p + 1, here * w[4]);
    above = over;
    before = here;
  }
}

// Adds to the sums of the nine taps what a tile of output gradients makes of them.
template <int S>
[[gnu::always_inline]] inline void depthwise_taps(const Plane<const Lanes>& x,
                                                  const Plane<const Lanes>& dy, Lanes (&sum)[9]) {
  Lanes d[kTileRows * kTileColumns];
  for (int r = 0; r < kTileRows; ++r) {
    for (int p = 0; p < kTileColumns; ++p) d[r * kTileColumns + p] = dy(r, p);
  }
  each_product<S>(x, {}, [&](Lanes value, int t, int output) __attribute__((always_inline)) {
    sum[t] += value * d[output];
  });
}

// Calls work(row, column, channel) for the tiles of rows first ... last - 1 and columns from `left` on that
// are whole; returns the rows and columns where they end.
template <int Columns, class Work>
[[gnu::always_inline]] inline Pair each_tile(int first, int last, int left, int width, int channels,
                                             Work work) {
  Pair at = {first, left};
  for (; at.height + kTileRows <= last; at.height += kTileRows) {
    for (at.width = left; at.width + Columns <= width; at.width += Columns) {
      for (int c = 0; c < channels; ++c) work(at.height, at.width, c);
    }
  }
  return at;
}

// Outputs of rows first ... last - 1 in whole tiles; returns the rows and columns that they reach.
template <int S>
Pair outputs_by_stride(const Context<Lanes>& ctx, const Pass& pass, int first, int last) {
  const Operation& op = ctx.op;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> x = ctx.x(), y = ctx.y();
  const auto work = [&](int row, int column, int c) {
    const Lanes* from =
        x.row(S * row - op.window.pad_top) + (S * column - op.window.pad_left) * channels + c;
    depthwise_outputs<S>({from, x.stride, channels}, {}, pass.parameters + op.kernel + c, channels,
                         op.bias >= 0 ? pass.parameters[op.bias + c] : 0.0f, {},
                         {y.row(row) + column * channels + c, y.stride, channels});
  };
  return each_tile<kTileColumns>(first, last, 0, op.out.width, op.out.channels, work);
}

inline Pair outputs_of_tiles(const Context<Lanes>& ctx, const Pass& pass, int first, int last) {
  return ctx.op.window.stride_width == 1 ? outputs_by_stride<1>(ctx, pass, first, last)
                                         : outputs_by_stride<2>(ctx, pass, first, last);
}

// The gradients of inputs in rows first ... last - 1, from column `left` on, likewise; with stride 2, both
// are the first that an output gradient reaches.
template <int S>
Pair inputs_by_stride(const Context<Lanes>& ctx, const Pass& pass, int first, int last, int left) {
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int64_t channels = op.in.channels;
  const Rows<Lanes> dy = ctx.dy(), dx = ctx.dx(), x = ctx.x();
  const bool relu = ctx.in.activation == kRelu;
  const auto work = [&](int row, int column, int c) {
    // The first output gradient that a tile reads.
    const int top = S == 1 ? row + w.pad_top - 2 : (row + w.pad_top) / 2 - 1;
    const int begin = S == 1 ? column + w.pad_left - 2 : (column + w.pad_left) / 2 - 1;
    const int64_t at = column * channels + c;
    const Plane<const Lanes> from = {dy.row(top) + begin * channels + c, dy.stride, channels};
    const Inside inside = {-top, op.out.height - top, -begin, op.out.width - begin};
    const Plane<const Lanes> values = {relu ? x.row(row) + at : nullptr, x.stride, channels};
    const Plane<Lanes> to = {dx.row(row) + at, dx.stride, channels};
    const float* kernel = pass.parameters + op.kernel + c;
    if constexpr (S == 1) {  // the kernel turned round
      depthwise_outputs<1>(from, inside, kernel + 8 * channels, -channels, 0.0f, values, to);
    } else {
      depthwise_inputs(from, inside, kernel, channels, values, to);
    }
  };
  return each_tile<S * kTileColumns>(first, last, left, op.in.width, op.in.channels, work);
}

inline Pair inputs_of_tiles(const Context<Lanes>& ctx, const Pass& pass, int first, int last,
                            int left) {
  return ctx.op.window.stride_width == 1 ? inputs_by_stride<1>(ctx, pass, first, last, left)
                                         : inputs_by_stride<2>(ctx, pass, first, last, left);
}

// Adds to the nine sums of one filter what whole tiles of output gradients make of them.
template <int S>
void taps_by_stride(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, Pair size,
                    Lanes* sums) {
  const int64_t channels = ctx.op.in.channels, x_row = ctx.x().stride, dy_row = ctx.dy().stride;
  Lanes sum[9];
  for (int t = 0; t < 9; ++t) sum[t] = sums[t];
  for (int row = 0; row < size.height; row += kTileRows) {
    for (int column = 0; column < size.width; column += kTileColumns) {
      depthwise_taps<S>({x + S * (row * x_row + column * channels), x_row, channels},
                        {dy + row * dy_row + column * channels, dy_row, channels}, sum);
    }
  }
  for (int t = 0; t < 9; ++t) sums[t] = sum[t];
}

inline void taps_of_tiles(const Context<Lanes>& ctx, const Lanes* x, const Lanes* dy, Pair size,
                          Lanes* sums) {
  ctx.op.window.stride_width == 1 ? taps_by_stride<1>(ctx, x, dy, size, sums)
                                  : taps_by_stride<2>(ctx, x, dy, size, sums);
}

}  // namespace sn
