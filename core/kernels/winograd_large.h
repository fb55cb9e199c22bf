// Convolutions with windows of up to 8x8 and stride 1, in training, by Winograd filtering F(4x4, 4x4).
//
// The window is cut into four blocks of 4x4 taps, with zeros where it ends earlier. The inputs of tile i
// and block b are those of tile i + 1 and block b - 1, so their frequencies are computed once: a patch of
// 7x7 inputs begins every four pixels. In each of the 49 frequencies, the convolution is one with 2x2 taps
// over patches, the loop of correlate.h. A 7x7 window takes 12.25 products instead of 49 for an output.
//
// The points are 0, 1, -1, 2, -2, -1/2 and infinity; rows are scaled by powers of two.
// A whole image is processed for each frequency, so that its weights are read once.
#pragma once

#include "outer_gradient.h"

namespace sn {
namespace large {

inline constexpr int kSide = 4, kPoints = 7, kFrequencies = kPoints * kPoints;

// Outputs from frequencies; turned, frequencies of output gradients.
inline constexpr float kBack[4][7] = {
    {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 0.0f},
    {0.0f, 1.0f, -1.0f, 2.0f, -2.0f, -0.5f, 0.0f},
    {0.0f, 1.0f, 1.0f, 4.0f, 4.0f, 0.25f, 0.0f},
    {0.0f, 1.0f, -1.0f, 8.0f, -8.0f, -0.125f, 1.0f},
};
// Frequencies from taps; turned, gradients of taps.
inline constexpr float kOfTaps[7][4] = {
    {2.0f, 0.0f, 0.0f, 0.0f},
    {-8.0f / 9.0f, -8.0f / 9.0f, -8.0f / 9.0f, -8.0f / 9.0f},
    {4.0f / 3.0f, -4.0f / 3.0f, 4.0f / 3.0f, -4.0f / 3.0f},
    {1.0f / 30.0f, 1.0f / 15.0f, 2.0f / 15.0f, 4.0f / 15.0f},
    {-1.0f / 18.0f, 1.0f / 9.0f, -2.0f / 9.0f, 4.0f / 9.0f},
    {-128.0f / 45.0f, 64.0f / 45.0f, -32.0f / 45.0f, 16.0f / 45.0f},
    {0.0f, 0.0f, 0.0f, 4.0f},
};
// Frequencies from inputs.
inline constexpr float kOfInputs[7][7] = {
    {0.5f, 1.0f, -0.625f, -1.25f, 0.125f, 0.25f, 0.0f},
    {0.0f, -0.25f, -0.75f, -0.4375f, 0.1875f, 0.125f, 0.0f},
    {0.0f, 0.5f, 0.5f, -1.125f, -0.125f, 0.25f, 0.0f},
    {0.0f, -0.5f, -1.25f, 0.0f, 1.25f, 0.5f, 0.0f},
    {0.0f, 0.5f, 0.75f, -1.0f, -0.75f, 0.5f, 0.0f},
    {0.0f, 1.0f, 0.0f, -1.25f, 0.0f, 0.25f, 0.0f},
    {0.0f, 0.5f, 1.0f, -0.625f, -1.25f, 0.125f, 0.25f},
};

// The tiles of 4x4 outputs of an image, and the patches of inputs: one more in each direction.
struct Grid {
  int rows, columns;
  explicit Grid(const Shape& shape)
      : rows((shape.height + kSide - 1) / kSide), columns((shape.width + kSide - 1) / kSide) {}
  int64_t tiles() const { return int64_t{rows} * columns; }
  int64_t patches() const { return int64_t{rows + 1} * (columns + 1); }
};

// [frequency][tile or patch][channel].
struct Planes {
  Lanes* at;
  int64_t count, channels;
  int64_t plane() const { return count * channels + kPlaneGap; }
  Lanes* of(int frequency) const { return at + frequency * plane(); }
  Lanes* end() const { return of(kFrequencies); }
};

// `to` = the matrix times `from`, whose values lie `step` apart.
template <int Rows, int Columns, class T>
[[gnu::always_inline]] inline void times(const float (&matrix)[Rows][Columns], const T* from,
                                         int from_step, T* to, int to_step) {
  for (int i = 0; i < Rows; ++i) {
    T sum = T{};
    for (int k = 0; k < Columns; ++k) {
      if (matrix[i][k] != 0.0f) sum += from[k * from_step] * matrix[i][k];
    }
    to[i * to_step] = sum;
  }
}

// The same with the matrix turned.
template <int Rows, int Columns, class T>
[[gnu::always_inline]] inline void times_turned(const float (&matrix)[Rows][Columns], const T* from,
                                                int from_step, T* to, int to_step) {
  for (int k = 0; k < Columns; ++k) {
    T sum = T{};
    for (int i = 0; i < Rows; ++i) {
      if (matrix[i][k] != 0.0f) sum += from[i * from_step] * matrix[i][k];
    }
    to[k * to_step] = sum;
  }
}

// The frequencies of all patches; the first begins at row -top, column -left.
inline void transform_patches(const detail::Picture& x, int top, int left, const Grid& grid,
                              const Planes& to) {
  Lanes* out = to.at;
  for (int row = 0; row <= grid.rows; ++row) {
    for (int column = 0; column <= grid.columns; ++column, out += to.channels) {
      const Lanes* from[kPoints][kPoints];
      for (int i = 0; i < kPoints; ++i) {
        for (int j = 0; j < kPoints; ++j) {
          from[i][j] = x.pixel(row * kSide - top + i, column * kSide - left + j);
        }
      }
      for (int64_t c = 0; c < to.channels; ++c) {
        Lanes t[kPoints][kPoints];
        for (int j = 0; j < kPoints; ++j) {
          Lanes d[kPoints];
          for (int i = 0; i < kPoints; ++i) d[i] = from[i][j][c];
          times(kOfInputs, d, 1, &t[0][j], kPoints);
        }
        for (int i = 0; i < kPoints; ++i) {
          Lanes f[kPoints];
          times(kOfInputs, t[i], 1, f, 1);
          for (int j = 0; j < kPoints; ++j) out[(i * kPoints + j) * to.plane() + c] = f[j];
        }
      }
    }
  }
}

// y = x times weights, in every frequency.
inline void multiply(const Planes& x, const Planes& y, const Grid& grid, const float* weights) {
  RowTask task{};
  task.step = x.channels;
  task.input_row = (grid.columns + 1) * x.channels;
  task.last_row = task.kernel_rows = task.taps = 2;
  task.depth = static_cast<int>(x.channels);
  task.positions = grid.columns;
  task.channels = static_cast<int>(y.channels);
  task.floor = -__builtin_inff();
  task.output_step = y.channels;
  for (int f = 0; f < kFrequencies; ++f) {
    task.weights = weights + f * 4 * x.channels * y.channels;
    for (int row = 0; row < grid.rows; ++row) {
      task.input = x.of(f) + row * task.input_row;
      task.output = y.of(f) + row * grid.columns * y.channels;
      correlate_row<kConvTile, false>(task);
    }
  }
}

// Calls store(row, column, channel, values) with the 4x4 values of each tile.
template <class Store>
inline void transform_back(const Planes& m, const Grid& grid, Store store) {
  const Lanes* from = m.at;
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column, from += m.channels) {
      for (int64_t c = 0; c < m.channels; ++c) {
        Lanes s[kSide][kPoints], y[kSide][kSide];
        for (int j = 0; j < kPoints; ++j) {
          Lanes f[kPoints];
          for (int i = 0; i < kPoints; ++i) f[i] = from[(i * kPoints + j) * m.plane() + c];
          times(kBack, f, 1, &s[0][j], kPoints);
        }
        for (int i = 0; i < kSide; ++i) times(kBack, s[i], 1, y[i], 1);
        store(row * kSide, column * kSide, c, y);
      }
    }
  }
}

// The 4x4 output gradients of each tile, turned, as 49 frequencies [tile][image][channel].
inline void transform_turned(const detail::Picture& dy, const Grid& grid, Lanes* turned,
                             const Planes& to) {
  const int64_t vectors = vectors_of(dy.shape.channels), step = kLanes * vectors;
  Lanes* out = to.at;
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column, out += step) {
      for (int i = 0; i < kSide * kSide; ++i) {
        const Lanes* from = dy.pixel(row * kSide + i / kSide, column * kSide + i % kSide);
        detail::turn_row(from, 1, dy.shape.channels, turned + i * step);
      }
      for (int64_t k = 0; k < step; ++k) {
        Lanes t[kPoints][kSide];
        for (int j = 0; j < kSide; ++j) {
          times_turned(kBack, turned + j * step + k, static_cast<int>(kSide * step), &t[0][j],
                       kSide);
        }
        for (int i = 0; i < kPoints; ++i) {
          Lanes f[kPoints];
          times_turned(kBack, t[i], 1, f, 1);
          for (int j = 0; j < kPoints; ++j) out[(i * kPoints + j) * to.plane() + k] = f[j];
        }
      }
    }
  }
}

// The products of Inputs patches and the output gradients of Width vectors of channels, summed over the
// images of all tiles.
template <int Inputs, int Width>
[[gnu::noinline]] inline void outer_tiles(const Lanes* x, int64_t x_step, int64_t x_row,
                                          const Lanes* dy, const Grid& grid, int64_t vectors,
                                          Lanes* sums) {
  Lanes sum[Inputs][Width] = {};
  for (int row = 0; row < grid.rows; ++row, x += x_row) {
    for (int column = 0; column < grid.columns; ++column) {
      const float* values = reinterpret_cast<const float*>(x + column * x_step);
      for (int i = 0; i < kLanes; ++i, dy += vectors) {
        Lanes d[Width];
        for (int w = 0; w < Width; ++w) d[w] = dy[w];
        for (int r = 0; r < Inputs; ++r) {
          const Lanes value = broadcast<Lanes>(values[r * kLanes + i]);
          for (int w = 0; w < Width; ++w) sum[r][w] += value * d[w];
        }
      }
    }
  }
  for (int r = 0; r < Inputs; ++r) {
    for (int w = 0; w < Width; ++w) sums[r * vectors + w] = sum[r][w];
  }
}

template <int Inputs>
inline void outer_grid(const Lanes* x, int64_t x_step, int64_t x_row, const Lanes* dy,
                       const Grid& grid, int64_t vectors, Lanes* sums) {
  int64_t v = 0;
  for (; v + 2 <= vectors; v += 2) {
    outer_tiles<Inputs, 2>(x, x_step, x_row, dy + v, grid, vectors, sums + v);
  }
  if (v < vectors) outer_tiles<Inputs, 1>(x, x_step, x_row, dy + v, grid, vectors, sums + v);
}

// From the sums [frequency][block][input][output] to [tap][input][output].
inline void kernel_of_sums(const Operation& op, const Lanes* sums, float* kernel) {
  const int inputs = op.in.channels, outputs = op.out.channels;
  const int64_t vectors = vectors_of(outputs), plane = inputs * vectors;
  const Window& w = op.window;
  for (int block = 0; block < 4; ++block) {
    for (int64_t k = 0; k < plane; ++k) {
      Lanes s[kSide][kPoints], taps[kSide][kSide];
      for (int j = 0; j < kPoints; ++j) {
        times_turned(kOfTaps, sums + (int64_t{j} * 4 + block) * plane + k,
                     static_cast<int>(kPoints * 4 * plane), &s[0][j], kPoints);
      }
      for (int i = 0; i < kSide; ++i) times_turned(kOfTaps, s[i], 1, taps[i], 1);
      const int64_t channel = k % vectors * kLanes;
      const int64_t count = outputs - channel < kLanes ? outputs - channel : kLanes;
      for (int i = 0; i < kSide * kSide; ++i) {
        const int ky = block / 2 * kSide + i / kSide, kx = block % 2 * kSide + i % kSide;
        if (ky >= w.height || kx >= w.width) continue;
        detail::store_lanes(
            taps[i / kSide][i % kSide], count,
            kernel + ((int64_t{ky} * w.width + kx) * inputs + k / vectors) * outputs + channel);
      }
    }
  }
}

}  // namespace large

inline int64_t large_packed(const Operation& op) {
  return large::kFrequencies * 4 * int64_t{op.in.channels} * op.out.channels;
}

// Vectors of scratch: the most of the three passes.
inline int64_t large_scratch(const Operation& op) {
  using namespace large;
  const Grid out(op.out), in(op.in);
  const int64_t inputs = op.in.channels, outputs = op.out.channels;
  const int64_t vectors = vectors_of(op.out.channels);
  const auto of = [](int64_t v, int64_t m) { return kFrequencies * (v + m + 2 * kPlaneGap); };
  const int64_t forward = of(out.patches() * inputs, out.tiles() * outputs);
  const int64_t backward = of(in.patches() * outputs, in.tiles() * inputs);
  const int64_t gradient = of(out.patches() * inputs, out.tiles() * vectors * kLanes) +
                           kFrequencies * 4 * inputs * vectors + kSide * kSide * vectors * kLanes;
  const int64_t most = forward > backward ? forward : backward;
  return (most > gradient ? most : gradient) + inputs + outputs;
}

// Smaller windows save too few products, larger images leave the caches.
inline bool large_pays(const Operation& op) {
  constexpr int64_t kMostScratch = 1 << 18;
  const Window& w = op.window;
  return kWinograd && w.height > 4 && w.width > 4 && w.height <= 8 && w.width <= 8 &&
         w.height * w.width >= 36 && w.stride_height == 1 && w.stride_width == 1 &&
         op.in.channels >= 16 && op.out.channels >= 16 && op.out.height >= 4 && op.out.width >= 4 &&
         large_scratch(op) <= kMostScratch;
}

inline void large_forward(const Context<Lanes>& ctx, const float* parameters, const float* packed) {
  using namespace large;
  const Operation& op = ctx.op;
  const Grid grid(op.out);
  const Planes v = {ctx.slab.scratch, grid.patches(), op.in.channels};
  const Planes m = {v.end(), grid.tiles(), op.out.channels};
  const detail::Picture x = {ctx.x(), op.in, m.end()};
  const detail::Picture y = {ctx.y(), op.out, m.end() + op.in.channels};
  detail::clear(x.outside, op.in.channels);
  transform_patches(x, op.window.pad_top, op.window.pad_left, grid, v);
  multiply(v, m, grid, packed + op.packed_forward);
  transform_back(m, grid, [&](int row, int column, int64_t c, const Lanes(&values)[4][4]) {
    const Lanes bias = broadcast<Lanes>(op.bias >= 0 ? parameters[op.bias + c] : 0.0f);
    for (int i = 0; i < kSide; ++i) {
      for (int j = 0; j < kSide; ++j) y.pixel(row + i, column + j)[c] = values[i][j] + bias;
    }
  });
  for (int row = 0; row < op.out.height; ++row) {
    activate_row(ctx.y().row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

inline void large_input_gradient(const Context<Lanes>& ctx, const float* packed) {
  using namespace large;
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const Grid grid(op.in);
  const Planes v = {ctx.slab.scratch, grid.patches(), op.out.channels};
  const Planes m = {v.end(), grid.tiles(), op.in.channels};
  const detail::Picture dy = {ctx.dy(), op.out, m.end()};
  detail::clear(dy.outside, op.out.channels);
  transform_patches(dy, w.height - 1 - w.pad_top, w.width - 1 - w.pad_left, grid, v);
  multiply(v, m, grid, packed + op.packed_backward);
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx();
  transform_back(m, grid, [&](int row, int column, int64_t c, const Lanes(&values)[4][4]) {
    for (int i = 0; i < kSide && row + i < op.in.height; ++i) {
      for (int j = 0; j < kSide && column + j < op.in.width; ++j) {
        const int64_t to = int64_t{column + j} * op.in.channels + c;
        backward_row(dx.row(row + i) + to, x.row(row + i) + to, &values[i][j], 1, ctx.in.activation,
                     ctx.in.alpha);
      }
    }
  });
}

// Writes this slab's kernel gradient into the slab's sums, as `conv2d_kernel_gradient` does.
inline void large_kernel_gradient(const Context<Lanes>& ctx) {
  using namespace large;
  constexpr int kInputs = kSums >= 24 ? 8 : 4;  // times two vectors
  const Operation& op = ctx.op;
  const int inputs = op.in.channels, outputs = op.out.channels;
  const int64_t vectors = vectors_of(outputs), block = inputs * vectors;
  const Grid grid(op.out);
  const Planes v = {ctx.slab.scratch, grid.patches(), inputs};
  const Planes g = {v.end(), grid.tiles(), vectors * kLanes};
  Lanes* const sums = g.end();
  Lanes* const turned = sums + kFrequencies * 4 * block;
  Lanes* const outside = turned + kSide * kSide * g.channels;
  detail::clear(outside, inputs > outputs ? inputs : outputs);
  transform_patches({ctx.x(), op.in, outside}, op.window.pad_top, op.window.pad_left, grid, v);
  transform_turned({ctx.dy(), op.out, outside}, grid, turned, g);
  const int64_t patch_row = (grid.columns + 1) * int64_t{inputs};
  for (int f = 0; f < kFrequencies; ++f) {
    for (int b = 0; b < 4; ++b) {
      Lanes* to = sums + (f * 4 + b) * block;
      const Lanes* x = v.of(f) + b / 2 * patch_row + b % 2 * inputs;
      int c = 0;
      for (; c + kInputs <= inputs; c += kInputs) {
        outer_grid<kInputs>(x + c, inputs, patch_row, g.of(f), grid, vectors, to + c * vectors);
      }
      for (; c < inputs; ++c) {
        outer_grid<1>(x + c, inputs, patch_row, g.of(f), grid, vectors, to + c * vectors);
      }
    }
  }
  kernel_of_sums(op, sums, ctx.slab.gradients + op.slab_gradient);
}

}  // namespace sn
