// From sums to integers: the rounding rule, bounds, and blocks of four channels.
#pragma once

#include "integer_slab.h"

namespace sn {

inline IntLanes splat(int32_t value) { return IntLanes{} + value; }
inline IntLanes smaller(IntLanes a, IntLanes b) { return a < b ? a : b; }
inline IntLanes larger(IntLanes a, IntLanes b) { return a > b ? a : b; }

// (sum * multiplier + more * 2^32) >> shift, for shifts from 32 on: even and odd lanes are multiplied to
// 64 bits apart, and only the high halves are needed.
inline IntLanes high_product(IntLanes sum, int32_t multiplier, int32_t more, int32_t shift) {
  const LongLanes both = reinterpret_cast<LongLanes>(sum), factor = LongLanes{} + multiplier;
  const LongLanes even = ((both << 32) >> 32) * factor, odd = (both >> 32) * factor;
  typedef uint64_t Unsigned __attribute__((vector_size(sizeof(LongLanes))));
  const Unsigned low = reinterpret_cast<Unsigned>(even) >> 32;
  const Unsigned high = reinterpret_cast<Unsigned>(odd) & 0xffffffff00000000u;
  return (reinterpret_cast<IntLanes>(low | high) + more) >> (shift - 32);
}

// The nearest integer to sum * factor, plus what `base` has beside kUnits, where prepare() says that it is.
inline IntLanes float_product(IntLanes sum, Lanes factor, Lanes base) {
  const Lanes moved = add_product(base, __builtin_convertvector(sum, Lanes), factor);
  return reinterpret_cast<IntLanes>(moved) - kUnitBits;
}

// (sum * multiplier + 2^(shift - 1)) >> shift.
[[gnu::noinline]] inline IntLanes requantize(IntLanes sum, int32_t multiplier, int32_t shift) {
  if (shift < 33) {
    IntLanes out;
    for (int i = 0; i < kLanes; ++i) {
      const int64_t v = (int64_t{sum[i]} * multiplier + (int64_t{1} << (shift - 1))) >> shift;
      out[i] = static_cast<int32_t>(v < -(1 << 20) ? -(1 << 20) : v > 1 << 20 ? 1 << 20 : v);
    }
    return out;
  }
  return high_product(sum, multiplier, 1 << (shift - 33), shift);
}

// The integer of a channel's sum.
inline IntLanes float_rounded(IntLanes sum, const Rounding& by) {
  return float_product(sum, broadcast<Lanes>(by.factor), broadcast<Lanes>(by.base));
}

inline IntLanes rounded(IntLanes sum, const Rounding& by, int32_t rule) {
  if (kHasFloatRule && rule == kFloatRule) return float_rounded(sum, by);
  if (rule == kHighRule) return high_product(sum, by.multiplier, by.more, by.shift);
  return requantize(sum, by.multiplier, by.shift) + by.zero;
}

// The bytes 0, 4, 8, 12, 1, ... of each 16.
template <int... I>
inline ByteLanes transpose_bytes(ByteLanes v, Indices<I...>) {
  return __builtin_shufflevector(v, v, (I / 16 * 16 + I % 4 * 4 + I / 4 % 4)...);
}

#if defined(__SSE2__) || defined(__wasm__)
inline constexpr bool kHasPacks = true;

// Limited to 0 .. 255: of each 16 bytes those of v[0], then those of v[1], ...
inline ByteLanes narrow(const IntLanes (&v)[4]) {
#if defined(__AVX512BW__)
  const auto low = __builtin_ia32_packssdw512(v[0], v[1]),
             high = __builtin_ia32_packssdw512(v[2], v[3]);
  return reinterpret_cast<ByteLanes>(__builtin_ia32_packuswb512(low, high));
#elif defined(__AVX2__)
  const auto low = __builtin_ia32_packssdw256(v[0], v[1]),
             high = __builtin_ia32_packssdw256(v[2], v[3]);
  return reinterpret_cast<ByteLanes>(__builtin_ia32_packuswb256(low, high));
#elif defined(__wasm__)
  const auto low = __builtin_wasm_narrow_s_i16x8_i32x4(v[0], v[1]),
             high = __builtin_wasm_narrow_s_i16x8_i32x4(v[2], v[3]);
  return reinterpret_cast<ByteLanes>(__builtin_wasm_narrow_u_i8x16_i16x8(low, high));
#else
  const auto low = __builtin_ia32_packssdw128(v[0], v[1]),
             high = __builtin_ia32_packssdw128(v[2], v[3]);
  return reinterpret_cast<ByteLanes>(__builtin_ia32_packuswb128(low, high));
#endif
}

// The block of four channels, each of which is limited to 0 .. 255.
inline ByteLanes pack_bytes(const IntLanes (&v)[4]) {
  return transpose_bytes(narrow(v), MakeIndices<kLanes * 4>::Type{});
}
#else
inline constexpr bool kHasPacks = false;
inline ByteLanes narrow(const IntLanes (&)[4]) { return {}; }

inline ByteLanes pack_bytes(const IntLanes (&v)[4]) {
  UnsignedLanes block = {};
  for (int j = 0; j < 4; ++j) {
    block |=
        reinterpret_cast<UnsignedLanes>(smaller(larger(v[j], splat(0)), splat(255)) << (8 * j));
  }
  return reinterpret_cast<ByteLanes>(block);
}
#endif

// The place of an operator's integers, with its bounds: blocks of a value, or the outputs.
struct Target {
  const Slab& slab;
  const sn_integer_operator& op;
  UnsignedLanes* value;
  int64_t blocks;  // of a pixel
  bool wide;
  ByteLanes low, high;

  Target(const Slab& its, const IntegerStep& step)
      : slab(its),
        op(*step.op),
        value(its.blocks + (step.pooled ? (&step)[1] : step).value),
        blocks((op.shape[2] + 3) / 4),
        wide(is_wide(op)),
        low(ByteLanes{} + static_cast<uint8_t>(op.low + 128)),
        high(ByteLanes{} + static_cast<uint8_t>(op.high + 128)) {}

  void store(int64_t pixel, int32_t channel, ByteLanes bytes) const {
    bytes = bytes > low ? bytes : low;
    bytes = bytes < high ? bytes : high;
    value[pixel * blocks + channel / 4] = reinterpret_cast<UnsignedLanes>(bytes);
  }

  // Four channels of a pixel, which have the zero point and the offset already.
  void store(int64_t pixel, int32_t channel, const IntLanes (&v)[4]) const {
    if (!wide) return store(pixel, channel, pack_bytes(v));
    if constexpr (!kHasFloatRule) return write(pixel, channel, v);
    const IntLanes copy[4] = {v[0], v[1], v[2], v[3]};  // so that `v` may stay in registers
    write(pixel, channel, copy);
  }

  [[gnu::noinline]] void write(int64_t pixel, int32_t channel, const IntLanes (&v)[4]) const {
    const int64_t size = int64_t{op.shape[0]} * op.shape[1] * op.shape[2];
    for (int j = 0; j < 4 && channel + j < op.shape[2]; ++j) {
      const IntLanes q = smaller(larger(v[j], splat(op.low)), splat(op.high));
      int16_t* to = slab.outputs + pixel * op.shape[2] + channel + j;
      for (int32_t i = 0; i < slab.count; ++i) to[i * size] = static_cast<int16_t>(q[i]);
    }
  }
};

}  // namespace sn
