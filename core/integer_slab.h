// A slab of images at work on an integer network: its values, the rounding rule, where results go.
#pragma once

#include "integer.h"

namespace sn {

// A slab at work.
struct Slab {
  const sn_integer_state& state;
  UnsignedLanes* blocks;
  const UnsignedLanes** taps;
  const uint8_t* images;  // the slab's first
  int16_t* outputs;       // likewise
  int32_t count;          // images; the other lanes repeat the last

  const UnsignedLanes* value(int32_t index) const {
    return blocks + (index < 0 ? state.image : state.steps[index].value);
  }
  IntegerShape shape(int32_t index) const {
    const int32_t* s = state.network.shape;
    return index < 0 ? IntegerShape{s[0], s[1], s[2]} : state.steps[index].out;
  }
  int32_t zero(int32_t index) const {
    const sn_integer_network& net = state.network;
    return 128 + (index < 0 ? net.zero_point : net.operators[index].zero_point);
  }
};

inline IntLanes splat(int32_t value) { return IntLanes{} + value; }
inline IntLanes smaller(IntLanes a, IntLanes b) { return a < b ? a : b; }
inline IntLanes larger(IntLanes a, IntLanes b) { return a > b ? a : b; }

// (sum * multiplier + more) >> shift, for shifts from 32 on: even and odd lanes are multiplied to 64
// bits apart, and only the high halves are needed.
inline IntLanes high_product(IntLanes sum, int32_t multiplier, int64_t more, int32_t shift) {
  const LongLanes both = reinterpret_cast<LongLanes>(sum), factor = LongLanes{} + multiplier;
  const LongLanes even = ((both << 32) >> 32) * factor + more, odd = (both >> 32) * factor + more;
  typedef uint64_t Unsigned __attribute__((vector_size(sizeof(LongLanes))));
  const Unsigned low = reinterpret_cast<Unsigned>(even) >> 32;
  const Unsigned high = reinterpret_cast<Unsigned>(odd) & 0xffffffff00000000u;
  return reinterpret_cast<IntLanes>(low | high) >> (shift - 32);
}

// (sum * multiplier + 2^(shift - 1)) >> shift.
inline IntLanes requantize(IntLanes sum, int32_t multiplier, int32_t shift) {
  if (shift < 32) {
    IntLanes out;
    for (int i = 0; i < kLanes; ++i) {
      const int64_t v = (int64_t{sum[i]} * multiplier + (int64_t{1} << (shift - 1))) >> shift;
      out[i] = static_cast<int32_t>(v < -(1 << 20) ? -(1 << 20) : v > 1 << 20 ? 1 << 20 : v);
    }
    return out;
  }
  return high_product(sum, multiplier, int64_t{1} << (shift - 1), shift);
}

// What an operator's integers are kept as: bytes as q + 128.
inline bool is_wide(const sn_integer_operator& op) { return op.low < -128 || op.high > 127; }
inline int32_t offset_of(const sn_integer_operator& op) { return is_wide(op) ? 0 : 128; }

// Finishes four channels of a pixel: bounds, and into their block or among the outputs. `v` has the zero
// point and the offset already.
inline void store(const Slab& slab, const sn_integer_operator& op, UnsignedLanes* value,
                  int64_t pixel, int32_t channel, const IntLanes (&v)[4]) {
  const bool wide = is_wide(op);
  const IntLanes low = splat(op.low + offset_of(op)), high = splat(op.high + offset_of(op));
  UnsignedLanes block = {};
  for (int j = 0; j < 4; ++j) {
    const IntLanes q = smaller(larger(v[j], low), high);
    if (!wide) {
      block |= reinterpret_cast<UnsignedLanes>(q << (8 * j));
    } else if (channel + j < op.shape[2]) {
      const int64_t size = int64_t{op.shape[0]} * op.shape[1] * op.shape[2];
      int16_t* to = slab.outputs + pixel * op.shape[2] + channel + j;
      for (int32_t i = 0; i < slab.count; ++i) to[i * size] = static_cast<int16_t>(q[i]);
    }
  }
  if (!wide) value[pixel * ((op.shape[2] + 3) / 4) + channel / 4] = block;
}

// Operators without products (integer_operators.cpp): pooling; merges, concatenation and reshaping; tables,
// and pixels that change places.
void pool(const Slab& slab, const IntegerStep& step);
void merge(const Slab& slab, const IntegerStep& step);
void move(const Slab& slab, const IntegerStep& step);

// The images of a slab as a value; the rows of them, padded, that a convolution reads.
void read_images(const Slab& slab);
void read_rows(const Slab& slab, const IntegerStep& step);

// The last value of a slab, image after image, where it is bytes.
void write_outputs(const Slab& slab);

}  // namespace sn
