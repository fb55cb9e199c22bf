// The one heavy loop: correlate a row of lanes with a packed kernel.
//
// A convolution's forward pass, the gradient of its input, and both directions of Dense are this loop
// with other pointers. A tile of P positions x C channels is summed in registers; each step loads P
// vectors, broadcasts C weights, and does P*C multiply-adds. Kernel columns and input channels are
// contiguous in memory for every position, so they are one loop of `taps * depth` steps.
#pragma once

#include "../plan.h"
#include "../lanes.h"

namespace sn {

struct RowTask {
  const Lanes* input;  // what kernel row 0, tap 0 of position 0 reads; may lie outside when clipped
  int64_t input_row;   // vectors from one kernel row to the next
  int64_t step;        // vectors from one position to the next
  int first_row, last_row;  // kernel rows inside the image
  int kernel_rows;
  int taps, depth;  // kernel columns; channels of each
  int positions;
  // Clipping: position p reads tap k only if 0 <= clip_start + p + k < clip_width.
  bool clipped;
  int clip_start, clip_width;
  const float* weights;  // packed for `channels` outputs in tiles of `tile`
  int channels;
  const float* bias;  // may be null
  float floor;        // 0: relu; -infinity: none
  Lanes* output;
  int64_t output_step;  // vectors from one position's channels to the next's
  // Not clipped: outputs are 0 unless these are above 0, or null; maybe in the outputs' place.
  const Lanes* values;
};

namespace detail {

// Weights from one step to the next. A tail that is done channel by channel lies there in one piece.
template <int C>
inline int64_t weight_step(int64_t width) {
  return kPlainTails && C == 1 ? width : C;
}

// Positions From … To-1 take steps first … last-1.
template <int P, int C, int From, int To>
[[gnu::always_inline]] inline void run(Lanes (&sum)[P][C], const Lanes* input, int64_t step,
                                       const float* weights, int64_t width, int64_t first,
                                       int64_t last) {
  for (int64_t t = first; t < last; ++t) {
    Lanes x[To - From];
    for (int p = From; p < To; ++p) x[p - From] = input[t + p * step];
    for (int c = 0; c < C; ++c) {
      const Lanes w = broadcast<Lanes>(weights[t * weight_step<C>(width) + c]);
      for (int p = From; p < To; ++p) sum[p][c] += x[p - From] * w;
      for (int p = From; P * C > kSums && p < To; ++p) keep(sum[p][c]);
    }
  }
}

// Steps that only the last positions take, left of the steps all take: a staircase.
template <int P, int C, int From>
[[gnu::always_inline]] inline void run_left(Lanes (&sum)[P][C], const Lanes* input, int64_t step,
                                            const float* weights, int64_t width,
                                            const int64_t* low) {
  if constexpr (From >= 1) {
    run<P, C, From, P>(sum, input, step, weights, width, low[From], low[From - 1]);
    run_left<P, C, From - 1>(sum, input, step, weights, width, low);
  }
}

template <int P, int C, int To>
[[gnu::always_inline]] inline void run_right(Lanes (&sum)[P][C], const Lanes* input, int64_t step,
                                             const float* weights, int64_t width,
                                             const int64_t* high) {
  if constexpr (To >= 1) {
    run<P, C, 0, To>(sum, input, step, weights, width, high[To], high[To - 1]);
    run_right<P, C, To - 1>(sum, input, step, weights, width, high);
  }
}

// The steps of position p that fall inside the image.
inline void clip(const RowTask& task, int p, int64_t& low, int64_t& high) {
  const int start = task.clip_start + p;
  int first = start < 0 ? -start : 0;
  int last = task.clip_width - start < task.taps ? task.clip_width - start : task.taps;
  if (first > task.taps) first = task.taps;
  if (last < first) last = first;
  low = int64_t{first} * task.depth;
  high = int64_t{last} * task.depth;
}

template <int P, int C, bool Clipped>
[[gnu::noinline]] inline void tile(const RowTask& task, int position, int channel,
                                   const float* weights, int64_t width) {
  Lanes sum[P][C];
  for (int c = 0; c < C; ++c) {
    const Lanes bias = broadcast<Lanes>(task.bias ? task.bias[channel + c] : 0.0f);
    for (int p = 0; p < P; ++p) sum[p][c] = bias;
  }
  const int64_t length = int64_t{task.taps} * task.depth;
  const int64_t step = task.step;
  const Lanes* input = task.input + position * step;
  int64_t low[P], high[P];
  if constexpr (Clipped) {
    for (int p = 0; p < P; ++p) clip(task, position + p, low[p], high[p]);
  }
  for (int row = task.first_row; row < task.last_row; ++row) {
    const Lanes* from = input + row * task.input_row;
    const float* taps = weights + row * length * weight_step<C>(width);
    if constexpr (Clipped) {
      run_left<P, C, P - 1>(sum, from, step, taps, width, low);
      run<P, C, 0, P>(sum, from, step, taps, width, low[0], high[P - 1]);
      run_right<P, C, P - 1>(sum, from, step, taps, width, high);
    } else {
      run<P, C, 0, P>(sum, from, step, taps, width, 0, length);
    }
  }
  if constexpr (kLargeImages && !Clipped) {
    for (int p = 0; task.values && p < P; ++p) {
      const Lanes* from = task.values + (position + p) * task.output_step + channel;
      for (int c = 0; c < C; ++c) sum[p][c] = from[c] > Lanes{} ? sum[p][c] : Lanes{};
    }
  }
  const Lanes floor = broadcast<Lanes>(task.floor);
  for (int p = 0; p < P; ++p) {
    Lanes* to = task.output + (position + p) * task.output_step + channel;
    for (int c = 0; c < C; ++c) to[c] = sum[p][c] < floor ? floor : sum[p][c];  // NaN stays
  }
}

template <int C, bool Clipped, int P>
inline void tile_of(int positions, const RowTask& task, int position, int channel,
                    const float* weights, int64_t width) {
  if constexpr (P >= 1) {
    if (positions == P) return tile<P, C, Clipped>(task, position, channel, weights, width);
    tile_of<C, Clipped, P - 1>(positions, task, position, channel, weights, width);
  }
}

// C channels from `channel` on, of `width` whose weights are packed together from `first` on.
template <int Tile, bool Clipped, int C>
inline void channels_of_row(const RowTask& task, int channel, int first, int width) {
  // Dense (wide tiles) has one position; beyond six, more positions save too few loads to matter.
  constexpr bool kPlain = Tile > 4 || (kPlainTails && C < Tile);
  constexpr int kFit = (C == Tile ? kConvSums : kSums) / C;
  // Tails with clipping are seldom, and the largest tiles.
  constexpr int kEnough = Clipped && C < Tile ? 3 : 6;
  constexpr int kMost = kPlain ? 1 : kFit > kEnough ? kEnough : kFit;
  const int64_t length = int64_t{task.taps} * task.depth * task.kernel_rows;
  const float* weights = task.weights + first * length + (channel - first);
  // As few tiles as cover the row, as even as can be.
  int most = kMost;
  if (Clipped && task.clip_width < kMost - 1) most = 1;  // the two staircases would cross
  const int tiles = (task.positions + most - 1) / most;
  int position = 0;
  for (int i = 0; i < tiles; ++i) {
    const int wide = (task.positions - position + tiles - i - 1) / (tiles - i);
    tile_of<C, Clipped, kMost>(wide, task, position, channel, weights, width);
    position += wide;
  }
}

template <int Tile, bool Clipped, int C>
inline void tail_of_row(int width, const RowTask& task, int channel) {
  if constexpr (kPlainTails) {
    for (int c = 0; c < width; ++c) {
      channels_of_row<Tile, Clipped, 1>(task, channel + c, channel, width);
    }
  } else if constexpr (C >= 1) {
    if (width == C) return channels_of_row<Tile, Clipped, C>(task, channel, channel, C);
    tail_of_row<Tile, Clipped, C - 1>(width, task, channel);
  }
}

}  // namespace detail

// All channels of one row of outputs; Tile is the width the weights were packed for.
template <int Tile, bool Clipped>
inline void correlate_row(const RowTask& task) {
  int channel = 0;
  for (; channel + Tile <= task.channels; channel += Tile) {
    detail::channels_of_row<Tile, Clipped, Tile>(task, channel, channel, Tile);
  }
  detail::tail_of_row<Tile, Clipped, Tile - 1>(task.channels - channel, task, channel);
}

}  // namespace sn
