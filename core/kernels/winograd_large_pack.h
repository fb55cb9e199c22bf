// Kernels of large windows turned into the frequencies that winograd_large.h multiplies by.
#pragma once

#include "winograd_large.h"

namespace sn {

namespace large {

// The frequencies of the four blocks between T's pairs of channels. `tap` writes the weights of a tap.
template <class T, class Tap, class Store>
inline void frequencies_of(const Window& w, bool turned, Tap tap, Store store) {
  for (int block = 0; block < 4; ++block) {
    T g[kSide][kSide] = {}, t[kPoints][kSide];
    for (int i = 0; i < kSide * kSide; ++i) {
      const int ky = block / 2 * kSide + i / kSide, kx = block % 2 * kSide + i % kSide;
      if (ky >= w.height || kx >= w.width) continue;
      tap(turned ? (w.height - 1 - ky) * w.width + w.width - 1 - kx : ky * w.width + kx,
          g[i / kSide][i % kSide]);
    }
    for (int j = 0; j < kSide; ++j) times(kOfTaps, &g[0][j], kSide, &t[0][j], kSide);
    for (int i = 0; i < kPoints; ++i) {
      T f[kPoints];
      times(kOfTaps, t[i], 1, f, 1);
      for (int j = 0; j < kPoints; ++j) store(i * kPoints + j, block, f[j]);
    }
  }
}

// Between four input channels and four outputs: 16 values, which are neighbours in both packed kernels,
// there turned.
inline void pack_block(const Operation& op, const float* kernel, float* packed, int64_t input,
                       int start) {
  typedef Vector<16>::Value Block;
  typedef Vector<16>::Loose Loose;
  const int64_t inputs = op.in.channels, outputs = op.out.channels, plane = 4 * inputs * outputs;
  const auto tap = [&](int index, Block& weights) {
    detail::load_block(kernel + (index * inputs + input) * outputs + start, outputs, weights);
  };
  float* forward = packed + op.packed_forward + start * 4 * inputs + input * kConvTile;
  frequencies_of<Block>(op.window, false, tap, [&](int f, int block, const Block& value) {
    *reinterpret_cast<Loose*>(forward + f * plane + block * inputs * kConvTile) = value;
  });
  if (!op.input_gradient) return;
  float* backward = packed + op.packed_backward + input * 4 * outputs + start * kConvTile;
  frequencies_of<Block>(op.window, true, tap, [&](int f, int block, const Block& value) {
    detail::store_turned_block(value, backward + f * plane + block * outputs * kConvTile);
  });
}

// Between one input channel and up to four outputs.
inline void pack_tile(const Operation& op, const float* kernel, float* packed, int64_t input,
                      int start) {
  typedef Vector<kConvTile>::Value Tile;
  const int64_t inputs = op.in.channels, outputs = op.out.channels, plane = 4 * inputs * outputs;
  const int width = static_cast<int>(outputs - start < kConvTile ? outputs - start : kConvTile);
  const auto tap = [&](int index, Tile& weights) {
    const float* from = kernel + (index * inputs + input) * outputs + start;
    for (int c = 0; c < width; ++c) weights[c] = from[c];
  };
  float* forward = packed + op.packed_forward + start * 4 * inputs + input * width;
  frequencies_of<Tile>(op.window, false, tap, [&](int f, int block, const Tile& value) {
    float* to = forward + f * plane + block * inputs * width;
    for (int c = 0; c < width; ++c) to[c] = value[c];
  });
  if (!op.input_gradient) return;
  const int64_t first = input / kConvTile * kConvTile, left = inputs - first;
  const int64_t step = left < kConvTile ? left : kConvTile;
  float* backward =
      packed + op.packed_backward + first * 4 * outputs + start * step + input - first;
  frequencies_of<Tile>(op.window, true, tap, [&](int f, int block, const Tile& value) {
    float* to = backward + f * plane + block * outputs * step;
    for (int c = 0; c < width; ++c) to[c * step] = value[c];
  });
}

}  // namespace large

// For training: the taps between input channels first … last-1 and each output become 49 frequencies of
// four blocks. Packed: [frequency][tile of output channels][block][input channel][channel in the tile],
// as correlate.h reads a kernel of 2x2 taps; behind it the turned kernel.
inline void pack_large(const Operation& op, const float* kernel, float* packed, int64_t first,
                       int64_t last) {
  pack_blocks(
      op, first, last,
      [&](int64_t input, int start) { large::pack_block(op, kernel, packed, input, start); },
      [&](int64_t input, int start) { large::pack_tile(op, kernel, packed, input, start); });
}

}  // namespace sn
