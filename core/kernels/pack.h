// Kernels rearranged so that a tile of outputs reads its weights one after the other.
//
// Packed: [tile of output channels][kernel row][kernel column and input channel][channel in the tile].
// `forward` packs the kernel as it is; `backward` packs, for each phase of a strided convolution, the
// taps that reach it, turned around and with inputs and outputs exchanged, so that the gradient of the
// input is again a plain correlation. The last tile is as wide as what is left.
#pragma once

#include "../lanes.h"
#include "../plan.h"
#include "winograd_sizes.h"

namespace sn {

inline constexpr int kConvTile = 4;
inline constexpr int kDenseTile = kSums >= 24 ? 16 : 8;

inline int tile_width(const Operation& op) { return op.matrix ? kDenseTile : kConvTile; }

// Taps t of a window of `window` with t % stride == phase.
inline int phase_taps(int window, int stride, int phase) {
  return phase < window ? (window - phase + stride - 1) / stride : 0;
}

// Where the packed taps of one phase begin: phases follow each other row by row.
inline int64_t phase_start(const Operation& op, int phase_row, int phase_column) {
  const Window& w = op.window;
  int64_t taps = 0;
  for (int r = 0; r <= phase_row; ++r) {
    const int rows = phase_taps(w.height, w.stride_height, r);
    const int columns_end = r == phase_row ? phase_column : w.stride_width;
    for (int c = 0; c < columns_end; ++c) taps += rows * phase_taps(w.width, w.stride_width, c);
  }
  return taps * op.in.channels * op.out.channels;
}

inline int64_t packed_index(int64_t taps, int64_t tap, int channels, int channel, int tile) {
  const int first = channel / tile * tile;
  const int width = channels - first < tile ? channels - first : tile;
  return first * taps + tap * width + (channel - first);
}

// The turned kernel of a matrix between a whole tile of inputs and all outputs.
inline void pack_turned_tile(const Operation& op, const float* kernel, float* packed, int64_t row) {
  typedef Vector<kLanes>::Loose Loose;
  const int64_t outputs = op.out.channels;
  const float* from = kernel + row * outputs;
  float* to = packed + op.packed_backward + row * outputs;
  int64_t c = 0;
  for (; c + kLanes <= outputs; c += kLanes) {
    Lanes v[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      v[i] = *reinterpret_cast<const Loose*>(from + i * outputs + c);
    }
    transpose_lanes(v);
    for (int i = 0; i < kLanes; ++i) *reinterpret_cast<Loose*>(to + (c + i) * kLanes) = v[i];
  }
  for (; c < outputs; ++c) {
    for (int i = 0; i < kLanes; ++i) to[c * kLanes + i] = from[i * outputs + c];
  }
}

// Packs kernel rows first … last-1 (a row: the weights from one input value to all outputs).
inline void pack_rows(const Operation& op, const float* kernel, float* packed, int64_t first,
                      int64_t last) {
  const Window& w = op.window;
  const int tile = tile_width(op);
  const int inputs = op.matrix ? op.fan_in : op.in.channels;
  const int outputs = op.out.channels;
  const int64_t taps = int64_t{w.height} * w.width;
  float* forward = packed + op.packed_forward;
  for (int start = 0; start < outputs; start += tile) {
    const int width = outputs - start < tile ? outputs - start : tile;
    float* to = forward + start * taps * inputs + first * width;
    const float* from = kernel + first * outputs + start;
    for (int64_t row = first; row < last; ++row, from += outputs, to += width) {
      if (width == kDenseTile) {
        for (int c = 0; c < kDenseTile; ++c) to[c] = from[c];
      } else if (width == kConvTile) {
        for (int c = 0; c < kConvTile; ++c) to[c] = from[c];
      } else {
        for (int c = 0; c < width; ++c) to[c] = from[c];
      }
    }
  }
  if (!op.input_gradient || op.kernel_in_place) return;
  int64_t row = first;
  if (op.matrix && kDenseTile == kLanes && first % kLanes == 0) {
    for (; row + kLanes <= last; row += kLanes) pack_turned_tile(op, kernel, packed, row);
  }
  for (; row < last; ++row) {
    const int input = static_cast<int>(row % inputs);
    const int kx = static_cast<int>(row / inputs % w.width);
    const int ky = static_cast<int>(row / inputs / w.width);
    const int phase_row = ky % w.stride_height, phase_column = kx % w.stride_width;
    const int rows = phase_taps(w.height, w.stride_height, phase_row);
    const int columns = phase_taps(w.width, w.stride_width, phase_column);
    const int turned_row = rows - 1 - ky / w.stride_height;
    const int turned_column = columns - 1 - kx / w.stride_width;
    const int64_t depth = int64_t{rows} * columns * outputs;
    const int64_t tap = (int64_t{turned_row} * columns + turned_column) * outputs;
    float* to = packed + op.packed_backward + phase_start(op, phase_row, phase_column) +
                packed_index(depth, tap, inputs, input, tile);
    const int start = input / tile * tile;
    const int width = inputs - start < tile ? inputs - start : tile;
    const float* from = kernel + row * outputs;
    for (int c = 0; c < outputs; ++c) to[int64_t{c} * width] = from[c];
  }
}

// Nine taps to 16 frequencies, for as many pairs of channels as T has values.
template <class T, class Store>
[[gnu::always_inline]] inline void winograd_frequencies(const T (&g)[9], Store store) {
  T t[4][3];
  for (int j = 0; j < 3; ++j) {
    const T ends = g[j] + g[6 + j];
    t[0][j] = g[j];
    t[1][j] = (ends + g[3 + j]) * 0.5f;
    t[2][j] = (ends - g[3 + j]) * 0.5f;
    t[3][j] = g[6 + j];
  }
  for (int i = 0; i < 4; ++i) {
    const T ends = t[i][0] + t[i][2];
    store(i, 0, t[i][0]);
    store(i, 1, (ends + t[i][1]) * 0.5f);
    store(i, 2, (ends - t[i][1]) * 0.5f);
    store(i, 3, t[i][2]);
  }
}

// Packed by pack_winograd between one input channel and up to four outputs.
inline void pack_winograd_tile(const Operation& op, const float* kernel, float* packed,
                               int64_t input, int start) {
  typedef Vector<kConvTile>::Float Tile;
  constexpr int kTurned[4] = {3, 1, 2, 0};
  const int inputs = op.in.channels, outputs = op.out.channels;
  const int64_t plane = int64_t{inputs} * outputs;
  const int64_t left = inputs - input / kConvTile * kConvTile;
  const int64_t step = left < kConvTile ? left : kConvTile;  // of packed_backward's tile
  const int width = outputs - start < kConvTile ? outputs - start : kConvTile;
  Tile g[9] = {};
  for (int tap = 0; tap < 9; ++tap) {
    const float* from = kernel + (tap * inputs + input) * outputs + start;
    for (int c = 0; c < width; ++c) g[tap][c] = from[c];
  }
  float* forward = packed + op.packed_forward + start * int64_t{inputs} + input * width;
  float* backward = packed + op.packed_backward +
                    packed_index(outputs, start, inputs, static_cast<int>(input), kConvTile);
  winograd_frequencies(g, [&](int i, int j, const auto& value) {
    for (int c = 0; c < width; ++c) forward[(4 * i + j) * plane + c] = value[c];
    if (!op.input_gradient) return;
    float* to = backward + (4 * kTurned[i] + kTurned[j]) * plane;
    for (int c = 0; c < width; ++c) to[c * step] = value[c];
  });
}

namespace detail {

// The weights between four input channels and four outputs, `row` floats from an input to the next.
// Vectors wider than registers are handed over in memory: compilers disagree on returning them.
inline void load_block(const float* from, int64_t row, Vector<16>::Value& to) {
  typedef Vector<4>::Loose Four;
  const auto four = [&](int i) { return *reinterpret_cast<const Four*>(from + i * row); };
  const auto low = __builtin_shufflevector(four(0), four(1), 0, 1, 2, 3, 4, 5, 6, 7);
  const auto high = __builtin_shufflevector(four(2), four(3), 0, 1, 2, 3, 4, 5, 6, 7);
  to = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

inline void store_turned_block(const Vector<16>::Value& v, float* to) {
  *reinterpret_cast<Vector<16>::Loose*>(to) =
      __builtin_shufflevector(v, v, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}

}  // namespace detail

// The same of four input channels and four outputs: 16 values at a time, which are neighbours in both
// packed kernels, there turned.
inline void pack_winograd_block(const Operation& op, const float* kernel, float* packed,
                                int64_t input, int start) {
  typedef Vector<16>::Value Block;
  typedef Vector<16>::Loose Loose;
  constexpr int kTurned[4] = {3, 1, 2, 0};
  const int inputs = op.in.channels, outputs = op.out.channels;
  const int64_t plane = int64_t{inputs} * outputs;
  Block g[9];
  for (int tap = 0; tap < 9; ++tap) {
    detail::load_block(kernel + (tap * inputs + input) * outputs + start, outputs, g[tap]);
  }
  float* forward = packed + op.packed_forward + start * int64_t{inputs} + input * kConvTile;
  float* backward = packed + op.packed_backward + input * outputs + start * int64_t{kConvTile};
  winograd_frequencies(g, [&](int i, int j, const auto& value) {
    *reinterpret_cast<Loose*>(forward + (4 * i + j) * plane) = value;
    if (!op.input_gradient) return;
    detail::store_turned_block(value, backward + (4 * kTurned[i] + kTurned[j]) * plane);
  });
}

// Calls four(input, output) for each four input channels of first … last-1 and four outputs, and
// one(input, output) for an input channel and up to four outputs where there are fewer.
template <class Four, class One>
inline void pack_blocks(const Operation& op, int64_t first, int64_t last, Four four, One one) {
  static_assert(kConvTile == 4);
  for (int64_t input = first; input < last;) {
    const int64_t count = input % 4 == 0 && input + 4 <= last ? 4 : 1;
    for (int start = 0; start < op.out.channels; start += kConvTile) {
      if (count == 4 && start + kConvTile <= op.out.channels) {
        four(input, start);
      } else {
        for (int64_t i = 0; i < count; ++i) one(input + i, start);
      }
    }
    input += count;
  }
}

// For training by Winograd (winograd.h): the nine taps between input channels first … last-1 and each
// output become 16 frequencies. Packed: [frequency][tile of output channels][input channel][channel in
// the tile]. Turning the kernel, as the gradient of the input does, exchanges the first frequency of a
// row or column and the last.
inline void pack_winograd(const Operation& op, const float* kernel, float* packed, int64_t first,
                          int64_t last) {
  pack_blocks(
      op, first, last,
      [&](int64_t input, int start) { pack_winograd_block(op, kernel, packed, input, start); },
      [&](int64_t input, int start) { pack_winograd_tile(op, kernel, packed, input, start); });
}

// Kernels::pack for both. By Winograd, rows are input channels; else each of nine taps has such rows.
inline void pack_kernel(const Operation& op, const float* kernel, float* packed, int64_t first,
                        int64_t last, bool winograd) {
  if (by_winograd(op) && winograd) return pack_winograd(op, kernel, packed, first, last);
  const int taps = op.stretches;
  const int64_t rows = op.fan_in / taps;
  for (int t = 0; t < taps; ++t) pack_rows(op, kernel, packed, t * rows + first, t * rows + last);
}

}  // namespace sn
