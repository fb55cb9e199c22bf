// The sums of Winograd's filtering along rows (winograd_row.h): F(4, 5) in the points 0, 1, -1, 2, -2, 1/2,
// -1/2 and infinity, in which eight inputs, four outputs and five taps have a value each.
#pragma once

#include "../lanes.h"

namespace sn {
namespace row {

inline constexpr int kOutputs = 4, kTaps = 5, kPoints = 8;

// Frequencies of inputs `step` vectors apart, which are written `plane` apart.
inline void of_inputs(const Lanes* d, int64_t step, Lanes* f, int64_t plane) {
  const Lanes d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
              d5 = d[5 * step], d6 = d[6 * step], d7 = d[7 * step];
  // Differences first: where inputs are equal, all frequencies but one are exactly 0, and outputs equal.
  const Lanes a = d2 - d4, b = d6 - d4, e = d1 - d3, g = d5 - d3;
  f[0] = d0 - d6 - a * 5.25f;
  const Lanes even1 = a + b - d4 * 2.25f, odd1 = e + g - d3 * 2.25f;
  f[plane] = even1 + odd1;
  f[2 * plane] = even1 - odd1;
  const Lanes even2 = b + a * 0.25f, odd2 = e + g * 4.0f;
  f[3 * plane] = even2 + odd2 * 0.5f;
  f[4 * plane] = even2 - odd2 * 0.5f;
  const Lanes even3 = b + a * 4.0f, odd3 = g + e * 4.0f;
  f[5 * plane] = even3 + odd3 * 0.5f;
  f[6 * plane] = even3 - odd3 * 0.5f;
  f[7 * plane] = d7 - d1 - g * 5.25f;
}

// Gradients of the eight inputs, from their frequencies.
inline void to_inputs(const Lanes* f, int64_t plane, Lanes (&d)[kPoints]) {
  const Lanes m0 = f[0], m7 = f[7 * plane];
  const Lanes s1 = f[plane] + f[2 * plane], d1 = f[plane] - f[2 * plane];
  const Lanes s2 = f[3 * plane] + f[4 * plane], d2 = f[3 * plane] - f[4 * plane];
  const Lanes s3 = f[5 * plane] + f[6 * plane], d3 = f[5 * plane] - f[6 * plane];
  d[0] = m0;
  d[1] = d1 + d2 * 0.5f + d3 * 2.0f - m7;
  d[2] = s1 + s2 * 0.25f + s3 * 4.0f - m0 * 5.25f;
  d[3] = m7 * 5.25f - d1 * 4.25f - (d2 + d3) * 2.5f;
  d[4] = m0 * 5.25f - s1 * 4.25f - s2 * 1.25f - s3 * 5.0f;
  d[5] = d1 + d2 * 2.0f + d3 * 0.5f - m7 * 5.25f;
  d[6] = s1 + s2 + s3 - m0;
  d[7] = m7;
}

// Frequencies of output gradients.
inline void of_outputs(const Lanes* y, int64_t step, Lanes* f, int64_t plane) {
  const Lanes y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  f[0] = y0;
  const Lanes even1 = y0 + y2, odd1 = y1 + y3;
  f[plane] = even1 + odd1;
  f[2 * plane] = even1 - odd1;
  const Lanes even2 = y0 + y2 * 4.0f, odd2 = y1 + y3 * 4.0f;
  f[3 * plane] = even2 + odd2 * 2.0f;
  f[4 * plane] = even2 - odd2 * 2.0f;
  const Lanes even3 = y0 + y2 * 0.25f, odd3 = y1 + y3 * 0.25f;
  f[5 * plane] = even3 + odd3 * 0.5f;
  f[6 * plane] = even3 - odd3 * 0.5f;
  f[7 * plane] = y3;
}

// Outputs from their frequencies.
inline void to_outputs(const Lanes* f, int64_t plane, Lanes (&y)[kOutputs]) {
  const Lanes s1 = f[plane] + f[2 * plane], d1 = f[plane] - f[2 * plane];
  const Lanes s2 = f[3 * plane] + f[4 * plane], d2 = f[3 * plane] - f[4 * plane];
  const Lanes s3 = f[5 * plane] + f[6 * plane], d3 = f[5 * plane] - f[6 * plane];
  y[0] = f[0] + s1 + s2 + s3;
  y[1] = d1 + d2 * 2.0f + d3 * 0.5f;
  y[2] = s1 + s2 * 4.0f + s3 * 0.25f;
  y[3] = d1 + d2 * 8.0f + d3 * 0.125f + f[7 * plane];
}

// Factors of the taps' frequencies at 1 and -1, 2 and -2, 1/2 and -1/2.
inline constexpr float kOne = -2.0f / 9.0f, kTwo = 1.0f / 90.0f, kHalf = 32.0f / 45.0f;

template <class T, class Store>
[[gnu::always_inline]] inline void of_taps(const T (&g)[kTaps], Store store) {
  store(0, g[0]);
  const T even1 = (g[0] + g[2] + g[4]) * kOne, odd1 = (g[1] + g[3]) * kOne;
  store(1, even1 + odd1);
  store(2, even1 - odd1);
  const T even2 = (g[0] + g[2] * 4.0f + g[4] * 16.0f) * kTwo;
  const T odd2 = (g[1] + g[3] * 4.0f) * (2.0f * kTwo);
  store(3, even2 + odd2);
  store(4, even2 - odd2);
  const T even3 = (g[0] + g[2] * 0.25f + g[4] * 0.0625f) * kHalf;
  const T odd3 = (g[1] + g[3] * 0.25f) * (0.5f * kHalf);
  store(5, even3 + odd3);
  store(6, even3 - odd3);
  store(7, g[4]);
}

// Gradients of taps.
template <class T>
[[gnu::always_inline]] inline void to_taps(const T (&f)[kPoints], T (&g)[kTaps]) {
  const T s1 = (f[1] + f[2]) * kOne, d1 = (f[1] - f[2]) * kOne;
  const T s2 = (f[3] + f[4]) * kTwo, d2 = (f[3] - f[4]) * kTwo;
  const T s3 = (f[5] + f[6]) * kHalf, d3 = (f[5] - f[6]) * kHalf;
  g[0] = f[0] + s1 + s2 + s3;
  g[1] = d1 + d2 * 2.0f + d3 * 0.5f;
  g[2] = s1 + s2 * 4.0f + s3 * 0.25f;
  g[3] = d1 + d2 * 8.0f + d3 * 0.125f;
  g[4] = s1 + s2 * 16.0f + s3 * 0.0625f + f[7];
}

}  // namespace row
}  // namespace sn
