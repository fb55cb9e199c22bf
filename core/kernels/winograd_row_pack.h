// Kernels five columns wide turned into the frequencies that winograd_row.h multiplies by.
#pragma once

#include "winograd_row.h"

namespace sn {

namespace row {

// Calls store(frequency, kernel row, value) between T's pairs of channels. `tap` writes the weights of a
// tap.
template <class T, class Tap, class Store>
[[gnu::always_inline]] inline void frequencies_of(const Window& w, Tap tap, Store store) {
  for (int ky = 0; ky < w.height; ++ky) {
    T g[kTaps] = {};
    for (int kx = 0; kx < kTaps; ++kx) tap(ky * kTaps + kx, g[kx]);
    of_taps(g, [&](int f, const T& value) { store(f, ky, value); });
  }
}

// Between four input channels and four outputs, as in winograd_large_pack.h.
__attribute__((minsize)) inline void pack_block(const Operation& op, const float* kernel,
                                                float* packed, int64_t input, int start) {
  typedef Vector<16>::Value Block;
  typedef Vector<16>::Loose Loose;
  const int64_t inputs = op.in.channels, outputs = op.out.channels, taps = op.window.height;
  const int64_t plane = taps * inputs * outputs;
  const auto tap = [&](int index, Block& weights) {
    detail::load_block(kernel + (index * inputs + input) * outputs + start, outputs, weights);
  };
  float* forward = packed + op.packed_forward + start * taps * inputs + input * kConvTile;
  float* backward = packed + op.packed_backward + input * taps * outputs + start * kConvTile;
  frequencies_of<Block>(op.window, tap, [&](int f, int64_t ky, const Block& value) {
    *reinterpret_cast<Loose*>(forward + f * plane + ky * inputs * kConvTile) = value;
    if (!op.input_gradient) return;
    const int64_t turned = taps - 1 - ky;
    detail::store_turned_block(value, backward + f * plane + turned * outputs * kConvTile);
  });
}

// Between one input channel and up to four outputs: seldom many.
__attribute__((minsize)) inline void pack_tile(const Operation& op, const float* kernel,
                                               float* packed, int64_t input, int start) {
  typedef Vector<kConvTile>::Value Tile;
  const int64_t inputs = op.in.channels, outputs = op.out.channels, taps = op.window.height;
  const int64_t plane = taps * inputs * outputs;
  const int width = static_cast<int>(outputs - start < kConvTile ? outputs - start : kConvTile);
  const auto tap = [&](int index, Tile& weights) {
    const float* from = kernel + (index * inputs + input) * outputs + start;
    for (int c = 0; c < width; ++c) weights[c] = from[c];
  };
  float* forward = packed + op.packed_forward + start * taps * inputs + input * width;
  const int64_t first = input / kConvTile * kConvTile, left = inputs - first;
  const int64_t step = left < kConvTile ? left : kConvTile;
  float* backward =
      packed + op.packed_backward + first * taps * outputs + start * step + input - first;
  frequencies_of<Tile>(op.window, tap, [&](int f, int64_t ky, const Tile& value) {
    float* to = forward + f * plane + ky * inputs * width;
    for (int c = 0; c < width; ++c) to[c] = value[c];
    if (!op.input_gradient) return;
    to = backward + f * plane + (taps - 1 - ky) * outputs * step;
    for (int c = 0; c < width; ++c) to[c * step] = value[c];
  });
}

}  // namespace row

// For training: the taps between input channels first … last-1 and each output become eight frequencies.
// Packed: [frequency][tile of output channels][kernel row][input channel][channel in the tile]; behind it
// the same with inputs and outputs exchanged and the kernel's rows turned.
inline void pack_row(const Operation& op, const float* kernel, float* packed, int64_t first,
                     int64_t last) {
  pack_blocks(
      op, first, last,
      [&](int64_t input, int start) { row::pack_block(op, kernel, packed, input, start); },
      [&](int64_t input, int start) { row::pack_tile(op, kernel, packed, input, start); });
}

}  // namespace sn
