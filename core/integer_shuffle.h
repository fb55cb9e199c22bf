// Elements of vectors in other places: what int8 inference needs to read images and depthwise inputs.
#pragma once

#include "integer.h"

namespace sn {

typedef uint32_t Words __attribute__((vector_size(16)));

// Elements of a and b in turn, of the first or the second half of each 16 bytes of N elements.
template <int Half, int N, class T, int... I>
inline T interleave(T a, T b, Indices<I...>) {
  constexpr int kAll = sizeof...(I);
  return __builtin_shufflevector(a, b, (I / N * N + Half * N / 2 + I % N / 2 + I % 2 * kAll)...);
}

// Lane 4 g + c of x[i] becomes lane 4 g + i of to[c].
inline void transpose(const UnsignedLanes (&x)[4], UnsignedLanes (&to)[4]) {
  const auto low = [](UnsignedLanes a, UnsignedLanes b) {
    return interleave<0, 4>(a, b, AllLanes{});
  };
  const auto high = [](UnsignedLanes a, UnsignedLanes b) {
    return interleave<1, 4>(a, b, AllLanes{});
  };
  const UnsignedLanes a = low(x[0], x[2]), b = low(x[1], x[3]);
  const UnsignedLanes c = high(x[0], x[2]), d = high(x[1], x[3]);
  to[0] = low(a, b);
  to[1] = high(a, b);
  to[2] = low(c, d);
  to[3] = high(c, d);
}

// Four words, for every four lanes the same.
template <int... I>
inline UnsignedLanes repeat(const int32_t* words, Indices<I...>) {
  Words four;
  __builtin_memcpy(&four, words, sizeof four);
  return __builtin_shufflevector(four, four, (I % 4)...);
}

// Four words of each of kLanes / 4 addresses.
template <int... I>
inline UnsignedLanes gather_words(const uint8_t* const* from, int64_t offset, Indices<I...>) {
  constexpr int kAll = kLanes / 4;
  Words words[4];
  for (int g = 0; g < 4; ++g) {
    __builtin_memcpy(&words[g], from[g < kAll ? 4 * g : 0] + offset, sizeof(Words));
  }
  const auto low = __builtin_shufflevector(words[0], words[1], 0, 1, 2, 3, 4, 5, 6, 7);
  const auto high = __builtin_shufflevector(words[2], words[3], 0, 1, 2, 3, 4, 5, 6, 7);
  return __builtin_shufflevector(low, high, I...);
}

}  // namespace sn
