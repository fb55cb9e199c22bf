// The kernel's gradient of a convolution with many channels: outer products of inputs and output
// gradients, summed over positions and images.
//
// In conv2d.h a tile of sums reads its inputs and output gradients, a vector of images each, for every
// position of the image: with many channels more than the caches deliver. Here vectors run along the
// output channels and each image's inputs are broadcast, as in winograd_gradient.h: a tile has 128 sums
// or more in place of 24, no lane is ever summed, and a row of output gradients is worked on at a time.
#pragma once

#include "winograd_gradient.h"

namespace sn {

// Of fewer channels too many lanes would be idle.
inline bool outer_pays(const Operation& op) {
  return kWinograd && !op.winograd && !op.large && !op.row_gradient && op.in.channels >= 16 &&
         op.out.channels >= 16;
}

// Vectors of scratch: a row of turned output gradients; and all sums.
inline int64_t outer_scratch(const Operation& op) {
  return int64_t{op.out.width} * kLanes * vectors_of(op.out.channels);
}
inline int64_t outer_kept(const Operation& op) {
  return int64_t{op.fan_in} * vectors_of(op.out.channels);
}

namespace detail {

// A row of output gradients as [position][image][channel], whole vectors of channels.
inline void turn_row(const Lanes* from, int width, int channels, Lanes* to) {
  const int64_t vectors = vectors_of(channels);
  for (int column = 0; column < width; ++column, from += channels, to += kLanes * vectors) {
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

}  // namespace detail

// Writes this slab's kernel gradient into the slab's sums, as `conv2d_kernel_gradient` does.
inline void outer_kernel_gradient(const Context<Lanes>& ctx, const Band& band) {
  using namespace detail;
  constexpr int kInputs = kSums >= 24 ? 8 : 4;  // times two vectors
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int inputs = op.in.channels, outputs = op.out.channels, positions = op.out.width;
  const int64_t vectors = vectors_of(outputs), length = int64_t{w.width} * inputs;
  const int64_t step = int64_t{w.stride_width} * inputs;
  Lanes* const turned = ctx.slab.scratch;
  Lanes* const sums = ctx.kept();
  if (band.begins()) clear(sums, op.fan_in * vectors);
  for (int row = band.first(); row < band.last(op.out.height); ++row) {
    turn_row(ctx.dy().row(row), positions, outputs, turned);
    for (int ky = 0; ky < w.height; ++ky) {
      const Lanes* x = ctx.x().row(int64_t{row} * w.stride_height + ky - w.pad_top) -
                       int64_t{w.pad_left} * inputs;
      Lanes* to = sums + ky * length * vectors;
      int64_t t = 0;
      for (; t + kInputs <= length; t += kInputs) {
        outer_rows<kInputs>(x + t, step, turned, positions, vectors, to + t * vectors);
      }
      for (; t < length; ++t) {
        outer_rows<1>(x + t, step, turned, positions, vectors, to + t * vectors);
      }
    }
  }
  if (!band.ends(op.out.height)) return;
  float* gradient = ctx.slab.gradients + op.slab_gradient;
  const float* from = reinterpret_cast<const float*>(sums);
  for (int64_t t = 0; t < op.fan_in; ++t) {
    for (int c = 0; c < outputs; ++c) gradient[t * outputs + c] = from[t * vectors * kLanes + c];
  }
}

}  // namespace sn
