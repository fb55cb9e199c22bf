// Dense on several slabs at a time: a product of matrices whose large one, the weights, is read once.
//
// Sums of P slabs x C outputs stay in registers for a block of inputs that fits the cache nearest to the
// processor; each output's sum is taken in the same order as for one slab alone. The gradient of the
// input reads the kernel where the host keeps it: C of its rows side by side, so there is no turned copy.
// Meanwhile the weights of the next tile are on their way.
#pragma once

#include "../lanes.h"
#include "../plan.h"
#include "pack.h"

namespace sn {

struct DenseTask {
  const Lanes* input[kMostGroup];
  Lanes* output[kMostGroup];
  int slabs;
  const float* weights;  // packed in tiles of kDenseTile outputs; turned: a row of `depth` for each
  const float* bias;     // may be null
  int depth, channels;
};

namespace detail {

// Floats of a cache line, and the steps in which one is fetched.
inline constexpr int kLine = 16, kFetchSteps = 4;

// Steps first … last-1 of C outputs. Weight t of output c is at t step + c, and where the kernel is turned
// at c step + t; `next` is where the next tile begins.
template <int P, int C, bool Turned>
[[gnu::noinline]] inline void dense_tile(const DenseTask& task, const float* weights, int64_t step,
                                         const float* next, int64_t first, int64_t last,
                                         int channel) {
  Lanes sum[P][C];
  for (int c = 0; c < C; ++c) {
    const Lanes bias = broadcast<Lanes>(task.bias ? task.bias[channel + c] : 0.0f);
    for (int p = 0; p < P; ++p) sum[p][c] = first == 0 ? bias : task.output[p][channel + c];
  }
  const Lanes* input[P];
  for (int p = 0; p < P; ++p) input[p] = task.input[p];
  const auto add = [&](int64_t t) {
    Lanes x[P];
    for (int p = 0; p < P; ++p) x[p] = input[p][t];
    for (int c = 0; c < C; ++c) {
      const Lanes w = broadcast<Lanes>(Turned ? weights[c * step + t] : weights[t * step + c]);
      for (int p = 0; p < P; ++p) sum[p][c] += x[p] * w;
    }
  };
  int64_t t = first;
  for (int64_t line = 0; t + kFetchSteps <= last; ++line) {
    __builtin_prefetch(Turned ? next + line % C * step + line / C * kLine : next + line * kLine);
    for (int i = 0; i < kFetchSteps; ++i, ++t) add(t);
  }
  for (; t < last; ++t) add(t);
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) task.output[p][channel + c] = sum[p][c];
  }
}

template <int P, int C, bool Turned>
inline void dense_channels(const DenseTask& task, int count, const float* weights, int64_t step,
                           const float* next, int first, int last, int channel) {
  if constexpr (C >= 1) {
    if (count >= C) {
      return dense_tile<P, C, Turned>(task, weights, step, next, first, last, channel);
    }
    dense_channels<P, C - 1, Turned>(task, count, weights, step, next, first, last, channel);
  }
}

template <int P, bool Turned>
inline void dense_slabs(const DenseTask& task) {
  constexpr int kDepth = 128;  // P of such vectors are 32 kB
  constexpr int kChannels = 4;
  constexpr int kTile = Turned ? kChannels : kDenseTile;
  constexpr int kTiles = kTile / kChannels;
  for (int first = 0; first < task.depth; first += kDepth) {
    const int last = first + kDepth < task.depth ? first + kDepth : task.depth;
    for (int start = 0; start < task.channels; start += kTile) {
      const int left = task.channels - start, width = left < kTile ? left : kTile;
      const float* weights =
          task.weights + start * int64_t{task.depth} + int64_t{first} * (Turned ? 1 : width);
      const float* next = weights + int64_t{kTile} * task.depth;
      for (int c = 0; c < width; c += kChannels) {
        const float* tile = weights - int64_t{first} * (Turned ? 1 : width) + c;
        const float* fetch = next + c / kChannels * (kDepth * kTile / kTiles);
        dense_channels<P, kChannels, Turned>(task, width - c, tile, Turned ? task.depth : width,
                                             fetch, first, last, start + c);
      }
    }
  }
}

template <int P, bool Turned>
inline void dense_group_of(const DenseTask& task) {
  if constexpr (P >= 1) {
    if (task.slabs == P) return dense_slabs<P, Turned>(task);
    dense_group_of<P - 1, Turned>(task);
  }
}

}  // namespace detail

inline void dense_group(const DenseTask& task) { detail::dense_group_of<kMostGroup, false>(task); }
inline void dense_group_turned(const DenseTask& task) {
  detail::dense_group_of<kMostGroup, true>(task);
}

}  // namespace sn
