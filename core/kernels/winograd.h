// 3x3 convolutions with stride 1 by Winograd's minimal filtering F(2x2, 3x3): 16 products for four
// outputs instead of 36. Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
//
// Outputs are taken in tiles of 2x2. Sums and differences turn a tile's 4x4 patch of inputs into 16
// frequencies, and the nine taps of a kernel too (pack.h). In each frequency the convolution is a
// product over channels alone, the same loop as everywhere (correlate.h); its 16 results combine into
// the tile. The gradient of the input is the same with the turned kernel; for the kernel's gradient see
// winograd_gradient.h. A band of a few tiles is worked on at a time, so that it stays in the cache.
//
// For training only: its last bits differ from those of one image alone (single.h).
#pragma once

#include "conv2d.h"
#include "winograd_sizes.h"

namespace sn {
namespace detail {

// 16 planes, [frequency][tile of the band][channel].
struct Frequencies {
  Lanes* at;
  int64_t channels;
  int64_t plane() const { return kBand * channels + kPlaneGap; }
  Lanes* tile(int index) const { return at + index * channels; }
  Lanes* end() const { return at + 16 * plane(); }
};

// An image, and a pixel that stands for all outside of it.
struct Picture {
  Rows<Lanes> rows;
  Shape shape;
  Lanes* outside;
  Lanes* pixel(int row, int column) const {
    const bool inside = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
    return inside ? rows.row(row) + int64_t{column} * shape.channels : outside;
  }
};

inline void clear(Lanes* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) values[i] = Lanes{};
}

// Calls work(corners, tiles) for the 2x2 tiles of an image in bands as even as can be.
struct Corner {
  int row, column;
};

template <class Work>
inline void each_band(const Shape& shape, Work work) {
  const int columns = (shape.width + 1) / 2, tiles = columns * ((shape.height + 1) / 2);
  const int bands = (tiles + kBand - 1) / kBand;
  int tile = 0;
  for (int band = 0; band < bands; ++band) {
    const int wide = (tiles - tile + bands - band - 1) / (bands - band);
    Corner corners[kBand];
    for (int k = 0; k < wide; ++k, ++tile) corners[k] = {tile / columns * 2, tile % columns * 2};
    work(corners, wide);
  }
}

// The frequencies of the 4x4 patch with that corner; a channel at a time, whose 16 values are kept in
// registers between the columns' sums and the rows'.
inline void transform_patch(const Picture& x, int top, int left, const Frequencies& to, int tile) {
  const Lanes* from[4][4];
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) from[i][j] = x.pixel(top + i, left + j);
  }
  const int64_t plane = to.plane();
  for (int c = 0; c < x.shape.channels; ++c) {
    Lanes t[4][4];
    for (int j = 0; j < 4; ++j) {
      const Lanes d0 = from[0][j][c], d1 = from[1][j][c], d2 = from[2][j][c], d3 = from[3][j][c];
      t[0][j] = d0 - d2;
      t[1][j] = d1 + d2;
      t[2][j] = d2 - d1;
      t[3][j] = d3 - d1;
    }
    Lanes* out = to.tile(tile) + c;  // moves on: 16 addresses would not fit the registers
    for (int i = 0; i < 4; ++i, out += 4 * plane) {
      out[0] = t[i][0] - t[i][2];
      out[plane] = t[i][1] + t[i][2];
      out[2 * plane] = t[i][2] - t[i][1];
      out[3 * plane] = t[i][3] - t[i][1];
    }
  }
}

// y = x times weights, in every frequency.
inline void multiply(const Frequencies& x, const Frequencies& y, int tiles, const float* weights) {
  RowTask task{};
  task.step = x.channels;
  task.last_row = task.kernel_rows = 1;
  task.taps = 1;
  task.depth = static_cast<int>(x.channels);
  task.positions = tiles;
  task.channels = static_cast<int>(y.channels);
  task.floor = -__builtin_inff();
  task.output_step = y.channels;
  for (int f = 0; f < 16; ++f) {
    task.input = x.at + f * x.plane();
    task.weights = weights + f * x.channels * y.channels;
    task.output = y.at + f * y.plane();
    correlate_row<kConvTile, false>(task);
  }
}

// The 2x2 values of a tile, a channel at a time in registers; `to` are the places of its four pixels.
inline void transform_back(const Frequencies& m, int tile, const float* bias, float floor,
                           Lanes* const (&to)[2][2]) {
  const Lanes least = broadcast<Lanes>(floor);
  const int64_t plane = m.plane();
  for (int c = 0; c < m.channels; ++c) {
    const Lanes b = broadcast<Lanes>(bias ? bias[c] : 0.0f);
    const Lanes* from = m.tile(tile) + c;
    Lanes s[2][4];
    for (int j = 0; j < 4; ++j, from += plane) {
      const Lanes m0 = from[0], m1 = from[4 * plane], m2 = from[8 * plane], m3 = from[12 * plane];
      s[0][j] = m0 + m1 + m2;
      s[1][j] = m1 - m2 + m3;
    }
    for (int i = 0; i < 2; ++i) {
      const Lanes y0 = s[i][0] + s[i][1] + s[i][2] + b, y1 = s[i][1] - s[i][2] + s[i][3] + b;
      to[i][0][c] = y0 < least ? least : y0;  // NaN stays
      to[i][1][c] = y1 < least ? least : y1;
    }
  }
}

}  // namespace detail

inline void winograd_forward(const Context<Lanes>& ctx, const float* parameters,
                             const float* packed) {
  using namespace detail;
  const Operation& op = ctx.op;
  const Frequencies v = {ctx.slab.scratch, op.in.channels}, m = {v.end(), op.out.channels};
  const Picture y = {ctx.y(), op.out, m.end()};
  const Picture x = {ctx.x(), op.in, m.end() + op.out.channels};
  clear(x.outside, op.in.channels);
  const float* bias = op.bias >= 0 ? parameters + op.bias : nullptr;
  const bool relu = ctx.out.activation == kRelu;
  each_band(op.out, [&](const Corner* at, int tiles) {
    for (int k = 0; k < tiles; ++k) {
      transform_patch(x, at[k].row - op.window.pad_top, at[k].column - op.window.pad_left, v, k);
    }
    multiply(v, m, tiles, packed + op.packed_forward);
    for (int k = 0; k < tiles; ++k) {
      const auto [row, column] = at[k];
      Lanes* const to[2][2] = {{y.pixel(row, column), y.pixel(row, column + 1)},
                               {y.pixel(row + 1, column), y.pixel(row + 1, column + 1)}};
      transform_back(m, k, bias, relu ? 0.0f : -__builtin_inff(), to);
    }
  });
  if (relu) return;
  for (int row = 0; row < op.out.height; ++row) {
    activate_row(ctx.y().row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

inline void winograd_input_gradient(const Context<Lanes>& ctx, const float* packed) {
  using namespace detail;
  const Operation& op = ctx.op;
  const int inputs = op.in.channels;
  const Frequencies v = {ctx.slab.scratch, op.out.channels}, m = {v.end(), inputs};
  Lanes* const tile = m.end();
  Lanes* const pixels[2][2] = {{tile, tile + inputs}, {tile + 2 * inputs, tile + 3 * inputs}};
  const Picture dy = {ctx.dy(), op.out, tile + 4 * inputs};
  clear(dy.outside, op.out.channels);
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx();
  each_band(op.in, [&](const Corner* at, int tiles) {
    for (int k = 0; k < tiles; ++k) {
      transform_patch(dy, at[k].row + op.window.pad_top - 2, at[k].column + op.window.pad_left - 2,
                      v, k);
    }
    multiply(v, m, tiles, packed + op.packed_backward);
    for (int k = 0; k < tiles; ++k) {
      const auto [row, column] = at[k];
      transform_back(m, k, nullptr, -__builtin_inff(), pixels);
      for (int i = 0; i < 2 && row + i < op.in.height; ++i) {
        for (int j = 0; j < 2 && column + j < op.in.width; ++j) {
          const int64_t to = int64_t{column + j} * inputs;
          backward_row(dx.row(row + i) + to, x.row(row + i) + to, pixels[i][j], inputs,
                       ctx.in.activation, ctx.in.alpha);
        }
      }
    }
  });
}

}  // namespace sn
