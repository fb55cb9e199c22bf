/* Pixels as integers around 0. */
static void read_pixels(const uint8_t* x, int8_t* y, int32_t count, int32_t flip) {
  for (int32_t i = 0; i < count; ++i) y[i] = (int8_t)((int8_t)x[i] ^ flip);
}
