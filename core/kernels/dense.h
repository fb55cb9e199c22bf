// Dense on several slabs at a time: a product of matrices whose large one, the weights, is read once.
//
// Sums of P slabs x C outputs stay in registers for a block of inputs that fits the cache nearest to the
// processor; each output's sum is taken in the same order as for one slab alone.
#pragma once

#include "../lanes.h"
#include "../plan.h"
#include "pack.h"

namespace sn {

struct DenseTask {
  const Lanes* input[kMostGroup];
  Lanes* output[kMostGroup];
  int slabs;
  const float* weights;  // packed in tiles of kDenseTile outputs
  const float* bias;     // may be null
  int depth, channels;
};

namespace detail {

template <int P, int C>
[[gnu::noinline]] inline void dense_tile(const DenseTask& task, const float* weights, int width,
                                         int first, int last, int channel) {
  Lanes sum[P][C];
  for (int c = 0; c < C; ++c) {
    const Lanes bias = broadcast<Lanes>(task.bias ? task.bias[channel + c] : 0.0f);
    for (int p = 0; p < P; ++p) sum[p][c] = first == 0 ? bias : task.output[p][channel + c];
  }
  const Lanes* input[P];
  for (int p = 0; p < P; ++p) input[p] = task.input[p];
  for (int64_t t = first; t < last; ++t) {
    Lanes x[P];
    for (int p = 0; p < P; ++p) x[p] = input[p][t];
    for (int c = 0; c < C; ++c) {
      const Lanes w = broadcast<Lanes>(weights[t * width + c]);
      for (int p = 0; p < P; ++p) sum[p][c] += x[p] * w;
    }
  }
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) task.output[p][channel + c] = sum[p][c];
  }
}

template <int P, int C>
inline void dense_channels(const DenseTask& task, int count, const float* weights, int width,
                           int first, int last, int channel) {
  if constexpr (C >= 1) {
    if (count >= C) return dense_tile<P, C>(task, weights, width, first, last, channel);
    dense_channels<P, C - 1>(task, count, weights, width, first, last, channel);
  }
}

template <int P>
inline void dense_slabs(const DenseTask& task) {
  constexpr int kDepth = 128;  // P of such vectors are 32 kB
  constexpr int kChannels = 4;
  for (int first = 0; first < task.depth; first += kDepth) {
    const int last = first + kDepth < task.depth ? first + kDepth : task.depth;
    for (int start = 0; start < task.channels; start += kDenseTile) {
      const int left = task.channels - start, width = left < kDenseTile ? left : kDenseTile;
      const float* weights = task.weights + start * int64_t{task.depth};
      for (int c = 0; c < width; c += kChannels) {
        dense_channels<P, kChannels>(task, width - c, weights + c, width, first, last, start + c);
      }
    }
  }
}

template <int P>
inline void dense_group_of(const DenseTask& task) {
  if constexpr (P >= 1) {
    if (task.slabs == P) return dense_slabs<P>(task);
    dense_group_of<P - 1>(task);
  }
}

}  // namespace detail

inline void dense_group(const DenseTask& task) { detail::dense_group_of<kMostGroup>(task); }

}  // namespace sn
