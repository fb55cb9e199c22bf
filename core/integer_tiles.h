// int8 inference by tiles (AMX): 16 blocks of 16 images times the weights of 16 channels.
#pragma once

#include "integer_slab.h"

namespace sn {

#if defined(__AVX512F__)
// A tile of weights, 16 channels of 64 bytes, times a tile of 16 blocks: 16 sums of 16 images. Those of
// P positions stay in tiles 0 to 3; 4 has the weights, 5 the blocks.
template <int P>
inline void multiply_tiles(const UnsignedLanes* const (&windows)[P], int32_t tiles,
                           const int32_t* weights, UnsignedLanes* sums) {
  const int64_t row = 64;
#define SN_MULTIPLY(p)                                                               \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm5\n\ttdpbsud %%tmm5, %%tmm4, %%tmm" #p \
                   :                                                                 \
                   : "r"(windows[P > 1 ? p : 0] + k), "r"(row)                       \
                   : "memory")
#define SN_STORE(p)                                            \
  __asm__ volatile("tilestored %%tmm" #p ", (%0,%1,1)"         \
                   :                                           \
                   : "r"(sums + (P > 1 ? p : 0)), "r"(row * P) \
                   : "memory")
  __asm__ volatile("tilezero %tmm0");
  if constexpr (P > 1) __asm__ volatile("tilezero %tmm1\n\ttilezero %tmm2\n\ttilezero %tmm3");
  for (int64_t k = 0; k < int64_t{tiles} * kRows; k += kRows, weights += kRows * kRows) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm4" : : "r"(weights), "r"(row) : "memory");
    SN_MULTIPLY(0);
    if constexpr (P > 1) {
      SN_MULTIPLY(1);
      SN_MULTIPLY(2);
      SN_MULTIPLY(3);
    }
  }
  SN_STORE(0);
  if constexpr (P > 1) {
    SN_STORE(1);
    SN_STORE(2);
    SN_STORE(3);
  }
#undef SN_MULTIPLY
#undef SN_STORE
}

// Six tiles of 16 rows of 64 bytes, as LDTILECFG reads them.
inline void configure_tiles() {
  alignas(64) uint8_t shape[64] = {1};
  for (int tile = 0; tile < 6; ++tile) {
    shape[16 + 2 * tile] = 64;
    shape[48 + tile] = kRows;
  }
  __asm__ volatile("ldtilecfg %0" : : "m"(shape));
}
#endif

}  // namespace sn
