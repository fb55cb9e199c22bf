/* sum * multiplier / 2^shift to the nearest integer, halves up. Right shifts keep the sign. */
static int32_t requantize(int32_t sum, int32_t multiplier, int32_t shift) {
  const int64_t product = (int64_t)sum * multiplier;
  return (int32_t)((product + ((int64_t)1 << (shift - 1))) >> shift);
}

static int32_t limit(int32_t value, int32_t low, int32_t high) {
  return value < low ? low : value > high ? high : value;
}
