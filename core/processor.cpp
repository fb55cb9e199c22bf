// The builds that this processor can run. The host asks the plainest build, then loads the best.
#include "processor.h"

#include "spritenet.h"

#if defined(__x86_64__)

namespace {

struct Registers {
  uint32_t a, b, c, d;
};

Registers cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r;
  __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
  return r;
}

// The registers that the operating system saves when it switches threads.
uint32_t saved_state() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

bool has(uint32_t flags, uint32_t wanted) { return (flags & wanted) == wanted; }

}  // namespace

// The x86-64 psABI's levels; bits as in Intel's manual, volume 2A, CPUID.
extern "C" const char* sn_processor_level(void) {
  const uint32_t most = cpuid(0, 0).a;
  const Registers basic = cpuid(1, 0);
  const uint32_t fma = 1u << 12, movbe = 1u << 22, osxsave = 1u << 27, avx = 1u << 28,
                 f16c = 1u << 29;
  if (most < 7 || !has(basic.c, fma | movbe | osxsave | avx | f16c)) return "x86-64-v2";
  const Registers extended = cpuid(7, 0);
  const uint32_t bmi1 = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8;
  const uint32_t lzcnt = 1u << 5;
  const uint32_t vectors = 0x6, wide_vectors = 0xE6;  // xmm ymm; and opmask zmm
  if (!has(extended.b, bmi1 | avx2 | bmi2) || !has(cpuid(0x80000001u, 0).c, lzcnt) ||
      !has(saved_state(), vectors)) {
    return "x86-64-v2";
  }
  const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;  // F DQ CD BW VL
  if (!has(extended.b, avx512) || !has(saved_state(), wide_vectors)) return "x86-64-v3";
  return "x86-64-v4";
}

// Leaf 7: AVX512_VNNI for vectors of 512 bits, AVX-VNNI for those of 256.
bool sn::has_byte_dots() {
#if defined(__AVX512F__)
  return has(cpuid(7, 0).c, 1u << 11);
#else
  return cpuid(7, 0).a >= 1 && has(cpuid(7, 1).a, 1u << 4);
#endif
}

// Leaf 7: AMX-TILE and AMX-INT8. Linux saves tiles only for processes that asked for it:
// arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA), Documentation/arch/x86/xstate.rst.
bool sn::may_use_tiles() {
#if defined(__AVX512F__) && defined(__linux__)
  const uint32_t tiles = 1u << 24 | 1u << 25, saved = 0x60000;
  if (!has(cpuid(7, 0).d, tiles) || !has(saved_state(), saved)) return false;
  int64_t result = 158;  // the call's number; then 0, or an error
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(int64_t{0x1023}), "S"(int64_t{18})
                   : "rcx", "r11", "memory");
  return result == 0;
#else
  return false;
#endif
}

#else

bool sn::has_byte_dots() { return false; }

bool sn::may_use_tiles() { return false; }

extern "C" const char* sn_processor_level(void) { return sn_instruction_set(); }

#endif
