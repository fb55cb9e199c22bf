// The kernel's gradient of windows five columns wide: its eight frequencies are sums of products of the
// inputs' and the output gradients', which winograd_row.h describes.
#pragma once

#include "winograd_row.h"

namespace sn {
namespace row {

// sums[input][output] += x times dy, for `length` inputs.
__attribute__((minsize)) inline void outer_length(const Lanes* x, int64_t x_step, int64_t length,
                                                  const Lanes* dy, int tiles, int64_t vectors,
                                                  Lanes* sums) {
  int64_t v = 0;
  const auto some = [&]<int Inputs, int Width>(int64_t& t) {
    for (; t + Inputs <= length; t += Inputs) {
      detail::outer_tile<Inputs, Width>(x + t, x_step, dy + v, tiles, vectors,
                                        sums + t * vectors + v);
    }
  };
  for (; v + 2 <= vectors; v += 2) {
    int64_t t = 0;
    if constexpr (kSums >= 24) some.template operator()<8, 2>(t);
    if constexpr (kConvSums == 12) some.template operator()<6, 2>(t);
    some.template operator()<4, 2>(t);
    some.template operator()<1, 2>(t);
  }
  if (v < vectors) {
    int64_t t = 0;
    some.template operator()<10, 1>(t);
    some.template operator()<4, 1>(t);
    some.template operator()<1, 1>(t);
  }
}

// The gradients of `count` weights of each tap, from sums that are floats, or added to what there is.
__attribute__((minsize)) inline void taps_of_sums(const float* sums, int64_t plane, int64_t count,
                                                  bool begins, float* to) {
  const auto some = [&]<int Count>(int64_t i) {
    typedef typename Vector<Count>::Loose Loose;  // no argument of a template: those are aligned
    typename Vector<Count>::Value f[kPoints], tap[kTaps];
    for (int k = 0; k < kPoints; ++k) f[k] = *reinterpret_cast<const Loose*>(sums + k * plane + i);
    to_taps(f, tap);
    for (int k = 0; k < kTaps; ++k) {
      Loose* at = reinterpret_cast<Loose*>(to + k * count + i);
      *at = begins ? tap[k] : *at + tap[k];
    }
  };
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) some.template operator()<4>(i);
  for (; i < count; ++i) some.template operator()<1>(i);
}

}  // namespace row

// The kernel's gradient with vectors along the output channels, as in winograd_gradient.h.
__attribute__((minsize)) inline void row_outer_gradient(const Context<Lanes>& ctx) {
  using namespace row;
  const Operation& op = ctx.op;
  const int64_t in = op.in.channels, out = op.out.channels, vectors = vectors_of(op.out.channels);
  const int64_t turned_step = vectors * kLanes;
  const int rows = rows_of(op, op.out.height), columns = columns_of(op), taps = op.window.height;
  const int64_t length = taps * in;
  Lanes* const sums = ctx.slab.scratch;
  Lanes* const turned = sums + kPoints * length * vectors;
  Lanes* const edge = turned + kOutputs * turned_step;
  Lanes* const planes = edge + kPoints * (in > out ? in : out);
  detail::clear(sums, kPoints * length * vectors);
  for (int first = 0; first < op.out.height; first += rows) {
    const int count = op.out.height - first < rows ? op.out.height - first : rows;
    const Planes v = {planes, count + taps - 1, in, 1}, g = {v.end(), count, turned_step, 1};
    for (int column = 0; column < columns; ++column) {
      transform_inputs(ctx, column, first, v, 0, edge);
      const int left = column * kOutputs;
      for (int row = 0; row < count; ++row) {
        const Lanes* from = pixels_of(ctx.dy().row(first + row) + left * out, op.out.width - left,
                                      kOutputs, out, edge);
        detail::turn_row(from, kOutputs, op.out.channels, turned);
        Lanes* to = g.at + row * turned_step;
        for (int64_t k = 0; k < turned_step; ++k) {
          of_outputs(turned + k, turned_step, to + k, g.plane());
        }
      }
      for (int f = 0; f < kPoints; ++f) {
        outer_length(v.of(f), in, length, g.of(f), count, vectors, sums + f * length * vectors);
      }
    }
  }
  float* const gradient = ctx.slab.gradients + op.slab_gradient;
  for (int64_t k = 0; k < length * vectors; ++k) {
    Lanes f[kPoints], taps_of[kTaps];
    for (int i = 0; i < kPoints; ++i) f[i] = sums[i * length * vectors + k];
    to_taps(f, taps_of);
    const int64_t input = k / vectors, channel = k % vectors * kLanes;
    const int64_t left = out - channel < kLanes ? out - channel : kLanes;
    float* to = gradient + (input / in * kTaps * in + input % in) * out + channel;
    for (int i = 0; i < kTaps; ++i) detail::store_lanes(taps_of[i], left, to + i * in * out);
  }
}

// Writes this slab's kernel gradient into the slab's sums, as `conv2d_kernel_gradient` does.
__attribute__((minsize)) inline void row_kernel_gradient(const Context<Lanes>& ctx) {
  using namespace row;
  const Operation& op = ctx.op;
  if (by_outer(op)) return row_outer_gradient(ctx);
  const int64_t in = op.in.channels, out = op.out.channels;
  const int rows = rows_of(op, op.out.height), group = group_of(op), columns = columns_of(op);
  const int taps = op.window.height;
  const int64_t weights = taps * in * out;
  float* const gradient = ctx.slab.gradients + op.slab_gradient;
  bool begins = true;
  for (int first = 0; first < op.out.height; first += rows) {
    const int count = op.out.height - first < rows ? op.out.height - first : rows;
    for (int column = 0; column < columns; column += group) {
      const int wide = columns - column < group ? columns - column : group;
      const Planes v = {ctx.slab.scratch, count + taps - 1, in, wide};
      const Planes g = {v.end(), count, out, wide};
      Lanes* const edge = g.end();
      float* const sums = reinterpret_cast<float*>(edge + kPoints * (in > out ? in : out));
      for (int k = 0; k < wide; ++k) {
        transform_inputs(ctx, column + k, first, v, k, edge);
        transform_outputs(ctx, column + k, first, g, k, edge);
      }
      for (int f = 0; f < kPoints; ++f) {
        const detail::Windows task = {wide, count, v.column(), in, g.column(), out};
        detail::kernel_row(task, v.of(f), g.of(f), taps * in, op.out.channels, sums + f * weights);
      }
      for (int ky = 0; ky < taps; ++ky) {
        taps_of_sums(sums + ky * in * out, weights, in * out, begins,
                     gradient + ky * kTaps * in * out);
      }
      begins = false;
    }
  }
}

}  // namespace sn
