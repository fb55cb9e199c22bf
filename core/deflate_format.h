// Numbers of the deflate format (RFC 1951, 3.2.5 to 3.2.7).
#pragma once

#include <stdint.h>

namespace sn::deflate {

constexpr int kLongest = 15;  // bits of a code
constexpr int kLiterals = 288, kDistances = 32;
constexpr int kEnd = 256;  // the symbol that ends a block
constexpr int kMostLiterals = 286, kMostDistances = 30;

constexpr uint8_t kLengthBits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                     2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr uint16_t kLengths[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                   31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr uint8_t kDistanceBits[30] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                       6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
constexpr uint8_t kOrder[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

// The bits of each symbol of the fixed codes.
inline void fixed_lengths(uint8_t* literals, uint8_t* distances) {
  for (int s = 0; s < kLiterals; ++s) literals[s] = s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8;
  for (int s = 0; s < kDistances; ++s) distances[s] = 5;
}

}  // namespace sn::deflate
