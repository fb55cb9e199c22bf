// A slab of images at work on an integer network: its values, the rounding rule, where results go.
#pragma once

#include "integer.h"

namespace sn {

// A slab at work.
struct Slab {
  const sn_integer_state& state;
  UnsignedLanes* blocks;
  int64_t* offsets;       // of the blocks that sums read
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

// The bytes 0, 4, 8, 12, 1, ... of each 16.
template <int... I>
inline ByteLanes transpose_bytes(ByteLanes v, Indices<I...>) {
  return __builtin_shufflevector(v, v, (I / 16 * 16 + I % 4 * 4 + I / 4 % 4)...);
}

// The block of four channels, each of which is limited to 0 .. 255.
inline UnsignedLanes pack_bytes(const IntLanes (&v)[4]) {
#if defined(__SSE2__) || defined(__wasm__)
#if defined(__AVX512BW__)
  const auto low = __builtin_ia32_packssdw512(v[0], v[1]),
             high = __builtin_ia32_packssdw512(v[2], v[3]);
  const auto bytes = __builtin_ia32_packuswb512(low, high);
#elif defined(__AVX2__)
  const auto low = __builtin_ia32_packssdw256(v[0], v[1]),
             high = __builtin_ia32_packssdw256(v[2], v[3]);
  const auto bytes = __builtin_ia32_packuswb256(low, high);
#elif defined(__wasm__)
  const auto low = __builtin_wasm_narrow_s_i16x8_i32x4(v[0], v[1]),
             high = __builtin_wasm_narrow_s_i16x8_i32x4(v[2], v[3]);
  const auto bytes = __builtin_wasm_narrow_u_i8x16_i16x8(low, high);
#else
  const auto low = __builtin_ia32_packssdw128(v[0], v[1]),
             high = __builtin_ia32_packssdw128(v[2], v[3]);
  const auto bytes = __builtin_ia32_packuswb128(low, high);
#endif
  typedef MakeIndices<kLanes * 4>::Type AllBytes;
  return reinterpret_cast<UnsignedLanes>(
      transpose_bytes(reinterpret_cast<ByteLanes>(bytes), AllBytes{}));
#else
  UnsignedLanes block = {};
  for (int j = 0; j < 4; ++j) {
    block |=
        reinterpret_cast<UnsignedLanes>(smaller(larger(v[j], splat(0)), splat(255)) << (8 * j));
  }
  return block;
#endif
}

// Finishes four channels of a pixel: bounds, and into their block or among the outputs. `v` has the zero
// point and the offset already.
inline void store(const Slab& slab, const sn_integer_operator& op, UnsignedLanes* value,
                  int64_t pixel, int32_t channel, const IntLanes (&v)[4]) {
  if (!is_wide(op)) {
    const ByteLanes low = ByteLanes{} + static_cast<uint8_t>(op.low + 128);
    const ByteLanes high = ByteLanes{} + static_cast<uint8_t>(op.high + 128);
    ByteLanes bytes = reinterpret_cast<ByteLanes>(pack_bytes(v));
    bytes = bytes > low ? bytes : low;
    bytes = bytes < high ? bytes : high;
    value[pixel * ((op.shape[2] + 3) / 4) + channel / 4] = reinterpret_cast<UnsignedLanes>(bytes);
    return;
  }
  const int64_t size = int64_t{op.shape[0]} * op.shape[1] * op.shape[2];
  for (int j = 0; j < 4 && channel + j < op.shape[2]; ++j) {
    const IntLanes q = smaller(larger(v[j], splat(op.low)), splat(op.high));
    int16_t* to = slab.outputs + pixel * op.shape[2] + channel + j;
    for (int32_t i = 0; i < slab.count; ++i) to[i * size] = static_cast<int16_t>(q[i]);
  }
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
