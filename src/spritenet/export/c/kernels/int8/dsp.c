/* Cortex-M with DSP instructions multiplies two pairs of 16 bits at once. */
#if defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>

static int32_t load_four(const int8_t* x) {
  int32_t word;
  __builtin_memcpy(&word, x, 4);
  return word;
}

/* Bytes 0 and 2, and bytes 1 and 3, as pairs of 16 bits. */
static int32_t even_bytes(int32_t word) { return __sxtb16(word); }

static int32_t odd_bytes(int32_t word) {
  const uint32_t bits = (uint32_t)word;
  return __sxtb16((int32_t)(bits >> 8 | bits << 24));
}

static int32_t dot_four(int32_t even, int32_t odd, const int8_t* kernel, int32_t sum) {
  const int32_t word = load_four(kernel);
  return __smlad(odd, odd_bytes(word), __smlad(even, even_bytes(word), sum));
}
#endif
