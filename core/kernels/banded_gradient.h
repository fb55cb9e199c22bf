// The kernel's gradient of a convolution with few weights, by rows: the sums of all of them stay in the
// nearest caches, and some positions at a time pass by.
//
// In conv2d.h a tile of sums stays in registers for the whole image, which each tile reads again.
#pragma once

#include "conv2d.h"

namespace sn {

inline constexpr int kBandedSums = 512;

inline bool banded_pays(const Operation& op) {
  return kStreams && !op.winograd && !op.large && op.out.channels % detail::kGradientTile == 0 &&
         int64_t{op.fan_in} * op.out.channels <= kBandedSums;
}

inline int64_t banded_kept(const Operation& op) { return int64_t{op.fan_in} * op.out.channels; }

namespace detail {

// Some neighbouring positions: the input that the first one's window begins with, and its output gradient.
struct Run {
  const Lanes* x;
  int64_t step;
  const Lanes* dy;
  int64_t outputs;
  int count;
};

// Adds to the sums of Steps x kGradientTile neighbouring weights.
template <int Steps>
inline void banded_tile(const Run& run, Lanes* sums) {
  constexpr int kChannels = kGradientTile;
  Lanes sum[Steps][kChannels];
  for (int s = 0; s < Steps; ++s) {
    for (int c = 0; c < kChannels; ++c) sum[s][c] = sums[s * run.outputs + c];
  }
  const Lanes* x = run.x;
  const Lanes* dy = run.dy;
  for (int k = 0; k < run.count; ++k, x += run.step, dy += run.outputs) {
    Lanes d[kChannels];
    for (int c = 0; c < kChannels; ++c) d[c] = dy[c];
    for (int s = 0; s < Steps; ++s) {
      const Lanes value = x[s];
      for (int c = 0; c < kChannels; ++c) sum[s][c] += value * d[c];
      for (int c = 0; Steps * kChannels > kSums && c < kChannels; ++c) keep(sum[s][c]);
    }
  }
  for (int s = 0; s < Steps; ++s) {
    for (int c = 0; c < kChannels; ++c) sums[s * run.outputs + c] = sum[s][c];
  }
}

template <int Steps>
inline void banded_steps(int steps, const Run& run, Lanes* sums) {
  if constexpr (Steps >= 1) {
    if (steps == Steps) return banded_tile<Steps>(run, sums);
    banded_steps<Steps - 1>(steps, run, sums);
  }
}

// All weights of a kernel row of `length` steps, for a run.
inline void banded_row(Run run, int length, Lanes* sums) {
  constexpr int kFit = kConvSums / kGradientTile, kMost = kFit > 6 ? 6 : kFit;
  const int tiles = (length + kMost - 1) / kMost;
  const int64_t outputs = run.outputs;
  for (int64_t c = 0; c < outputs; c += kGradientTile, run.dy += kGradientTile) {
    Run part = run;
    for (int i = 0, t = 0; i < tiles; ++i) {
      const int wide = (length - t + tiles - i - 1) / (tiles - i);
      banded_steps<kMost>(wide, part, sums + t * outputs + c);
      t += wide;
      part.x += wide;
    }
  }
}

}  // namespace detail

// Adds what rows of output gradients make of this slab's kernel gradient; the last writes it.
inline void banded_kernel_gradient(const Context<Lanes>& ctx, const Band& band) {
  using namespace detail;
  constexpr int kRun = 384;  // vectors, half of what the nearest cache holds
  const Operation& op = ctx.op;
  const Window& w = op.window;
  const int inputs = op.in.channels, outputs = op.out.channels, length = w.width * inputs;
  const int64_t step = int64_t{w.stride_width} * inputs;
  const int64_t fit = kRun / (step + outputs), most = fit < 4 ? 4 : fit;
  Lanes* const sums = ctx.kept();
  const int64_t count = banded_kept(op);
  for (int64_t i = 0; i < count && band.begins(); ++i) sums[i] = Lanes{};
  for (int row = band.first(); row < band.last(op.out.height); ++row) {
    for (int64_t column = 0; column < op.out.width; column += most) {
      const int64_t left = op.out.width - column;
      Run run = {nullptr, step, ctx.dy().row(row) + column * outputs, outputs,
                 static_cast<int>(left < most ? left : most)};
      for (int ky = 0; ky < w.height; ++ky) {
        run.x = ctx.x().row(int64_t{row} * w.stride_height + ky - w.pad_top) -
                int64_t{w.pad_left} * inputs + column * step;
        banded_row(run, length, sums + int64_t{ky} * length * outputs);
      }
    }
  }
  if (!band.ends(op.out.height)) return;
  store_sums(sums, static_cast<int>(count), outputs, outputs,
             ctx.slab.gradients + op.slab_gradient);
}

}  // namespace sn
