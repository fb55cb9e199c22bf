// The order of images in an epoch, as arithmetic: place -> image, for (seed, epoch).
//
// A keyed permutation of 0 … size-1: eight Feistel rounds over the smallest power of two that holds
// size (at least 256), walked until the value falls inside (Black and Rogaway, "Ciphers with arbitrary finite
// domains", 2002). No table, no buffer, any place in any epoch at once. The same integers come from
// spritenet/order.py and from JavaScript.
#pragma once

#include <stdint.h>

namespace sn {

// The finaliser of splitmix64 (Steele, Lea and Flood, 2014).
inline uint64_t mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// The finaliser of MurmurHash3 behind one odd multiplication.
inline uint32_t mix32(uint32_t x, uint32_t key) {
  uint32_t h = (x ^ key) * 0x9E3779B1u;
  h = (h ^ (h >> 15)) * 0x85EBCA77u;
  h = (h ^ (h >> 13)) * 0xC2B2AE3Du;
  return h ^ (h >> 16);
}

inline constexpr uint64_t kGolden = 0x9E3779B97F4A7C15u;  // 2^64 divided by the golden ratio

struct Order {
  static constexpr int kRounds = 8;

  uint64_t size;
  int high_bits, low_bits;
  uint32_t keys[kRounds];

  Order(uint64_t seed, uint64_t epoch, uint64_t count) : size(count) {
    const uint64_t key = mix64(mix64(seed + kGolden) + epoch * kGolden + kGolden);
    for (int r = 0; r < kRounds; ++r) {
      keys[r] = static_cast<uint32_t>(mix64(key + static_cast<uint64_t>(r + 1) * kGolden) >> 32);
    }
    int bits = 8;  // halves of less than 4 bits are biased for 2 to 12 places
    while (bits < 62 && (size - 1) >> bits) ++bits;
    high_bits = bits / 2;
    low_bits = bits - high_bits;
  }

  uint64_t operator()(uint64_t place) const {
    if (size == 1) return 0;
    uint64_t x = place;
    do {
      uint32_t high = static_cast<uint32_t>(x >> low_bits);
      uint32_t low = static_cast<uint32_t>(x & ((uint64_t{1} << low_bits) - 1));
      for (int r = 0; r < kRounds; r += 2) {
        high ^= mix32(low, keys[r]) >> (32 - high_bits);
        low ^= mix32(high, keys[r + 1]) >> (32 - low_bits);
      }
      x = uint64_t{high} << low_bits | low;
    } while (x >= size);
    return x;
  }
};

}  // namespace sn
