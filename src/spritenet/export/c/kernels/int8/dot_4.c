#include "dsp.c"
#include "rows.c"

/* Adds to four sums the products of rows with as many filters. Of each four inputs of a row the kernel
   holds four weights of each filter; of each of the last ones, one weight of each filter. */
static const int8_t* dot_4(struct rows from, const int8_t* kernel, int32_t* sums) {
  int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  for (; from.rows > 0; --from.rows, from.x += from.step) {
    const int8_t* x = from.x;
    int32_t left = from.count;
    for (; left >= 4; left -= 4, x += 4, kernel += 16) {
#if defined(__ARM_FEATURE_DSP)
      const int32_t word = load_four(x) ^ (int32_t)(0x01010101u * (uint8_t)from.flip);
      const int32_t even = even_bytes(word), odd = odd_bytes(word);
      a = dot_four(even, odd, kernel, a);
      b = dot_four(even, odd, kernel + 4, b);
      c = dot_four(even, odd, kernel + 8, c);
      d = dot_four(even, odd, kernel + 12, d);
#else
      const int32_t x0 = x[0] ^ from.flip;
      const int32_t x1 = x[1] ^ from.flip;
      const int32_t x2 = x[2] ^ from.flip;
      const int32_t x3 = x[3] ^ from.flip;
      a += x0 * kernel[0] + x1 * kernel[1] + x2 * kernel[2] + x3 * kernel[3];
      b += x0 * kernel[4] + x1 * kernel[5] + x2 * kernel[6] + x3 * kernel[7];
      c += x0 * kernel[8] + x1 * kernel[9] + x2 * kernel[10] + x3 * kernel[11];
      d += x0 * kernel[12] + x1 * kernel[13] + x2 * kernel[14] + x3 * kernel[15];
#endif
    }
    for (; left > 0; --left, ++x, kernel += 4) {
      const int32_t x0 = *x ^ from.flip;
      a += x0 * kernel[0];
      b += x0 * kernel[1];
      c += x0 * kernel[2];
      d += x0 * kernel[3];
    }
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
  return kernel;
}
