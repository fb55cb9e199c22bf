// The vector type: one value of as many images as the instruction set holds in a register.
//
// Knows: lanes, loads, sums over lanes. Knows nothing of layers.
// Every kernel is written once, for a type T that is `Lanes` (a slab of images) or `float` (one image).
#pragma once

#include <stdint.h>

namespace sn {

#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
#elif defined(__AVX__)
inline constexpr int kLanes = 8;
#else
inline constexpr int kLanes = 4;  // SSE, NEON, WebAssembly
#endif

// Sums a kernel keeps in registers: of 32 registers (AVX-512, NEON) 24, of 16 only 8. Twelve fit beside
// four operands, but compilers then shuffle them about: measured, 8 is 1.7 times as fast.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int kSums = 24;
#else
inline constexpr int kSums = 8;
#endif

// With AVX2, tiles of convolutions have 12 nevertheless, pinned by `keep`: 8 sums have just as many products
// under way as two units take, so that every disturbance costs time.
#if defined(__AVX2__) && !defined(__AVX512F__)
inline constexpr int kConvSums = 12;
#else
inline constexpr int kConvSums = kSums;
#endif

// True if channels that fill no tile are worked on one by one, and a position at a time: where a small
// download counts for more than their speed.
#if defined(__wasm__)
inline constexpr bool kPlainTails = true;
#else
inline constexpr bool kPlainTails = false;
#endif

template <int N>
struct Vector {
  typedef float Float __attribute__((vector_size(N * 4), aligned(N * 4)));
  typedef float Loose __attribute__((vector_size(N * 4), aligned(4), may_alias));
  typedef float Value __attribute__((vector_size(N * 4)));  // as templates deduce it
  typedef int32_t Int __attribute__((vector_size(N * 4), aligned(N * 4)));
};

typedef Vector<kLanes>::Float Lanes;
typedef Vector<kLanes>::Int IntLanes;

// The integer type as wide as T, for bits and comparisons.
template <class T>
struct IntegerOf {
  typedef IntLanes Type;
};
template <>
struct IntegerOf<float> {
  typedef int32_t Type;
};
template <class T>
using Integer = typename IntegerOf<T>::Type;

template <class T>
inline constexpr int kImages = sizeof(T) / sizeof(float);

// 0, 1, …, N - 1 as template arguments.
template <int... I>
struct Indices {};
template <int N, int... I>
struct MakeIndices : MakeIndices<N - 1, N - 1, I...> {};
template <int... I>
struct MakeIndices<0, I...> {
  typedef Indices<I...> Type;
};
typedef MakeIndices<kLanes>::Type AllLanes;

template <int... I>
inline Lanes broadcast_lanes(float value, Indices<I...>) {
  return Lanes{(static_cast<void>(I), value)...};
}

// Not `T{} + value`: -0 + 0 is +0, so a compiler must keep that addition.
template <class T>
inline T broadcast(float value) {
  if constexpr (kImages<T> == 1) {
    return value;
  } else {
    return broadcast_lanes(value, AllLanes{});
  }
}

// sum + a * b, rounded once where an instruction does that: in any context, as a compiler leaves a product
// alone that its checks part from the sum.
inline Lanes add_product(Lanes sum, Lanes a, Lanes b) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_elementwise_fma(a, b, sum);
#else
  return sum + a * b;
#endif
}

// Leaves a sum in its register, where compilers would move it from one to another; and what follows behind
// it. No instruction.
inline void keep([[maybe_unused]] Lanes& sum) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  __asm__ volatile("" : "+x"(sum));
#endif
}

template <class T>
inline T max(T a, T b) {
  return a > b ? a : b;
}

template <class T>
inline T min(T a, T b) {
  return a < b ? a : b;
}

// Half the work of summing lanes: lane j of the result holds a's partial sum where bit `Span` of j is
// 0 and b's where it is 1.
template <int Span, int... I>
inline Lanes fold(Lanes a, Lanes b, Indices<I...>) {
  const Lanes low =
      __builtin_shufflevector(a, b, (I % (2 * Span) < Span ? I : I - Span + kLanes)...);
  const Lanes high =
      __builtin_shufflevector(a, b, (I % (2 * Span) < Span ? I + Span : I + kLanes)...);
  return low + high;
}

// sums[i] = the sum of v[i] over its lanes, for kLanes vectors at once; v is used up.
// A tree of shuffles and adds: three instructions a vector instead of a chain for each.
template <int Span = 1>
inline Lanes sum_lanes(Lanes (&v)[kLanes]) {
  if constexpr (Span == kLanes) {
    return v[0];
  } else {
    for (int i = 0; i < kLanes / (2 * Span); ++i) {
      v[i] = fold<Span>(v[2 * i], v[2 * i + 1], AllLanes{});
    }
    return sum_lanes<2 * Span>(v);
  }
}

template <int Span, int... I>
inline void exchange(Lanes& a, Lanes& b, Indices<I...>) {
  const Lanes low = __builtin_shufflevector(a, b, (I & Span ? I - Span + kLanes : I)...);
  b = __builtin_shufflevector(a, b, (I & Span ? I + kLanes : I + Span)...);
  a = low;
}

// v[i][j] and v[j][i] change places: bit by bit of i and j, two shuffles a pair of vectors.
template <int Span = 1>
inline void transpose_lanes(Lanes (&v)[kLanes]) {
  if constexpr (Span < kLanes) {
    for (int i = 0; i < kLanes; ++i) {
      if (!(i & Span)) exchange<Span>(v[i], v[i + Span], AllLanes{});
    }
    transpose_lanes<2 * Span>(v);
  }
}

inline float sum_of(Lanes value) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += value[i];
  return sum;
}

}  // namespace sn
