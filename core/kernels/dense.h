// Dense on several slabs at a time: a product of matrices whose large one, the weights, is read once.
//
// Sums of P slabs x C outputs stay in registers for a block of inputs that fits the cache nearest to the
// processor; each output's sum is taken in the same order as for one slab alone. Both directions read the
// kernel where the host keeps it, so a step packs nothing: forward copies a few cache lines of outputs of a
// block of inputs, the gradient of the input reads C rows side by side. Meanwhile the weights of the next
// tile are on their way.
#pragma once

#include "../lanes.h"
#include "../plan.h"

namespace sn {

struct DenseTask {
  const Lanes* input[kMostGroup];
  Lanes* output[kMostGroup];
  int slabs;
  const float* weights;  // [depth][channels]; turned: [channels][depth]
  const float* bias;     // may be null
  int depth, channels;
};

namespace detail {

// Floats of a cache line, and the steps in which one is fetched.
inline constexpr int kLine = 16, kFetchSteps = 4;
// Inputs of a block: up to four such slabs are 16 kB, as many as the copied weights, or 32 kB.
inline constexpr int kDenseDepth = 64, kTurnedDepth = 128;
inline constexpr int kPanelLines = 4, kPanelWidth = kPanelLines * kLine;
inline constexpr int kDenseChannels = 4;  // outputs of a tile

// Steps first … last-1 of C outputs. Weight t of output c is at t kPanelWidth + c, and where the kernel is
// turned at c depth + t; `next` is where the host's weights of the next tile begin.
template <int P, int C, bool Turned>
[[gnu::noinline]] inline void dense_tile(const DenseTask& task, const float* weights,
                                         const float* next, int64_t first, int64_t last,
                                         int channel) {
  const int64_t step = Turned ? task.depth : kPanelWidth, fetch_step = task.channels;
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
      for (int p = 0; p < P; ++p) sum[p][c] = add_product(sum[p][c], x[p], w);
    }
  };
  int64_t t = first;
  for (int64_t line = 0; t + kFetchSteps <= last; ++line) {
    if constexpr (Turned) {
      __builtin_prefetch(next + line % C * step + line / C * kLine);
    } else {
      // Into L2: rows a power of two apart drive each other out of L1.
      __builtin_prefetch(next + line * fetch_step, 0, 2);
    }
    for (int i = 0; i < kFetchSteps; ++i, ++t) add(t);
  }
  for (; t < last; ++t) add(t);
  for (int p = 0; p < P; ++p) {
    for (int c = 0; c < C; ++c) task.output[p][channel + c] = sum[p][c];
  }
}

template <int P, int C, bool Turned>
inline void dense_channels(const DenseTask& task, int count, const float* weights,
                           const float* next, int first, int last, int channel) {
  if constexpr (C >= 1) {
    if (count >= C) {
      return dense_tile<P, C, Turned>(task, weights, next, first, last, channel);
    }
    dense_channels<P, C - 1, Turned>(task, count, weights, next, first, last, channel);
  }
}

template <int P>
inline void dense_slabs_turned(const DenseTask& task) {
  for (int first = 0; first < task.depth; first += kTurnedDepth) {
    const int last = first + kTurnedDepth < task.depth ? first + kTurnedDepth : task.depth;
    for (int start = 0; start < task.channels; start += kDenseChannels) {
      const float* weights = task.weights + start * int64_t{task.depth};
      const float* next = weights + int64_t{kDenseChannels} * task.depth + first;
      dense_channels<P, kDenseChannels, true>(task, task.channels - start, weights, next, first,
                                              last, start);
    }
  }
}

template <int P>
inline void dense_slabs(const DenseTask& task) {
  alignas(64) float panel[kDenseDepth * kPanelWidth];
  constexpr int kTiles = kPanelWidth / kDenseChannels;
  constexpr int kRows = kDenseDepth * kPanelLines / kTiles;  // lines that a tile fetches
  const int64_t step = task.channels;
  for (int first = 0; first < task.depth; first += kDenseDepth) {
    const int last = first + kDenseDepth < task.depth ? first + kDenseDepth : task.depth;
    for (int start = 0; start < task.channels; start += kPanelWidth) {
      const int left = task.channels - start, width = left < kPanelWidth ? left : kPanelWidth;
      const float* from = task.weights + first * step + start;
      // The last float of a line of the next panel: its first may be in this one's last line.
      const float* next =
          (left > kPanelWidth ? from + kPanelWidth : task.weights + last * step) + (kLine - 1);
      for (int t = 0; t < last - first; ++t, from += step) {
        float* to = panel + t * kPanelWidth;
        if (width == kPanelWidth) {
          for (int c = 0; c < kPanelWidth; ++c) to[c] = from[c];
        } else {
          for (int c = 0; c < width; ++c) to[c] = from[c];
        }
      }
      for (int c = 0; c < width; c += kDenseChannels) {
        const int line = c / kDenseChannels * kRows;
        const float* fetch = next + line / kDenseDepth * kLine + line % kDenseDepth * step;
        dense_channels<P, kDenseChannels, false>(task, width - c, panel + c - first * kPanelWidth,
                                                 fetch, first, last, start + c);
      }
    }
  }
}

template <int P, bool Turned>
inline void dense_group_of(const DenseTask& task) {
  if constexpr (P >= 1) {
    if (task.slabs == P) return Turned ? dense_slabs_turned<P>(task) : dense_slabs<P>(task);
    dense_group_of<P - 1, Turned>(task);
  }
}

}  // namespace detail

inline void dense_group(const DenseTask& task) { detail::dense_group_of<kMostGroup, false>(task); }
inline void dense_group_turned(const DenseTask& task) {
  detail::dense_group_of<kMostGroup, true>(task);
}

}  // namespace sn
