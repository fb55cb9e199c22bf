// Where Winograd's filtering pays, and the memory it works in. The filtering itself: winograd.h.
#pragma once

#include "../lanes.h"
#include "../plan.h"

namespace sn {

#if defined(__wasm__)
inline constexpr bool kWinograd = false;  // there a small download counts for more
#else
inline constexpr bool kWinograd = true;
#endif

// Along rows (winograd_row.h): neither where a library without AVX2 would grow for old processors only.
#if defined(__x86_64__) && !defined(__AVX2__)
inline constexpr bool kRows = false;
#else
inline constexpr bool kRows = kWinograd;
#endif

// Tiles worked on together: as many as the register tile of correlate.h is wide.
inline constexpr int kBand = 6;
// The 16 frequencies of a band are planes that are filled side by side. Where planes lie a multiple of
// 4096 bytes apart they fight for the same lines of the cache; so each is a little longer than needed.
inline constexpr int kPlaneGap = 5;

// Of fewer channels the sums and differences cost more than the saved products. Measured from 3x3 to
// 26x26 outputs, 4 to 256 channels: docs/log.md.
inline bool winograd_pays(const Operation& op) {
  const Window& w = op.window;
  return kWinograd && w.height == 3 && w.width == 3 && w.stride_height == 1 &&
         w.stride_width == 1 && op.out.height >= 3 && op.out.width >= 3 && op.in.channels >= 16 &&
         op.out.channels >= 16;
}

// So that the code is left out where `kWinograd` is false.
inline bool by_winograd(const Operation& op) { return kWinograd && op.winograd; }
inline bool by_large(const Operation& op) { return kWinograd && op.large; }
inline bool by_row(const Operation& op) { return kRows && op.row; }
inline bool by_row_gradient(const Operation& op) { return kRows && op.row_gradient; }

// The vectors that hold a value of each channel.
inline int64_t vectors_of(int channels) { return (channels + kLanes - 1) / kLanes; }

inline int64_t winograd_packed(const Operation& op) {
  return 16 * int64_t{op.in.channels} * op.out.channels;
}

// Vectors of scratch: the frequencies of a band twice, a tile and a pixel, and the sums of the kernel's
// gradient.
inline int64_t winograd_scratch(const Operation& op) {
  const int64_t in = op.in.channels, out = vectors_of(op.out.channels) * kLanes;
  const int64_t more = in > out ? in : out;
  return 16 * (kBand * (in + out) + 2 * kPlaneGap) + 5 * more +
         16 * in * vectors_of(op.out.channels);
}

}  // namespace sn
