/* Steps of 0 share alpha along an axis. */
static void prelu(const float* x, float* y, int32_t height, int32_t width, int32_t channels,
                  int32_t row_step, int32_t column_step, int32_t channel_step, const float* alpha) {
  for (int32_t row = 0; row < height; ++row) {
    for (int32_t column = 0; column < width; ++column) {
      for (int32_t c = 0; c < channels; ++c, ++x) {
        const float slope = alpha[row * row_step + column * column_step + c * channel_step];
        *y++ = *x > 0.0f ? *x : *x * slope;
      }
    }
  }
}
