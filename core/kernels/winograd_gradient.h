// The kernel's gradient of a 3x3 convolution by Winograd's filtering, F(3x3, 2x2): nine sums over
// tiles of 2x2 output gradients, with 16 products a tile.
//
// The inputs have the same frequencies as on the way forward (winograd.h). The sums run over images,
// which are lanes; so, as for Dense, vectors run along the output channels, each image's inputs are
// broadcast, and no lane is ever summed. The sums of all frequencies stay in the cache meanwhile.
#pragma once

#include "winograd.h"

namespace sn {
namespace detail {

// The 2x2 output gradients of a tile as [pixel][image][channel], whole vectors of channels.
inline void turn_tile(const Picture& dy, Corner at, Lanes* turned) {
  const int channels = dy.shape.channels;
  const int64_t vectors = vectors_of(channels);
  for (int pixel = 0; pixel < 4; ++pixel) {
    const Lanes* from = dy.pixel(at.row + pixel / 2, at.column + pixel % 2);
    Lanes* to = turned + pixel * vectors * kLanes;
    for (int64_t group = 0; group < vectors; ++group) {
      Lanes v[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        const int64_t c = group * kLanes + i;
        v[i] = c < channels ? from[c] : Lanes{};
      }
      transpose_lanes(v);
      for (int i = 0; i < kLanes; ++i) to[i * vectors + group] = v[i];
    }
  }
}

// Their 16 frequencies, but for factors of a half that `kernel_of_sums` makes up for.
inline void transform_turned(const Lanes* turned, const Frequencies& to, int tile) {
  const int64_t plane = to.plane();
  for (int64_t k = 0; k < to.channels; ++k) {
    Lanes t[4][2];
    for (int j = 0; j < 2; ++j) {
      const Lanes g0 = turned[j * to.channels + k], g1 = turned[(2 + j) * to.channels + k];
      t[0][j] = g0;
      t[1][j] = g0 + g1;
      t[2][j] = g0 - g1;
      t[3][j] = g1;
    }
    Lanes* out = to.tile(tile) + k;
    for (int i = 0; i < 4; ++i, out += 4 * plane) {
      out[0] = t[i][0];
      out[plane] = t[i][0] + t[i][1];
      out[2 * plane] = t[i][0] - t[i][1];
      out[3 * plane] = t[i][1];
    }
  }
}

// Sums of Inputs x Width vectors of output channels stay in registers for all images of a band.
template <int Inputs, int Width>
[[gnu::noinline]] inline void outer_tile(const Lanes* x, int64_t x_step, const Lanes* dy, int tiles,
                                         int64_t vectors, Lanes* sums) {
  Lanes sum[Inputs][Width];
  for (int r = 0; r < Inputs; ++r) {
    for (int w = 0; w < Width; ++w) sum[r][w] = sums[r * vectors + w];
  }
  for (int k = 0; k < tiles; ++k) {
    const float* values = reinterpret_cast<const float*>(x + k * x_step);
    for (int i = 0; i < kLanes; ++i, dy += vectors) {
      Lanes d[Width];
      for (int w = 0; w < Width; ++w) d[w] = dy[w];
      for (int r = 0; r < Inputs; ++r) {
        const Lanes value = broadcast<Lanes>(values[r * kLanes + i]);
        for (int w = 0; w < Width; ++w) sum[r][w] += value * d[w];
        for (int w = 0; Inputs * Width > kSums && w < Width; ++w) keep(sum[r][w]);
      }
    }
  }
  for (int r = 0; r < Inputs; ++r) {
    for (int w = 0; w < Width; ++w) sums[r * vectors + w] = sum[r][w];
  }
}

template <int Inputs>
inline void outer_rows(const Lanes* x, int64_t x_step, const Lanes* dy, int tiles, int64_t vectors,
                       Lanes* sums) {
  int64_t v = 0;
  for (; v + 2 <= vectors; v += 2) {
    outer_tile<Inputs, 2>(x, x_step, dy + v, tiles, vectors, sums + v);
  }
  if (v < vectors) outer_tile<Inputs, 1>(x, x_step, dy + v, tiles, vectors, sums + v);
}

// sums[frequency][input][output] += x times dy, over the images of a band.
inline void add_band(const Frequencies& x, const Frequencies& dy, int tiles, int64_t vectors,
                     Lanes* sums) {
  constexpr int kInputs = kSums >= 24 ? 8 : 4;  // times two vectors
  for (int f = 0; f < 16; ++f) {
    const Lanes* from = x.at + f * x.plane();
    const Lanes* by = dy.at + f * dy.plane();
    Lanes* to = sums + f * x.channels * vectors;
    int64_t c = 0;
    for (; c + kInputs <= x.channels; c += kInputs) {
      outer_rows<kInputs>(from + c, x.channels, by, tiles, vectors, to + c * vectors);
    }
    for (; c < x.channels; ++c) {
      outer_rows<1>(from + c, x.channels, by, tiles, vectors, to + c * vectors);
    }
  }
}

// The first `count` values.
inline void store_lanes(const Lanes& values, int64_t count, float* to) {
  if (count == kLanes) {
    *reinterpret_cast<Vector<kLanes>::Loose*>(to) = values;
  } else {
    for (int64_t n = 0; n < count; ++n) to[n] = values[n];
  }
}

// From 16 frequencies to [tap][input][output].
inline void kernel_of_sums(const Lanes* sums, int inputs, int outputs, float* kernel) {
  const int64_t vectors = vectors_of(outputs), plane = inputs * vectors;
  const int64_t tap = int64_t{inputs} * outputs;
  for (int64_t k = 0; k < plane; ++k) {
    Lanes s[3][4];
    for (int j = 0; j < 4; ++j) {
      const Lanes m1 = sums[(4 + j) * plane + k] * 0.5f, m2 = sums[(8 + j) * plane + k] * 0.5f;
      s[0][j] = sums[j * plane + k] + (m1 + m2);
      s[1][j] = m1 - m2;
      s[2][j] = sums[(12 + j) * plane + k] + (m1 + m2);
    }
    const int64_t channel = k % vectors * kLanes;
    const int64_t count = outputs - channel < kLanes ? outputs - channel : kLanes;
    float* to = kernel + k / vectors * outputs + channel;
    for (int i = 0; i < 3; ++i) {
      const Lanes m1 = s[i][1] * 0.5f, m2 = s[i][2] * 0.5f;
      const Lanes taps[3] = {s[i][0] + (m1 + m2), m1 - m2, s[i][3] + (m1 + m2)};
      for (int j = 0; j < 3; ++j, to += tap) {
        store_lanes(taps[j], count, to);
      }
    }
  }
}

}  // namespace detail

// Writes this slab's kernel gradient into the slab's sums, as `conv2d_kernel_gradient` does.
inline void winograd_kernel_gradient(const Context<Lanes>& ctx) {
  using namespace detail;
  const Operation& op = ctx.op;
  const int64_t vectors = vectors_of(op.out.channels), sum_count = 16 * op.in.channels * vectors;
  const Frequencies v = {ctx.slab.scratch, op.in.channels}, g = {v.end(), vectors * kLanes};
  Lanes* const sums = g.end();
  Lanes* const turned = sums + sum_count;
  Lanes* const outside = turned + 4 * g.channels;
  const Picture x = {ctx.x(), op.in, outside}, dy = {ctx.dy(), op.out, outside};
  clear(outside, op.in.channels > op.out.channels ? op.in.channels : op.out.channels);
  clear(sums, sum_count);
  each_band(op.out, [&](const Corner* at, int tiles) {
    for (int k = 0; k < tiles; ++k) {
      transform_patch(x, at[k].row - op.window.pad_top, at[k].column - op.window.pad_left, v, k);
      turn_tile(dy, at[k], turned);
      transform_turned(turned, g, k);
    }
    add_band(v, g, tiles, vectors, sums);
  });
  kernel_of_sums(sums, op.in.channels, op.out.channels, ctx.slab.gradients + op.slab_gradient);
}

}  // namespace sn
