// Convolutions with windows five columns wide and stride 1, in training, by Winograd's filtering along
// rows, F(4, 5): 8 products for four outputs instead of 20.
//
// Sums turn eight neighbouring inputs of a row into 8 frequencies (winograd_row_points.h), and the five taps
// of a kernel's row too (winograd_row_pack.h). In each frequency what is left is a convolution with windows
// of one column, the loop of correlate.h. As nothing is transformed along columns, few channels suffice. The
// gradient of the input is the same backward: output gradients become frequencies, and the eight inputs of
// a tile overlap those of the next.
#pragma once

#include "outer_gradient.h"
#include "winograd_row_points.h"

namespace sn {
namespace row {

// As many vectors of frequencies as are worked on together: they stay in the second-level cache.
inline constexpr int64_t kWorked = 4096;

// The frequencies of columns of tiles: [frequency][column][row][channel].
struct Planes {
  Lanes* at;
  int64_t rows, channels, columns;
  int64_t column() const { return rows * channels; }
  int64_t plane() const { return columns * column() + kPlaneGap; }
  Lanes* of(int frequency) const { return at + frequency * plane(); }
  Lanes* end() const { return of(kPoints); }
};

// `least` neighbouring pixels of which `width` are in the image; the others are zeros, in a copy.
inline const Lanes* pixels_of(const Lanes* from, int width, int least, int64_t channels,
                              Lanes* edge) {
  if (width >= least) return from;
  for (int64_t i = 0; i < width * channels; ++i) edge[i] = from[i];
  detail::clear(edge + width * channels, (least - width) * channels);
  return edge;
}

// The bits in a tile's row of inputs that each of its outputs reads.
inline void bits_of(const Lanes* from, int64_t channels, IntLanes* to) {
  IntLanes any[kPoints] = {};
  for (int64_t c = 0; c < channels; ++c) {
    for (int j = 0; j < kPoints; ++j)
      any[j] |= reinterpret_cast<const IntLanes&>(from[j * channels + c]);
  }
  const IntLanes inner = any[3] | any[4];  // which all four read
  to[0] = any[0] | any[1] | any[2] | inner;
  to[1] = any[1] | any[2] | any[5] | inner;
  to[2] = any[2] | any[5] | any[6] | inner;
  to[3] = any[5] | any[6] | any[7] | inner;
}

// Inputs of a column of tiles, rows first ... first + to.rows - 1, counted with the border.
__attribute__((minsize, noinline)) inline void transform_inputs(const Context<Lanes>& ctx,
                                                                int column, int first,
                                                                const Planes& to, int place,
                                                                Lanes* edge,
                                                                IntLanes* bits = nullptr) {
  const Operation& op = ctx.op;
  const int64_t channels = to.channels, plane = to.plane();
  const int left = column * kOutputs, width = op.out.width + kTaps - 1 - left;  // columns there are
  const Rows<Lanes> x = ctx.x();
  for (int row = 0; row < to.rows; ++row) {
    const Lanes* from =
        x.row(first + row - op.window.pad_top) + int64_t{left - op.window.pad_left} * channels;
    from = pixels_of(from, width, kPoints, channels, edge);
    if (bits) bits_of(from, channels, bits + row * kOutputs);
    Lanes* out = to.at + place * to.column() + row * channels;
    for (int64_t c = 0; c < channels; ++c) of_inputs(from + c, channels, out + c, plane);
  }
}

// Output gradients of a column of tiles, rows first ... first + to.rows - 1.
__attribute__((minsize, noinline)) inline void transform_outputs(const Context<Lanes>& ctx,
                                                                 int column, int first,
                                                                 const Planes& to, int place,
                                                                 Lanes* edge) {
  const int64_t channels = to.channels, plane = to.plane();
  const int left = column * kOutputs, width = ctx.op.out.width - left;
  for (int row = 0; row < to.rows; ++row) {
    const Lanes* from = ctx.dy().row(first + row) + left * channels;
    from = pixels_of(from, width, kOutputs, channels, edge);
    Lanes* out = to.at + place * to.column() + row * channels;
    for (int64_t c = 0; c < channels; ++c) of_outputs(from + c, channels, out + c, plane);
  }
}

// Of fewer output channels too many lanes would be idle.
inline bool by_outer(const Operation& op) { return op.out.channels >= 16; }

inline int columns_of(const Operation& op) { return (op.out.width + kOutputs - 1) / kOutputs; }

// Rows of outputs worked on together, and columns of tiles for the gradient of the kernel.
inline int rows_of(const Operation& op, int height) {
  const int64_t channels = op.in.channels + op.out.channels;
  const int64_t fit = kWorked / (kPoints * channels) - op.window.height + 1;
  const int most = fit < 4 ? 4 : static_cast<int>(fit);
  const int bands = (height + most - 1) / most;
  return (height + bands - 1) / bands;
}
inline int group_of(const Operation& op) {
  const int64_t rows = rows_of(op, op.out.height);
  const int64_t column =
      kPoints * (rows * op.out.channels + (rows + op.window.height - 1) * op.in.channels);
  const int64_t fit = kWorked / column;
  const int columns = columns_of(op);
  return fit < 1 ? 1 : fit < columns ? static_cast<int>(fit) : columns;
}

}  // namespace row

// Of fewer channels the sums cost more than the saved products: docs/log.md. Those that read images only
// have their kernel's gradient so.
inline bool row_gradient_pays(const Operation& op) {
  const Window& w = op.window;
  return kRows && !op.large && w.width == row::kTaps && w.height <= 8 && w.stride_height == 1 &&
         w.stride_width == 1 && op.out.width >= 4 && op.out.height >= 4 && op.out.channels >= 8 &&
         op.in.channels * w.height >= 5;
}
inline bool row_pays(const Operation& op) { return op.row_gradient && op.in.channels >= 4; }

inline int64_t row_packed(const Operation& op) {
  return row::kPoints * int64_t{op.window.height} * op.in.channels * op.out.channels;
}

inline int64_t row_scratch(const Operation& op) {
  using namespace row;
  const int64_t in = op.in.channels, out = op.out.channels, more = op.window.height - 1;
  const int64_t edge = kPoints * (in > out ? in : out);
  const int64_t rows = rows_of(op, op.out.height);
  const int64_t inputs = rows_of(op, op.in.height);
  const int64_t forward = kPoints * ((rows + more) * in + rows * out) + kOutputs * (rows + more);
  const int64_t backward =
      kPoints * ((inputs + more) * out + inputs * in) + inputs * (kOutputs + 1) * in;
  const int64_t sums = (row_packed(op) + kLanes - 1) / kLanes;
  const int64_t vectors = vectors_of(op.out.channels), turned = vectors * kLanes;
  const int64_t gradient =
      by_outer(op) ? kPoints * ((rows + more) * in + rows * turned + (more + 1) * in * vectors) +
                         kOutputs * turned
                   : group_of(op) * forward + sums;
  const int64_t most = forward > backward ? forward : backward;
  return (most > gradient ? most : gradient) + edge + 2 * kPoints * kPlaneGap;
}

__attribute__((minsize)) inline void row_forward(const Context<Lanes>& ctx, const float* parameters,
                                                 const float* packed) {
  using namespace row;
  const Operation& op = ctx.op;
  const int64_t in = op.in.channels, out = op.out.channels;
  const int rows = rows_of(op, op.out.height), columns = columns_of(op), taps = op.window.height;
  const float* bias = op.bias >= 0 ? parameters + op.bias : nullptr;
  const Lanes least = broadcast<Lanes>(ctx.out.activation == kRelu ? 0.0f : -__builtin_inff());
  RowTask task{};
  task.step = in;
  task.last_row = task.kernel_rows = 1;
  task.taps = taps;
  task.depth = op.in.channels;
  task.channels = op.out.channels;
  task.floor = -__builtin_inff();
  task.output_step = out;
  for (int first = 0; first < op.out.height; first += rows) {
    const int count = op.out.height - first < rows ? op.out.height - first : rows;
    const Planes v = {ctx.slab.scratch, count + taps - 1, in, 1}, m = {v.end(), count, out, 1};
    task.positions = count;
    for (int column = 0; column < columns; ++column) {
      IntLanes* const bits = reinterpret_cast<IntLanes*>(m.end());  // [row][output]
      transform_inputs(ctx, column, first, v, 0, m.end() + v.rows * kOutputs, bits);
      for (int f = 0; f < kPoints; ++f) {
        task.input = v.of(f);
        task.output = m.of(f);
        task.weights = packed + op.packed_forward + f * taps * in * out;
        correlate_row<kConvTile, false>(task);
      }
      const int left = column * kOutputs;
      const int wide = op.out.width - left < kOutputs ? op.out.width - left : kOutputs;
      for (int r = 0; r < count; ++r) {
        Lanes* to = ctx.y().row(first + r) + left * out;
        // A window of zeros gives exactly the bias, as direct sums do: there a relu or a maximum decides.
        IntLanes reads[kOutputs];
        for (int j = 0; j < kOutputs; ++j) {
          IntLanes any = {};
          for (int ky = 0; ky < taps; ++ky) any |= bits[(r + ky) * kOutputs + j];
          reads[j] = any != IntLanes{};
        }
        for (int64_t c = 0; c < out; ++c) {
          Lanes y[kOutputs];
          to_outputs(m.at + r * out + c, m.plane(), y);
          const Lanes b = broadcast<Lanes>(bias ? bias[c] : 0.0f);
          for (int j = 0; j < kOutputs; ++j) {
            y[j] = reinterpret_cast<Lanes>(reinterpret_cast<IntLanes>(y[j]) & reads[j]) + b;
            y[j] = y[j] < least ? least : y[j];  // NaN stays
          }
          if (wide == kOutputs) {
            for (int j = 0; j < kOutputs; ++j) to[j * out + c] = y[j];
          } else {
            for (int j = 0; j < wide; ++j) to[j * out + c] = y[j];
          }
        }
      }
    }
  }
  if (ctx.out.activation == kRelu) return;
  for (int row = 0; row < op.out.height; ++row) {
    activate_row(ctx.y().row(row), ctx.out_row(), ctx.out.activation, ctx.out.alpha);
  }
}

__attribute__((minsize)) inline void row_input_gradient(const Context<Lanes>& ctx,
                                                        const float* packed) {
  using namespace row;
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int64_t in = op.in.channels, out = op.out.channels;
  const int rows = rows_of(op, op.in.height), columns = columns_of(op), taps = w.height;
  const Rows<Lanes> x = ctx.x(), dx = ctx.dx();
  RowTask task{};
  task.step = out;
  task.last_row = task.kernel_rows = 1;
  task.taps = taps;
  task.depth = op.out.channels;
  task.channels = op.in.channels;
  task.floor = -__builtin_inff();
  task.output_step = in;
  task.clipped = true;
  for (int first = 0; first < op.in.height; first += rows) {
    const int count = op.in.height - first < rows ? op.in.height - first : rows;
    // The rows of output gradients that reach these.
    const int above = first + w.pad_top - (taps - 1), below = first + count + w.pad_top;
    const int top = above < 0 ? 0 : above;
    const int bottom = below < op.out.height ? below : op.out.height;
    const Planes v = {ctx.slab.scratch, bottom > top ? bottom - top : 0, out, 1};
    const Planes m = {v.end(), count, in, 1};
    Lanes* const carried = m.end();  // [row][four columns][channel]
    Lanes* const edge = carried + count * kOutputs * in;
    detail::clear(carried, count * kOutputs * in);
    task.positions = count;
    task.clip_start = above - top;
    task.clip_width = static_cast<int>(v.rows);
    for (int column = 0; column <= columns; ++column) {
      if (column < columns) {
        transform_outputs(ctx, column, top, v, 0, edge);
        for (int f = 0; f < kPoints; ++f) {
          task.input = v.of(f) + task.clip_start * out;
          task.output = m.of(f);
          task.weights = packed + op.packed_backward + f * taps * in * out;
          correlate_row<kConvTile, true>(task);
        }
      }
      // Its first four inputs are complete now, with what the tile before left.
      const int left = column * kOutputs - w.pad_left;
      const int from = left < 0 ? -left : 0;
      const int to = op.in.width - left < kOutputs ? op.in.width - left : kOutputs;
      for (int r = 0; r < count; ++r) {
        Lanes* kept = carried + r * kOutputs * in;
        Lanes* done = edge;
        for (int64_t c = 0; c < in && column < columns; ++c) {
          Lanes d[kPoints];
          to_inputs(m.at + r * in + c, m.plane(), d);
          for (int j = 0; j < kOutputs; ++j) {
            done[j * in + c] = kept[j * in + c] + d[j];
            kept[j * in + c] = d[kOutputs + j];
          }
        }
        if (column == columns) done = kept;
        if (from >= to) continue;
        const int64_t at = int64_t{left + from} * in;
        backward_row(dx.row(first + r) + at, x.row(first + r) + at, done + from * in,
                     (to - from) * in, ctx.in.activation, ctx.in.alpha);
      }
    }
  }
}

}  // namespace sn
