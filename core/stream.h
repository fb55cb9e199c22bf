// Operations that follow each other row by row, between two barriers: what one has written is still in the
// cache when the next reads it.
//
// And a normalisation's output, between that and the convolution behind it, is never in memory as a whole:
// it passes, in a window of rows that belongs to the thread, and is made again on the way back. In another
// window, the gradient of a normalisation's input returns to the convolution before it.
#pragma once

#include "ops/operator.h"

namespace sn {

// Rows of outputs at a time: as many as the cache easily holds with their inputs.
inline int32_t band_rows(const Operation& op) {
  constexpr int64_t kBand = (1 << 17) / sizeof(Lanes);
  const int32_t stride = op.window.stride_height > 1 ? op.window.stride_height : 1;
  const int64_t out = int64_t{op.out.width} * op.out.channels;
  const int64_t in = int64_t{op.in.width} * op.in.channels * stride;
  const int64_t rows = kBand / (in > out ? in : out);
  return static_cast<int32_t>(rows > 1 ? rows : 1);
}

// The most rows of inputs that such a band takes.
inline int32_t passing_rows(const Operation& op) {
  const Window& w = op.window;
  return band_rows(op) * w.stride_height + w.height + w.stride_height;
}

// The most rows of a gradient that are in work between a normalisation and the operation before it.
inline int32_t returning_rows(const Operation& normalization, const Operation& before) {
  return band_rows(normalization) + before.window.height;
}

// Operations first ... last; the last only collects, or the first (on the way back) only sums.
void stream_forward(const Plan& plan, const Slab<Lanes>& slab, const Pass& pass, int32_t first,
                    int32_t last, bool collects);
// `returns`: the last has its sums already.
void stream_backward(const Plan& plan, const Slab<Lanes>& slab, const Pass& pass, int32_t first,
                     int32_t last, bool sums, bool returns);

}  // namespace sn
