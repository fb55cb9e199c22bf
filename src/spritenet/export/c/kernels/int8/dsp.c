/* Cortex-M with DSP instructions multiplies two pairs of 16 bits at once. */
#if defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>

static int32_t load_four(const int8_t* x) {
  int32_t word;
  __builtin_memcpy(&word, x, 4);
  return word;
}

static int32_t dot_four(int32_t even, int32_t odd, const int8_t* kernel, int32_t sum) {
  const int32_t word = load_four(kernel);
  return __smlad(odd, __sxtb16((int32_t)((uint32_t)word >> 8)), __smlad(even, __sxtb16(word), sum));
}
#endif
